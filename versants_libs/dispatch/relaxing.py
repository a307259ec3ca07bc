"""The smallest changes of a visit, or of one person's mandates, that would open teams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .fitting import Fit
from .io import assignment_to_json, need_to_json
from .lifting import Lifted
from .model import LEVELS, LanguageNeed, Mode, SecondLanguage, Slot, Span, Visit, Window
from .patching import pointer
from .ranking import last_start, ranked, suggested
from .results import Candidate, Relaxation, Rule, TeamOption
from .teams import Member, count_teams, member_of, members

__all__ = ["relaxations"]


#: With more teams than this nothing needs to be relaxed.
ENOUGH = 500


class _Idea(NamedTuple):
    """A changed visit, and how to say and write the change. ``moved``: only its windows differ."""

    kind: str
    code: str
    params: Mapping[str, int | str]
    text: str
    visit: Visit
    patch: tuple[Mapping[str, Any], ...]
    moved: bool = False


def relaxations(lifted: Lifted, blocked: Sequence[Candidate], n_teams: int) -> tuple[Relaxation, ...]:
    """Single changes with which the visit has more teams than ``n_teams``, cheapest best team first.

    Each is supposed and the visit ranked again; what opens nothing is left out. ``blocked`` tells whose
    mandate is missing; mandates are proposed only while there is no team at all. With more than
    ``ENOUGH`` teams nothing is proposed.
    """
    if n_teams > ENOUGH:
        return ()
    visit = lifted.visit
    found = []
    for idea in [*_windows(lifted), *_slots(visit), *_phone(visit)]:
        with lifted.supposing(idea.visit):
            slots = lifted.moved() if idea.moved else lifted.members_now()
            if _the_same(slots, lifted.members()):
                continue
            count, _ = count_teams(lifted.board, lifted.v, slots)
            if count > n_teams:
                found.append(_relaxation(idea, count, ranked(lifted, slots, 1)[0]))
    found += _vehicles(lifted, n_teams)
    if not n_teams:
        # Paper work for one named person is worth proposing only when nobody else can go.
        found += _mandates(lifted, blocked)
    found.sort(key=lambda one: (one.delta, one.kind, str(one.params)))
    return tuple(found)


def _the_same(one: Sequence[Sequence[Member]], two: Sequence[Sequence[Member]]) -> bool:
    """Whether a change brought nobody in and changed nobody's times."""
    return all(
        len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
        for a, b in zip(one, two, strict=True)
    )


