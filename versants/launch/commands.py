"""The one table of commands: what each is for, what it needs, who answers it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """``django`` is the management command that answers (None: answered by the launcher or a library).

    ``role`` is the database role it works under: "app" (owns nothing, sees through row security),
    "owner" (migrations, seeding) or "" when it needs no database.
    """

    name: str
    help: str
    django: str | None = None
    role: str = "app"


_TABLE = (
    Command("up", "start the database, the web and the worker; Ctrl-C stops them", role=""),
    Command(
        "plan",
        "who goes where, when, with whom: solve, check, rank, explain, suggest, diff, patch, repair",
        role="",
    ),
    Command(
        "mesh",
        "where to put sites, whom to recruit where, with proof: pmedian, cover, center, front, pmed, study, plan, check, "
        "simulate, turning, report",
        role="",
    ),
    Command("schema", "print a JSON Schema of docs/schema", role=""),
    Command("manage", "run one of Django's own commands", role="owner"),
    Command("database", "start, stop or show the embedded database, or open its shell", role=""),
    Command("migrate", "bring the database to this version", "migrate", "owner"),
    Command("doctor", "say what works here and what does not", "doctor"),
    Command(
        "demo",
        "logins, links and scenes of the demonstration world; a large one with --visits N",
        "demo",
        "owner",
    ),
    Command("outbox", "messages written in the demonstration world", "outbox", "owner"),
    Command("may", "may this reader see this class of this person's data, three ways", "may"),
    Command(
        "access-matrix", "every URL by role, situation and class, with what is expected", "access_matrix"
    ),
    Command("territory", "communes, centres and languages: counts and checks", "territory"),
    Command("travel", "minutes and kilometres between two communes", "travel"),
    Command("states", "states and transitions of requests, bookings and offers", "states", ""),
    Command("statement", "an interpreter's monthly statement", "statement"),
    Command(
        "keys",
        "keys of sealed text: init, status, rotate, export, confirm, recover, replay",
        "keys",
    ),
    Command(
        "audit",
        "verify the sealed log of actions and readings, or go on with it after a restore",
        "audit",
        "owner",
    ),
    Command("backup", "write database and documents to an encrypted file", role=""),
    Command("restore", "read a backup back and compare every table", role=""),
    Command("found", "the first organisation, team and coordination of an empty product", "found", "owner"),
    Command(
        "import", "centres, professionals, requests, agreements, past months from a spreadsheet", "import"
    ),
)
#: Of ``mesh``: those that the management commands ``mesh_study`` and ``mesh_report`` answer, the library the rest.
MESH = {
    "study": "a study from public figures: demand, who is there, who could be recruited",
    "report": "the report of a study, for a council: PDF, and its annex as a workbook",
}
TABLE = {command.name: command for command in _TABLE}


def available(command: Command) -> bool:
    """Is the part that answers this command here? Looked up as files, so that listing needs no Django.

    ``demo`` is answered by the management command ``demo``, or ``demo logins`` by ``demo_logins``.
    """
    if command.django is None or command.name == "migrate":
        return True
    package = Path(__file__).resolve().parents[1]
    name = command.django
    return any(
        next(package.glob(f"*/management/commands/{pattern}.py"), None) is not None
        for pattern in (name, f"{name}_*")
    )
