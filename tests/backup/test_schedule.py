"""When a backup is due, and which ones stay."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from versants.launch.backup import schedule
from versants.launch.errors import InputError

NIGHT = time(2, 30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        ("2026-11-26T02:29+01:00", "2026-11-25T02:31+01:00", False),
        ("2026-11-26T02:30+01:00", "2026-11-25T02:31+01:00", True),
        ("2026-11-26T02:31+01:00", "2026-11-26T02:30+01:00", False),
        ("2026-11-26T14:00+01:00", "2026-11-25T02:31+01:00", True),  # the night was slept through
        ("2026-11-26T14:00+01:00", "2026-11-26T09:00+01:00", False),  # one taken by hand counts
        ("2026-07-26T02:30+02:00", "2026-07-25T02:31+02:00", True),
        (
            "2026-10-25T02:30+02:00",
            "2026-10-24T02:31+02:00",
            True,
        ),  # the hour that comes twice: once is enough
        ("2026-10-25T02:30+01:00", "2026-10-25T02:31+02:00", False),
    ],
)
def test_due_once_a_night(now, last, due):
    assert schedule.is_due(at(now), at(last), NIGHT) is due


def test_never_backed_up_is_due():
    assert schedule.is_due(at("2026-11-26T12:00+01:00"), None, NIGHT)


def test_hour_that_is_none_is_named():
    with pytest.raises(InputError, match="VERSANTS_BACKUP_AT"):
        schedule.hour({"VERSANTS_BACKUP_AT": "half past two"})


def test_days_weeks_and_months_are_kept():
    nights = [at("2026-11-26T02:30+01:00") - timedelta(days=n) for n in range(400)]
    kept = sorted(schedule.to_keep(nights), reverse=True)
    # By hand: 7 days back to the 20th; Sundays that end the weeks before (22 is among the days), 15 and 8; the last
    # night of each month before.
    assert [one.astimezone(schedule.LOCAL).date().isoformat() for one in kept] == [
        *(f"2026-11-{day}" for day in (26, 25, 24, 23, 22, 21, 20)),
        *("2026-11-15", "2026-11-08"),
        *("2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30"),
    ]


def test_only_files_of_our_own_naming_are_removed(tmp_path):
    nights = [at("2026-11-26T02:30+01:00") - timedelta(days=n) for n in range(30)]
    for night in nights:
        (tmp_path / schedule.name_of(night)).touch()
    others = ["by-hand.backup", "versants-before-upgrade.backup", "versants-20260101T023000Z.backup.sha256"]
    for name in others:
        (tmp_path / name).touch()

    gone = schedule.thin_out(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {
        *(schedule.name_of(night) for night in schedule.to_keep(nights)),
        *others,
    }
    assert len(gone) == 30 - len(schedule.to_keep(nights))
    assert schedule.thin_out(tmp_path) == []


def test_log_is_kept_from_the_oldest_base_on(tmp_path):
    system = tmp_path / "7412345678901234567"
    system.mkdir()
    for n in range(1, 10):
        (system / f"base-2026110{n}T013000Z-0000000100000000000000{n:02X}.sealed").touch()
    for n in range(1, 12):
        (system / f"0000000100000000000000{n:02X}.sealed").touch()
    (system / "00000002.history.sealed").touch()

    schedule.thin_out_log(tmp_path)

    left = sorted(path.name for path in system.iterdir() if not path.name.startswith("base"))
    assert left == [
        *(f"0000000100000000000000{n:02X}.sealed" for n in range(3, 12)),
        "00000002.history.sealed",
    ]
    assert len(list(system.glob("base-*"))) == schedule.BASES
