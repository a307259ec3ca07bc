"""The smallest changes of a visit, or of one person's mandates, that would open teams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .io import assignment_to_json, need_to_json
from .model import LEVELS, LanguageNeed, Mode, SecondLanguage, Slot, Span, Visit, Window
from .patching import pointer
from .problem import Plan, Problem
from .ranking import last_start, rank, suggest_times, unplaced_board
from .results import Candidate, Relaxation, Rule
from .teams import count_teams, members

__all__ = ["relaxations"]


#: With more teams than this nothing needs to be relaxed.
ENOUGH = 500


class _Idea(NamedTuple):
    """A changed problem and how to say and write the change."""

    kind: str
    code: str
    params: Mapping[str, int | str]
    text: str
    problem: Problem
    patch: tuple[Mapping[str, Any], ...]


def relaxations(
    problem: Problem, plan: Plan, visit_id: str, blocked: Sequence[Candidate], n_teams: int
) -> tuple[Relaxation, ...]:
    """Single changes with which the visit has more teams than ``n_teams``, cheapest best team first.

    Each is applied and the visit ranked again; what opens nothing is left out. ``blocked`` tells whose
    mandate is missing; mandates are proposed only while there is no team at all. With more than
    ``ENOUGH`` teams nothing is proposed.
    """
    visit = problem.visit(visit_id)
    if n_teams > ENOUGH:
        return ()
    ideas = [*_windows(problem, plan, visit), *_slots(problem, visit), *_phone(problem, visit)]
    if not n_teams:
        # Paper work for one named person is worth proposing only when nobody else can go.
        ideas += _mandates(problem, visit, blocked)
    found = []
    for idea in ideas:
        board, v = unplaced_board(idea.problem, plan, visit_id)
        count, _ = count_teams(board, v, members(board, v))
        if count <= n_teams:
            continue
        best = rank(idea.problem, plan, visit_id, limit=1)[0]
        patch = {
            "op": "add",
            "path": pointer("visits", visit_id),
            "value": assignment_to_json(best.services),
        }
        found.append(
            Relaxation(
                kind=idea.kind,
                text_code=idea.code,
                params=idea.params,
                text=idea.text,
                delta=best.delta.total,
                n_teams=count,
                services=best.services,
                problem_patch=idea.patch,
                plan_patch=(patch,),
            )
        )
    found.sort(key=lambda one: (one.delta, one.kind, str(one.params)))
    return tuple(found)


def _with_visit(problem: Problem, visit: Visit) -> Problem:
    return replace(problem, visits=tuple(visit if one.id == visit.id else one for one in problem.visits))


def _with_slot(problem: Problem, visit: Visit, number: int, slot: Slot) -> Problem:
    slots = (*visit.slots[:number], slot, *visit.slots[number + 1 :])
    return _with_visit(problem, replace(visit, slots=slots))


def _add(value: Any, *steps: str | int) -> Mapping[str, Any]:
    return {"op": "add", "path": pointer(*steps), "value": value}


def _windows(problem: Problem, plan: Plan, visit: Visit) -> Iterator[_Idea]:
    """Start later, or earlier, by just as much as is needed."""
    windows = list(visit.windows)
    last = max(range(len(windows)), key=lambda i: windows[i].latest)
    first = min(range(len(windows)), key=lambda i: windows[i].earliest)
    latest = windows[last].latest if visit.fixed_start is None else visit.fixed_start
    earliest = windows[first].earliest if visit.fixed_start is None else visit.fixed_start
    if visit.fixed_start is not None or all(window.hard for window in windows):
        # A start after a soft window is allowed already.
        for one in suggest_times(problem, plan, visit.id, limit=1, after=latest + 1):
            if one.start > latest:
                yield _moved(problem, visit, last, one.start, "window_later", one.start - latest)
    before = _last_before(problem, plan, visit, earliest)
    if before is not None:
        yield _moved(problem, visit, first, before, "window_earlier", earliest - before)


def _last_before(problem: Problem, plan: Plan, visit: Visit, earliest: int) -> int | None:
    """The last start before ``earliest`` that has a team."""
    if earliest == 0:
        return None
    wide = replace(visit, windows=(Window(0, earliest - 1),), fixed_start=None)
    return last_start(*unplaced_board(_with_visit(problem, wide), plan, visit.id))


def _moved(problem: Problem, visit: Visit, number: int, start: int, kind: str, by_s: int) -> _Idea:
    old = visit.windows[number]
    new = old._replace(earliest=min(old.earliest, start), latest=max(old.latest, start))
    windows = (*visit.windows[:number], new, *visit.windows[number + 1 :])
    patch = [
        _add(getattr(new, name), "visits", visit.id, "windows", number, name)
        for name in ("earliest", "latest")
        if getattr(new, name) != getattr(old, name)
    ]
    fixed = visit.fixed_start
    if fixed is not None:
        fixed = start
        patch.append(_add(start, "visits", visit.id, "fixed_start"))
    changed = _with_visit(problem, replace(visit, windows=windows, fixed_start=fixed))
    minutes = -(-by_s // 60)
    word = "later" if kind == "window_later" else "earlier"
    text = f"start {minutes} min {word} than allowed"
    return _Idea(
        kind, kind, {"minutes": minutes, "seconds": by_s, "start": start}, text, changed, tuple(patch)
    )


def _slots(problem: Problem, visit: Visit) -> Iterator[_Idea]:
    """Gender as a wish; a level lower; a second language; slot by slot."""
    for number, slot in enumerate(visit.slots):
        path = ("visits", visit.id, "slots", number)
        if slot.gender is not None and slot.gender_hard:
            yield _Idea(
                "gender_wish",
                "gender_wish",
                {"slot": slot.id, "gender": slot.gender},
                f"take the gender asked for in {slot.id} as a wish",
                _with_slot(problem, visit, number, replace(slot, gender_hard=False)),
                (_add(False, *path, "gender_hard"),),
            )
        for i, need in enumerate(slot.languages):
            if need.level > 0:
                lower = need._replace(level=need.level - 1)
                params = {"slot": slot.id, "language": need.language, "level": LEVELS[lower.level]}
                yield _Idea(
                    "lower_level",
                    "lower_level",
                    params,
                    f"accept level {LEVELS[lower.level]} of {need.language} in {slot.id}",
                    _with_need(problem, visit, number, i, lower),
                    (_add(lower.level, *path, "languages", i, "level"),),
                )
            for language in need.possible:
                if language == need.language or any(s.language == language for s in need.second):
                    continue
                wider = need._replace(second=(*need.second, SecondLanguage(language, need.level)))
                yield _Idea(
                    "second_language",
                    "second_language",
                    {"slot": slot.id, "language": language, "instead_of": need.language},
                    f"accept {language} instead of {need.language} in {slot.id}",
                    _with_need(problem, visit, number, i, wider),
                    (_add(need_to_json(wider)["second"], *path, "languages", i, "second"),),
                )


def _with_need(problem: Problem, visit: Visit, number: int, i: int, need: LanguageNeed) -> Problem:
    slot = visit.slots[number]
    needs = (*slot.languages[:i], need, *slot.languages[i + 1 :])
    return _with_slot(problem, visit, number, replace(slot, languages=needs))


def _phone(problem: Problem, visit: Visit) -> Iterator[_Idea]:
    """One slot by telephone, or all of them."""
    on_site = [i for i, slot in enumerate(visit.slots) if visit.mode_of(slot) is Mode.ON_SITE]
    if not visit.phone_ok or not on_site:
        return
    if len(visit.slots) > 1:
        for i in on_site:
            slot = visit.slots[i]
            yield _Idea(
                "by_phone",
                "slot_by_phone",
                {"slot": slot.id},
                f"{slot.id} by telephone",
                _with_slot(problem, visit, i, replace(slot, mode=Mode.PHONE)),
                (_add(Mode.PHONE.value, "visits", visit.id, "slots", i, "mode"),),
            )
    slots = tuple(
        replace(slot, mode=Mode.PHONE) if slot.mode is Mode.ON_SITE else slot for slot in visit.slots
    )
    patch = [_add(Mode.PHONE.value, "visits", visit.id, "mode")]
    for i, slot in enumerate(visit.slots):
        if slot.mode is Mode.ON_SITE:
            patch.append(_add(Mode.PHONE.value, "visits", visit.id, "slots", i, "mode"))
    changed = _with_visit(problem, replace(visit, mode=Mode.PHONE, slots=slots))
    yield _Idea("by_phone", "visit_by_phone", {}, "the whole visit by telephone", changed, tuple(patch))


def _mandates(problem: Problem, visit: Visit, blocked: Sequence[Candidate]) -> Iterator[_Idea]:
    """A mandate for one named person whom nothing else blocks first."""
    country = visit.country
    if country is None:
        return
    whole = Span(0, problem.horizon + visit.duration)
    for person_id in dict.fromkeys(one.person for one in blocked if one.rule is Rule.MANDATE):
        person = problem.person(person_id)
        spans = (whole,)
        changed = replace(person, mandates={**person.mandates, country: spans})
        people = tuple(changed if one.id == person_id else one for one in problem.people)
        yield _Idea(
            "mandate",
            "mandate",
            {"person": person_id, "country": country},
            f"give {person_id} a mandate in {country}",
            replace(problem, people=people),
            (_add([list(span) for span in spans], "people", person_id, "mandates", country),),
        )
