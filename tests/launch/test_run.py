"""``./run``: what it installs, what it keeps, what it says."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from versants.launch.paths import PROJECT


@pytest.fixture
def run(tmp_path: Path, monkeypatch) -> ModuleType:
    """The script, for an empty project in ``tmp_path``; its steps are written down instead of done."""
    loader = importlib.machinery.SourceFileLoader("run_script", str(PROJECT / "run"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_script", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev", "fuzz", "installer"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(f"{name}==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    module.PROJECT = str(tmp_path)
    module.VENV, module.TOOLS = str(tmp_path / ".venv"), str(tmp_path / ".uv")
    module.STAMP = str(tmp_path / ".venv" / "versants-setup.json")
    module.steps = []

    def make_environment(_uv):
        module.steps.append("environment")
        (tmp_path / ".venv" / "bin").mkdir(parents=True)
        base = Path(sys.base_prefix) / "bin"
        (tmp_path / ".venv" / "pyvenv.cfg").write_text(f"home = {base}\n")
        os.symlink(base / "python3", tmp_path / ".venv" / "bin" / "python")

    module.installer = lambda: "uv"
    module.make_environment = make_environment
    module.install = lambda _uv, lock, sync: module.steps.append(f"{'sync' if sync else 'add'} {lock}")
    module.install_product = lambda _uv: module.steps.append("product")
    return module


def steps(run: ModuleType) -> list[str]:
    done, run.steps[:] = list(run.steps), []
    return done


def test_first_set_up_installs_the_lock_then_the_product_and_the_second_does_nothing(run):
    run.set_up(dev=False)
    assert steps(run) == ["environment", "sync base.lock", "product"]

    run.set_up(dev=False)
    assert steps(run) == []


def test_plain_start_keeps_what_tests_need(run, tmp_path):
    run.set_up(dev=False)
    steps(run)

    run.set_up(dev=True)
    assert steps(run) == ["add dev.lock", "add fuzz.lock", "product"]
    run.set_up(dev=False)
    assert steps(run) == []

    (tmp_path / "requirements" / "base.lock").write_text("base==2\n")
    run.set_up(dev=False)  # a sync removes the tests' packages and the product: both come back
    assert steps(run) == ["sync base.lock", "add dev.lock", "add fuzz.lock", "product"]


def test_set_up_cut_short_is_done_again(run, monkeypatch):
    def fail(_uv):
        raise run.Refusal("no network")

    product = run.install_product
    run.install_product = fail
    with pytest.raises(run.Refusal):
        run.set_up(dev=False)
    steps(run)
    run.install_product = product

    run.set_up(dev=False)

    assert steps(run) == ["sync base.lock", "product"]  # the environment itself was whole
    assert json.loads(Path(run.STAMP).read_text())["base"] == run.digest("base.lock")


def test_old_python_goes_on_under_a_newer_one_or_says_what_is_needed(run, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(run.Refusal, match=r"needs Python 3\.11 or later and this is 3\.9"):
        run.main(["setup"])

    started = []
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/bin/{name}" if name == "python3.12" else None)
    monkeypatch.setattr(os, "execv", lambda program, words: started.append((program, words)) or sys.exit(0))
    with pytest.raises(SystemExit):
        run.main(["setup", "--dev"])
    assert started[0][0] == "/bin/python3.12"
    assert started[0][1][2:] == ["setup", "--dev"]


def test_setting_up_compiles_the_catalogues_for_a_web_that_is_started_alone(run, monkeypatch):
    called = []
    monkeypatch.setattr(run, "call", lambda command, purpose, *_: called.append(command))
    assert run.main(["setup"]) == 0
    assert [command[1:] for command in called] == [["-m", "versants.launch.catalogues"]]
    assert run.main(["setup"]) == 0  # a newer checkout in the same place has newer catalogues
    assert len(called) == 2


def test_setup_refuses_words_it_does_not_know(run, capsys):
    assert run.main(["setup", "--fast"]) == 2
    assert "--dev and nothing else" in capsys.readouterr().err


def test_locks_are_hash_checked_and_name_no_registry():
    for lock in (PROJECT / "requirements").glob("*.lock"):
        text = lock.read_text()
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith(("#", " "))]
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