def _relaxation(idea: _Idea, count: int, best: TeamOption) -> Relaxation:
    patch = {
        "op": "add",
        "path": pointer("visits", best.visit),
        "value": assignment_to_json(best.services),
    }
    return Relaxation(
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


def _with_slot(visit: Visit, number: int, slot: Slot) -> Visit:
    return replace(visit, slots=(*visit.slots[:number], slot, *visit.slots[number + 1 :]))


def _add(value: Any, *steps: str | int) -> Mapping[str, Any]:
    return {"op": "add", "path": pointer(*steps), "value": value}


def _windows(lifted: Lifted) -> Iterator[_Idea]:
    """Start later, or earlier, by just as much as is needed."""
    visit = lifted.visit
    windows = visit.openings
    last = max(range(len(windows)), key=lambda i: windows[i].latest)
    first = min(range(len(windows)), key=lambda i: windows[i].earliest)
    latest = windows[last].latest if visit.fixed_start is None else visit.fixed_start
    earliest = windows[first].earliest if visit.fixed_start is None else visit.fixed_start
    if visit.fixed_start is not None or all(window.hard for window in windows):
        # A start after a soft window is allowed already.
        for one in suggested(lifted, limit=1, after=latest + 1):
            if one.start > latest:
                yield _moved(visit, last, one.start, "window_later", one.start - latest)
    before = _last_before(lifted, earliest)
    if before is not None:
        yield _moved(visit, first, before, "window_earlier", earliest - before)


def _last_before(lifted: Lifted, earliest: int) -> int | None:
    """The last start before ``earliest`` that has a team."""
    if earliest == 0:
        return None
    sooner = replace(
        lifted.visit, windows=(Window(0, earliest - 1),), fixed_start=None, day=None, until_end=False
    )
    with lifted.supposing(sooner):
        return last_start(lifted.board, lifted.v, lifted.moved())


def _moved(visit: Visit, number: int, start: int, kind: str, by_s: int) -> _Idea:
    old = visit.windows[number]
    new = old._replace(earliest=min(old.earliest, start), latest=max(old.latest, start + visit.end_s))
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
    changed = replace(visit, windows=windows, fixed_start=fixed)
    minutes = -(-by_s // 60)
    word = "later" if kind == "window_later" else "earlier"
    text = f"start {minutes} min {word} than allowed"
    params: dict[str, int | str] = {"minutes": minutes, "seconds": by_s, "start": start}
    return _Idea(kind, kind, params, text, changed, tuple(patch), moved=True)


def _slots(visit: Visit) -> Iterator[_Idea]:
    """Gender as a wish; a level lower; a second language; slot by slot."""
    for number, slot in enumerate(visit.slots):
        path = ("visits", visit.id, "slots", number)
        if slot.gender is not None and slot.gender_hard:
            yield _Idea(
                "gender_wish",
                "gender_wish",
                {"slot": slot.id, "gender": slot.gender},
                f"take the gender asked for in {slot.id} as a wish",
                _with_slot(visit, number, replace(slot, gender_hard=False)),
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
                    _with_need(visit, number, i, lower),
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
                    _with_need(visit, number, i, wider),
                    (_add(need_to_json(wider)["second"], *path, "languages", i, "second"),),
                )


def _with_need(visit: Visit, number: int, i: int, need: LanguageNeed) -> Visit:
    slot = visit.slots[number]
    needs = (*slot.languages[:i], need, *slot.languages[i + 1 :])
    return _with_slot(visit, number, replace(slot, languages=needs))


def _phone(visit: Visit) -> Iterator[_Idea]:
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
                _with_slot(visit, i, replace(slot, mode=Mode.PHONE)),
                (_add(Mode.PHONE.value, "visits", visit.id, "slots", i, "mode"),),
            )
    slots = tuple(
        replace(slot, mode=Mode.PHONE) if slot.mode is Mode.ON_SITE else slot for slot in visit.slots
    )
    patch = [_add(Mode.PHONE.value, "visits", visit.id, "mode")]
    for i, slot in enumerate(visit.slots):
        if slot.mode is Mode.ON_SITE:
            patch.append(_add(Mode.PHONE.value, "visits", visit.id, "slots", i, "mode"))
    changed = replace(visit, mode=Mode.PHONE, slots=slots)
    yield _Idea("by_phone", "visit_by_phone", {}, "the whole visit by telephone", changed, tuple(patch))


def _vehicles(lifted: Lifted, n_teams: int) -> Iterator[Relaxation]:
    """One vehicle more in a pool that people share."""
    board, visit = lifted.board, lifted.visit
    for pool, count in board.problem.vehicles.items():
        with board.pools.one_more(pool):
            slots = members(board, lifted.v)
            n, _ = count_teams(board, lifted.v, slots)
            if n > n_teams:
                idea = _Idea(
                    "vehicle",
                    "vehicle",
                    {"pool": pool, "vehicles": count + 1},
                    f"one more vehicle of {pool}",
                    visit,
                    (_add(count + 1, "vehicles", pool),),
                )
                yield _relaxation(idea, n, ranked(lifted, slots, 1)[0])


def _mandates(lifted: Lifted, blocked: Sequence[Candidate]) -> Iterator[Relaxation]:
    """A mandate for one named person whom nothing else blocks first, while the visit has no team."""
    board, visit = lifted.board, lifted.visit
    country = visit.country
    if country is None:
        return
    whole = Span(0, board.problem.horizon + visit.duration)
    fits = [{fit.person: fit for fit in here} for here in board.fits[lifted.v]]
    for person_id in dict.fromkeys(one.person for one in blocked if one.rule is Rule.MANDATE):
        p = board.person_index[person_id]
        person = board.people[p]
        spans = (whole,)
        changed = replace(person, mandates={**person.mandates, country: spans})
        idea = _Idea(
            "mandate",
            "mandate",
            {"person": person_id, "country": country},
            f"give {person_id} a mandate in {country}",
            visit,
            (_add([list(span) for span in spans], "people", person_id, "mandates", country),),
        )
        with board.supposing_person(p, changed):
            count, best = _teams_with(lifted, fits, p)
        if best is not None:
            yield _relaxation(idea, count, best)


def _teams_with(lifted: Lifted, fits: Sequence[Mapping[int, Fit]], p: int) -> tuple[int, TeamOption | None]:
    """How many teams there are with a person without whom there is none, and the best of them."""
    board, v = lifted.board, lifted.v
    before = lifted.members()
    count, best = 0, None
    for s, fit in enumerate(here.get(p) for here in fits):
        mine = None if fit is None else member_of(board, v, s, fit)
        if mine is None or not all(before[k] for k in range(len(before)) if k != s):
            continue
        slots = [[mine] if k == s else before[k] for k in range(len(before))]
        more, _ = count_teams(board, v, slots)
        if more:
            count += more
            first = ranked(lifted, slots, 1)[0]
            if best is None or _order(first) < _order(best):
                best = first
    return count, best


def _order(option: TeamOption) -> tuple[int, list[str]]:
    return option.delta.total, [service.person for service in option.services.values()]
