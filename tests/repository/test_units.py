"""The units of docs/operations start what is there, as somebody who may do little."""

from __future__ import annotations

import configparser
import importlib.util
import re
from pathlib import Path

import pytest

from versants.launch.commands import TABLE

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "operations"
UNITS = sorted(FOLDER.glob("*.service"))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_module_that_exists_and_confines_it(path: Path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(path)
    service = unit["Service"]
    module = re.search(r" -m (\S+)", service["ExecStart"])
    command = re.search(r"/bin/versants (\S+)", service["ExecStart"])
    assert module or command
    assert importlib.util.find_spec(module[1]) if module else command and command[1] in TABLE
    assert service["User"] not in ("", "root")
    assert service.get("Restart") == ("always" if module else None)
    for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "PrivateDevices"):
        assert service[name] == "true"
    assert (service["ProtectSystem"], service["UMask"]) == ("strict", "0077")


def test_there_is_one_for_the_web_and_one_for_workers():
    assert {"versants-web.service", "versants-worker@.service"} <= {path.name for path in UNITS}


def test_the_container_runs_as_nobody_special_what_the_unit_runs():
    text = (FOLDER / "Containerfile").read_text()
    assert "USER versants" in text
    assert '"versants.config.web"' in text
    assert "latest" not in text
