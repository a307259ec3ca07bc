"""An environment of its own from a lock file, for what is no part of the product: made once, and when the lock changes."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def environment(lock: str, folder: Path) -> Path:
    """The Python of the environment in ``folder`` that holds what ``requirements/LOCK`` names."""
    loader = importlib.machinery.SourceFileLoader("run_script", str(PROJECT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    script = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(script)
    wanted = PROJECT / "requirements" / lock
    stamp, python = folder / lock, folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted.read_text():
        return python
    uv = script.installer()
    if uv:
        env = script.uv_environment()
        make = [uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)]
        subprocess.run(make, env=env, check=True)
        sync = [uv, "pip", "sync", "-q", "--python", str(python), "--require-hashes", str(wanted)]
        subprocess.run(sync, env=env, check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "-q", "install", "--require-hashes", "-r", str(wanted)]
        subprocess.run(pip, check=True)
    stamp.write_text(wanted.read_text())
    return python
