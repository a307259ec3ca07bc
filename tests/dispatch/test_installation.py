"""The library from an sdist and from a wheel in environments that hold nothing else, with a C++ compiler and without.

Build tools come from the package index of this machine, pinned like the product's own; the library itself needs none.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = ROOT / "tests" / "dispatch" / "data" / "InstanzCPLEX_HCSRP_10_1.json.gz"
PINNED = ["--build-constraints", str(ROOT / "requirements" / "base.lock"), "--require-hashes"]
WITHOUT_COMPILER = {"CC": "/bin/false", "CXX": "/bin/false"}

pytestmark = pytest.mark.xdist_group("installation")


class Uv(NamedTuple):
    """The installer with what it must know of this machine."""

    program: str
    env: dict[str, str]

    def __call__(self, *words: str | Path, **env: str) -> None:
        command = [self.program, *map(str, words)]
        done = subprocess.run(command, env={**self.env, **env}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def uv() -> Uv:
    loader = importlib.machinery.SourceFileLoader("run_script", str(ROOT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    script = importlib.util.module_from_spec(spec)
    loader.exec_module(script)
    program = script.installer()
    if program is None:
        pytest.skip("uv cannot be had here")
    env = {
        name: value
        for name, value in script.uv_environment().items()
        if name not in ("CC", "CXX", "PYTHONPATH")
    }
    return Uv(program, env)


@pytest.fixture(scope="module")
def sdist(uv: Uv, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    uv("build", "--sdist", *PINNED, "--python", sys.executable, "--out-dir", folder, ROOT)
    (made,) = folder.glob("*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(uv: Uv, sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", *PINNED, "--python", sys.executable, "--out-dir", folder, sdist)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture
def installed(uv: Uv, tmp_path: Path) -> Callable[..., Path]:
    """Installs a file into an environment of its own, with no other package; gives its Python."""

    def install(file: Path, *options: str, **env: str) -> Path:
        python = tmp_path / "env" / "bin" / "python"
        uv("venv", "-q", "--python", sys.executable, tmp_path / "env")
        uv("pip", "install", "-q", "--no-cache", "--python", python, *options, file, **env)
        held = subprocess.run(
            [uv.program, "pip", "list", "-q", "--format", "json", "--python", str(python)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert [one["name"] for one in json.loads(held.stdout)] == ["versants"]
        return python

    return install


def plan(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``versants plan`` of that environment, from another folder and with no other path to import from."""
    command = [python, "-I", "-m", "versants_libs.dispatch.cli", INSTANCE, "--format", "hhcrsp"]
    command += ["--iterations", "20", "--out", folder / "plan.json", *words]
    env = {"PATH": os.defpath, "HOME": str(folder)}
    return subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_sdist_holds_the_sources_of_the_core_and_nothing_of_the_workshop(sdist):
    with tarfile.open(sdist) as file:
        names = {name.split("/", 1)[1] for name in file.getnames() if "/" in name}
    assert "versants_libs/CMakeLists.txt" in names
    for folder in ("versants_libs/dispatch/core", "versants_libs/coverage/native"):
        assert {f"{folder}/{path.name}" for path in (ROOT / folder).iterdir()} <= names
    assert {name.split("/")[0] for name in names} & {
        "bench",
        "tests",
        "docs",
        "requirements",
        "build",
        "var",
    } == set()


def test_wheel_holds_the_core_built_and_not_its_sources(wheel):
    assert "linux" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for module in ("versants_libs/dispatch/_core.", "versants_libs/coverage/_native."):
        assert [name for name in names if name.startswith(module) and name.endswith(".so")]
    for sources in ("dispatch/core/", "coverage/native/", "CMakeLists.txt"):
        assert not [name for name in names if name.startswith(f"versants_libs/{sources}")]


def test_wheel_plans_natively_in_an_empty_environment(wheel, installed, tmp_path):
    python = installed(wheel, "--offline")
    value = answer(plan(python, tmp_path, "--engine", "native", "--json"))
    assert (value["feasible"], value["engine"], value["unassigned"]) == (True, "native", [])
    where = [python, "-I", "-c", "import versants_libs.dispatch as d; print(d.__file__, d.ENGINE)"]
    said = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
    assert said[1] == "native"
    assert Path(said[0]).is_relative_to(tmp_path / "env")


def test_sdist_plans_natively_in_an_empty_environment(sdist, installed, tmp_path):
    python = installed(sdist, *PINNED[:2])
    assert answer(plan(python, tmp_path, "--engine", "native", "--json"))["engine"] == "native"


def test_without_a_compiler_the_twin_plans_and_says_so(sdist, installed, tmp_path):
    python = installed(sdist, *PINNED[:2], **WITHOUT_COMPILER)
    value = answer(plan(python, tmp_path, "--json"))
    assert (value["feasible"], value["engine"], value["unassigned"]) == (True, "python", [])
    assert "plain Python, more slowly: no C++ compiler" in plan(python, tmp_path).stdout
    refused = plan(python, tmp_path, "--engine", "native")
    assert refused.returncode == 3
    assert "install a C++ compiler" in refused.stderr
