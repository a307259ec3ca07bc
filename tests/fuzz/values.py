"""What is typed into a field: what it offers, what stands at its edges, and what nobody honest would type."""

from __future__ import annotations

from typing import Any

from django import forms
from hypothesis import strategies as st

HOSTILE = (
    "\x00",
    "a\x00b",
    "\ud800",
    "x\udfffy",
    "\u202e\u2066abc\u2069",
    "\u200f\u200e\u061c",
    "שלום مرحبا",
    "\ufeff\ufffe\uffff",
    "e\u0301" * 50,
    "🧑\u200d🤝\u200d🧑" * 20,
    "'; DROP TABLE people_person; --",
    "' OR 1=1 --",
    "%s%(x)s%%{0}{x}${7*7}{{7*7}}{% now %}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=1+1",
    '=HYPERLINK("http://example.invalid","x")',
    "@SUM(A1)",
    "+32 000",
    "-2+3|cmd",
    "../../etc/passwd",
    "C:\\x\\..\\y",
    "\r\nSet-Cookie: a=b",
    "\t",
    " ",
    "\u00a0",
    "null",
    "true",
    "[]",
    "{}",
    "[object Object]",
    "x" * 300,
    "é" * 5_000,
    "1" * 400,
)
NUMBERS = (
    "0",
    "-0",
    "-1",
    "1",
    "00",
    "1.5",
    "1,5",
    "1e3",
    "1e400",
    "NaN",
    "Infinity",
    "²",
    "١٢",
    "०",
    "32767",
    "32768",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "-9223372036854775809",
    "0x10",
    "1_000",
)
DAYS = (
    "0000-00-00",
    "0001-01-01",
    "0001-01-02",
    "1000-01-01",
    "1582-10-10",
    "1899-12-31",
    "1969-12-31",
    "2024-02-29",
    "2026-02-29",
    "2026-03-29",
    "2026-10-25",
    "2038-01-20",
    "9999-12-30",
    "9999-12-31",
    "10000-01-01",
    "31/12/9999",
    "2026-13-01",
    "٢٠٢٦-٠١-٠١",
)
HOURS = ("00:00", "02:30", "23:59", "23:59:59.999999", "24:00", "25:61", "-1:00", "12", "12:3")
INSTANTS = tuple(
    f"{day}T{hour}{zone}"
    for day in ("0001-01-01", "2026-03-29", "2026-10-25", "9999-12-31")
    for hour in ("00:00", "02:30", "23:59")
    for zone in ("", "Z", "+14:00", "-12:00", "+23:59", "-23:59", "+99:99")
)
PERIODS = ("2026-2", "2026-3", "0000-1", "9999-2", "2026-W53", "0001-W01", "9999-W53", "2026-00", "9999-12")
NAMES = (
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "not-a-uuid",
    "BE-57096",
    "XX-00000",
    "tir",
    "zzz",
    "P-0000",
    "later:30",
    "later:99999999999999999999",
    "later:-1",
    "earlier:x",
    "lang:",
    "level:a:b:c:d",
    "mandate::",
    "later:²",
)
EVERYTHING = HOSTILE + NUMBERS + DAYS + HOURS + INSTANTS + PERIODS + NAMES


def of_field(one: forms.Field | None) -> tuple[str, ...]:
    """What lies inside and at the edges of a form's field."""
    if isinstance(one, forms.ChoiceField | forms.ModelChoiceField):
        return tuple(str(key) for key, _label in _flat(one.choices))[:60]
    if isinstance(one, forms.DateField):
        return DAYS
    if isinstance(one, forms.TimeField):
        return HOURS
    if isinstance(one, forms.DateTimeField):
        return INSTANTS
    if isinstance(one, forms.IntegerField):
        return (*NUMBERS, *(str(v) for v in (one.min_value, one.max_value) if v is not None))
    if isinstance(one, forms.BooleanField):
        return ("on", "")
    if isinstance(one, forms.CharField):
        longest = one.max_length or 2000
        return ("Bonjour", "a", "a" * longest, "a" * (longest + 1), "nom@example.org", "056 00 24 10")
    return ()


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    for key, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(key, label)]
    return found


def of_name(offered: list[str], one: forms.Field | None) -> st.SearchStrategy[list[str]]:
    """Values sent under one name: mostly one that fits, sometimes several, sometimes a hostile one."""
    fitting = tuple(dict.fromkeys([*offered, *of_field(one)])) or EVERYTHING
    good = st.sampled_from(fitting)
    bad = st.one_of(st.sampled_from(EVERYTHING), st.text(max_size=40))
    return st.one_of(
        good.map(lambda v: [v]),
        good.map(lambda v: [v]),
        good.map(lambda v: [v]),
        st.lists(good, min_size=2, max_size=4),
        bad.map(lambda v: [v]),
        st.just([]),
    )
