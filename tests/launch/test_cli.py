"""Exits and sentences of ``versants``, and the table of commands."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.launch.conftest import cli, environment
from versants import cli as module
from versants.launch.commands import MESH, TABLE, Command, available
from versants.launch.errors import InputError
from versants.launch.paths import PROJECT, Paths


@pytest.fixture
def env(folder: Path) -> dict[str, str]:
    return environment(folder / "var")


def test_unknown_command_lists_the_commands_and_exits_2(env):
    answer = cli("nonsense", env=env)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert "“nonsense” is no command." in answer.stderr
    assert all(f"\n  {name} " in answer.stderr for name, command in TABLE.items() if available(command))


def test_only_commands_that_are_here_are_listed(env):
    assert available(TABLE["territory"])
    assert available(TABLE["migrate"])
    absent = Command("brew", "coffee", "brew")
    assert not available(absent)
    assert "\n  brew " not in cli("--help", env=env).stdout


def test_mesh_lists_all_its_commands_whoever_answers_them(env, capsys):
    assert module.main(["mesh", "--help"]) == 0
    said = capsys.readouterr().out
    table = TABLE["mesh"].help.partition("with proof: ")[2].split(", ")
    assert {"study", "report", "plan"} <= set(table)
    assert [name for name in table if f"\n    {name} " not in said] == []
    assert module.main(["mesh", "study", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: versants mesh study ")
    assert {name for name in MESH if not available(Command(f"mesh {name}", "", f"mesh_{name}"))} == set()


def test_keys_are_made_once_without_a_database(env):
    first = cli("keys", "init", env=env)
    content = Path(env["VERSANTS_KEYS_FILE"]).read_text()
    again = cli("keys", "init", env=env)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert again.stderr.startswith("Already there: ")
    assert Path(env["VERSANTS_KEYS_FILE"]).read_text() == content
    assert stat.S_IMODE(os.stat(env["VERSANTS_KEYS_FILE"]).st_mode) == 0o600


def test_help_and_version_exit_0(env):
    assert cli("--help", env=env).returncode == 0
    answer = cli("--version", env=env)
    assert (answer.returncode, answer.stdout.startswith("versants 0.")) == (0, True)


def test_command_without_a_database_says_how_to_make_one_and_exits_3(env):
    answer = cli("territory", "check", env=env)

    assert answer.returncode == 3
    assert "There is no database in" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_traceback_is_shown_only_when_asked(env):
    assert "Traceback" in cli("territory", "check", "--traceback", env=env).stderr


def test_bad_port_exits_2(env):
    answer = cli("up", env=env | {"VERSANTS_PORT": "eighty"})

    assert answer.returncode == 2
    assert "VERSANTS_PORT is “eighty”; a number from 1 to 65535 is expected." in answer.stderr


def test_unknown_schema_exits_2_and_a_known_one_is_printed_as_it_is(env):
    assert cli("schema", "nonsense", env=env).returncode == 2
    for file in (PROJECT / "docs" / "schema").glob("*.json"):
        assert json.loads(cli("schema", file.stem, env=env).stdout) == json.loads(file.read_text())
        break


def test_database_starts_answers_and_stops(env):
    assert cli("database", "status", env=env).returncode == 1
    started = cli("database", "start", "--json", env=env)
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout)["running"] is True
    assert cli("database", "status", env=env).returncode == 0
    assert cli("database", "stop", env=env).returncode == 0
    assert cli("database", "status", env=env).returncode == 1


@pytest.mark.parametrize("words", [["found"], ["audit", "verify"], ["manage", "check"]], ids=" ".join)
def test_a_command_of_the_owner_asks_for_the_owner_of_your_database(env, words):
    """And never takes the embedded database, or one it guesses, in the place of yours."""
    answer = cli(*words, env=env | {"DATABASE_URL": "postgresql:///mine"})

    assert answer.returncode == 3
    assert "give DATABASE_OWNER_URL" in answer.stderr


def test_your_own_database_is_not_started_or_stopped(env):
    answer = cli("database", "start", env=env | {"DATABASE_URL": "postgresql:///mine"})

    assert answer.returncode == 3
    assert "that database is yours" in answer.stderr


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (KeyboardInterrupt(), 130),
        (SystemExit(1), 1),
        (SystemExit("why"), 2),
        (SystemExit(), 0),
        (OSError("x"), 3),
    ],
)
def test_exits_of_what_a_command_raises(monkeypatch, capsys, raised, code):
    def command(_arguments):
        raise raised

    monkeypatch.setattr(module, "_run", command)

    assert module.main(["x"]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_missing_file_is_bad_input_named(monkeypatch, capsys):
    def command(_arguments):
        Path("/nonexistent/facts.json").read_text()

    monkeypatch.setattr(module, "_run", command)

    assert module.main(["x"]) == 2
    assert capsys.readouterr().err == "versants: /nonexistent/facts.json: no such file or directory.\n"


def test_paths_come_from_the_environment(folder: Path):
    paths = Paths.from_environment(
        {"VERSANTS_DATA": str(folder / "d"), "VERSANTS_PORT": "8123", "PG_BIN": "/pg"}
    )

    assert (paths.data, paths.port, paths.pg_bin) == (folder / "d", 8123, Path("/pg"))
    assert paths.mail_dir == folder / "d" / "mail"
    assert paths.keys_file == PROJECT / ".keys" / "keys.json"  # never inside the data folder
    with pytest.raises(InputError):
        Paths.from_environment({"VERSANTS_PORT": "70000"})


def test_secret_is_made_once_and_readable_by_its_owner_alone(env):
    paths = Paths.from_environment(env)

    assert paths.make_secret() is True
    first = paths.secret_file.read_text()
    assert paths.make_secret() is False
    assert paths.secret_file.read_text() == first
    assert len(first) > 60
    assert stat.S_IMODE(os.stat(paths.secret_file).st_mode) == 0o600
