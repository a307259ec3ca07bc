"""A study asked for on the page: put together, worked out as a job with its scenarios, kept as figures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache, reduce
from operator import add
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from versants.core import audit, clock, jobs
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting, current
from versants.core.errors import VersantsError
from versants.core.models import Job
from versants.core.registries import demands
from versants.networks import rules, working
from versants.networks.models import StudyRun
from versants.networks.services import roads, spreading
from versants.networks.services.staff import registered
from versants.territory.shapes import DATA
from versants_libs.coverage.assumptions import Sizing
from versants_libs.coverage.building import Choice, build_study, most_asked
from versants_libs.coverage.needs import Register, without
from versants_libs.coverage.paired import Totals, apart, totals
from versants_libs.coverage.registered import Staff
from versants_libs.coverage.simulation import simulated as told_of
from versants_libs.coverage.simulation import years_from_json
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study import Fairness, Standard, Study
from versants_libs.coverage.study_files import study_json
from versants_libs.coverage.territory import Territory, Town, load_territory
from versants_libs.coverage.travel import travel_of
from versants_libs.coverage.turning import ranges, study_at, turning
from versants_libs.coverage.ways import Counts

KIND = "mesh_study"
SECONDS = float(
    os.environ.get("VERSANTS_MESH_SECONDS", "60")
)  # of processor, for the plan; a third for each scenario
REGISTER_DAYS = 365
MOST_PEOPLE = 40  # to recruit: what the question takes
MOST_BUDGET = 100_000_000  # euros a year
YEARS, SEED = 20, 1  # simulated
YEARS_TOGETHER = 4  # in one piece
#: Simulated of each other case: as many years, fewer of a territory where that would be more requests than these.
CASE_REQUESTS, CASE_YEARS_LEAST = 400_000, 5
#: What is kept of the years simulated.
KEPT = ("fill", "total", "wait_min", "replications")
TOLD_S = 2.0  # somebody who asked to stop is heard so soon at least
#: Where the slider of talks by telephone or video stands before it is moved.
PHONE_SHARE = 0.72
#: What one request not served of the worst language or versant counts more, when that meaning is chosen.
MEANING_WEIGHT = 1.0


@cache
def territory() -> Territory:
    """The shipped public data, read once."""
    return load_territory(DATA)


def area(question: Mapping[str, Any]) -> tuple[Town, ...]:
    """The communes of a question: a versant, an arrondissement (``versant:name``), or everything."""
    versant, _colon, arrondissement = str(question["area"]).partition(":")
    return territory().area(versants=(versant,) if versant != "all" else (), arrondissement=arrondissement)


@transaction.atomic
def ask(*, actor: Actor, name: str, question: dict[str, Any]) -> Job:
    """Keep the question, dated, and start the work. Raises ActionDenied.

    ``question``: area, n_languages, languages (those named, or none), demand (auto, public or register), people (public
    or register), number, budget, kinds, meaning, minutes, roads (model, or named: what the installation names), peak
    (factors on minutes by versant, those above 1), phone_answer, fill, phone_share, discouraged, simple. The role of who
    asks is kept with it, no name: page and report say who chose.
    """
    rules.check_may_study(actor)
    kept = {**question, "chosen_as": actor.role}
    run = StudyRun.objects.create(organisation_id=actor.organisation, name=name, question=kept)
    job = jobs.start(KIND, actor=actor, params={"run": str(run.uid)})
    run.job = job.uid
    run.save(update_fields=["job"])
    audit.record("study.asked", subject=run, meaning=question["meaning"])
    return job


def over(job: Job) -> None:
    """The study says how its work ended, to everybody of the house: its job is seen by who asked alone.

    A coordinator's team sees it too and may stop it, clinicians among them, who see no study: this one line is written
    under the role that sees studies and nobody's data.
    """
    who = current()
    role = who.role if who.role in rules.STUDY_ROLES else Role.PROGRAMME_OFFICER
    with acting(replace(who, role=role)):
        StudyRun.objects.filter(uid=job.params["run"]).update(ended=job.state)


@jobs.runner(KIND, long=True, told=over)
def work_out(job: jobs.Face, *, run: str) -> dict[str, Any]:
    """The work: read, build, plan, then the same under other rules; safe to run twice."""
    try:
        return _worked_out(job, run)
    except MemoryError as exc:
        raise VersantsError("study.too_large", "") from exc


def _worked_out(job: jobs.Face, run: str) -> dict[str, Any]:
    job.report(2, _("Gathering demand and people"))
    with acting(job.actor):
        row = StudyRun.objects.get(uid=run)
        question, name, chosen_on = row.question, row.name, clock.local(row.chosen_at).date().isoformat()
        register = register_of(clock.today())
    staff = registered(job.actor) if question.get("people") == "register" else None
    study = build(name, question, chosen_on, register, staff)
    cases = list(variants(study, name, question, chosen_on, register, staff))
    if question.get("roads", roads.MODEL) == roads.NAMED:
        job.report(3, _("Asking for minutes on the road"))
        places = [town.commune() for town in territory().towns]
        study, *others = roads.with_named(
            [study, *(other for _key, other in cases)], places, _teller(job, 3, 8)
        )
        cases = [(key, other) for (key, _other), other in zip(cases, others, strict=True)]
    with spreading.pool(job.actor, run) as pool:
        # Others begin with these while the plan is looked for here.
        pool.ask(
            [
                working.case(key, other, SECONDS / 3, seed=SEED, count=case_years(other))
                for key, other in cases
            ]
        )
        job.report(8, _("Looking for the best places"))
        result = _planned(job, study, SECONDS, 8, 60)
        pool.ask(
            [
                working.years(study, result, seed=SEED, first=first, count=min(YEARS_TOGETHER, YEARS - first))
                for first in range(0, YEARS, YEARS_TOGETHER)
            ]
        )
        job.report(60, _("Working out the other cases and simulating years"))
        found = list(pool.gather(_teller(job, 60, 93)))
    answers = {"": working.recruited(result)} | {one["key"]: one["recruited"] for one in found[: len(cases)]}
    years = reduce(add, (years_from_json(one["years"]) for one in found[len(cases) :]))
    own = totals(years)
    others = [
        {"key": one["key"], "result": one["figures"], "simulated": _beside(one["totals"], own)}
        for one in found[: len(cases)]
    ]
    simulated = told_of(study, result, travel_of(study, DATA), years)
    job.report(93, _("Looking where the answer turns"))
    turns = turning_points(study, question, result, answers)
    job.report(98, _("Keeping the result"))
    with acting(job.actor):
        row = StudyRun.objects.select_for_update().get(uid=run)
        row.study, row.result, row.scenarios, row.turns = study_json(study), result, others, turns
        row.simulated = {key: simulated[key] for key in KEPT}
        row.finished_at = row.finished_at or clock.now()
        row.save(update_fields=["study", "result", "scenarios", "turns", "simulated", "finished_at"])
        audit.record("study.done", subject=row, recruits=sum(one["n"] for one in result["recruits"]))
    return {"url": reverse("study", args=[run])}


def case_years(study: Study) -> int:
    """How many years of a case are simulated: of its size alone, so that an answer is the same on any host."""
    requests = sum(row.requests for row in study.demand)
    return max(CASE_YEARS_LEAST, min(YEARS, int(CASE_REQUESTS / max(requests, 1.0))))


def _beside(case: Mapping[str, Any], plan: Totals) -> dict[str, Any] | None:
    """What a case holds in simulated years, and how far that is from the plan in the same years; None without demand."""
    found = apart(Totals.of(case["asked"], case["held"]), plan)
    return found.to_json() if found is not None else None


def _planned(job: jobs.Face, study: Study, seconds: float, first: int, last: int) -> dict[str, Any]:
    tell = _teller(job, first, last)
    return plan(
        study,
        travel_of(study, DATA),
        seconds=seconds,
        gap=working.GAP,
        exact=working.EXACT,
        progress=lambda _stage, done: tell(done),
    )


def _teller(job: jobs.Face, first: int, last: int) -> Callable[[float], None]:
    """Shares from 0 to 1 as per cent of the job between two marks; told where it moved, or after a while."""
    shown, when = [first], [time.monotonic()]

    def tell(done: float) -> None:
        at = max(shown[0], first + round((last - first) * min(max(done, 0.0), 1.0)))
        if at > shown[0] or time.monotonic() - when[0] > TOLD_S:
            shown[0], when[0] = at, time.monotonic()
            job.report(at)

    return tell


def turning_points(
    study: Study,
    question: Mapping[str, Any],
    result: Mapping[str, Any],
    answers: Mapping[str, Mapping[str, int]],
) -> list[dict[str, Any]]:
    """Where the plan would be another one, for each unknown; ``answers``: recruits by case, the study's own under ""."""
    found = []
    for what, ends, now in ranges(study, float(question["discouraged"])):
        mine = [one for key, one in answers.items() if not key or key.startswith(what)]
        one = turning(study, travel_of(study, DATA), what, ends, now, mine, points=result["points"])
        if one is not None:
            found.append(one)
    return found


def build(
    name: str,
    question: Mapping[str, Any],
    chosen_on: str,
    register: Register | None,
    staff: Staff | None = None,
) -> Study:
    """The study of a question. ``staff``: counts of who interprets today (None: public figures).

    Raises VersantsError ``study.no_register`` where the register is asked for and has nothing of a versant,
    ``study.nothing_asked``.
    """
    towns = area(question)
    meaning = str(question["meaning"])
    demand = str(question.get("demand", "auto"))
    if demand == "register" and without(territory(), towns, register):
        raise VersantsError("study.no_register", "")
    named = question.get("languages") or most_asked(
        territory(), towns, int(question["n_languages"]), register, demand
    )
    choice = Choice(
        name=name,
        towns=towns,
        languages=named,
        number=question["number"],
        budget=question["budget"],
        kinds=tuple(question["kinds"]),
        standard=Standard(
            minutes_on_site=float(question["minutes"]),
            phone_answer_minutes=float(question.get("phone_answer", Standard().phone_answer_minutes)),
            fill=float(question.get("fill", Standard().fill)),
        ),
        fairness=Fairness(meaning, MEANING_WEIGHT if meaning != "sum" else 0.0, "", chosen_on),
        simple=str(question["simple"]),
        phone_share=chosen_share(question),
        discouraged=float(question["discouraged"]),
        register=register,
        demand=demand,
        staff=staff,
        peak=question.get("peak", {}),
    )
    study = build_study(territory(), choice).study
    if not any(row.requests > 0 for row in study.demand):
        raise VersantsError("study.nothing_asked", "")
    return study


def chosen_share(question: Mapping[str, Any]) -> float | None:
    """The share by telephone or video somebody chose; None where the slider stands where it stood: what the register
    tells counts, else that very share."""
    share = float(question["phone_share"])
    return None if abs(share - PHONE_SHARE) < 0.001 else share


def variants(
    study: Study,
    name: str,
    question: Mapping[str, Any],
    chosen_on: str,
    register: Register | None,
    staff: Staff | None = None,
) -> Iterable[tuple[str, Study]]:
    """The cases set beside the plan: one thing changed at a time."""
    if study.rules.helpers and "helper" in question["kinds"]:
        yield "no_helpers", study.with_rules(helpers=False)
        for end in ("low", "high"):
            if end != study.rules.simple:
                yield f"simple_{end}", study.with_rules(simple=end)
    asked = float(question["discouraged"])
    for end in Sizing().discouraged:
        if abs(end - asked) > 0.02:
            yield f"discouraged_{round(end * 100)}", study_at(study, "discouraged", end, asked)
    yield "border_closed", study.with_rules(border="closed")
    asked_for = sum(row.requests for row in study.demand)
    remote = sum(row.requests for row in study.demand if row.mode != "on_site") / asked_for
    for share in Sizing().remote:
        if abs(share - remote) > 0.02:
            other = {**question, "phone_share": share}
            yield f"phone_{round(share * 100)}", build(name, other, chosen_on, register, staff)


def register_of(today: Any) -> Register:
    """What the desks counted in a year, from whichever app registered a source: sums by versant and language, by commune,
    by versant and mode, by versant and time of the week; and the persons they met, by commune and language."""
    languages: dict[tuple[str, str], float] = {}
    communes: dict[str, float] = {}
    modes: dict[tuple[str, str], float] = {}
    bands: dict[tuple[str, str], float] = {}
    minutes: dict[tuple[str, str], tuple[float, float]] = {}
    speakers: dict[tuple[str, str], float] = {}
    first = today - timedelta(days=REGISTER_DAYS)
    for source in demands:
        for row in source.ways(first, today) if source.ways else ():
            how, when = (str(row["versant"]), str(row["mode"])), (str(row["versant"]), str(row["band"]))
            if how[1]:
                modes[how] = modes.get(how, 0.0) + float(row["n"])
                timed, together = minutes.get(how, (0.0, 0.0))
                minutes[how] = (timed + float(row["timed"]), together + float(row["minutes"]))
            if when[1]:
                bands[when] = bands.get(when, 0.0) + float(row["n"])
        for row in source.speakers(first, today) if source.speakers else ():
            place = (str(row["commune"]), str(row["language"]))
            speakers[place] = speakers.get(place, 0.0) + float(row["n"])
        for row in source.demands(first, today):
            key = (str(row["versant"]), str(row["language"]))
            languages[key] = languages.get(key, 0.0) + float(row["n"])
            if row["commune"]:
                communes[str(row["commune"])] = communes.get(str(row["commune"]), 0.0) + float(row["n"])
    counts = Counts(modes, bands, minutes)
    return Register(languages, communes, REGISTER_DAYS / 365 * 12, counts=counts, speakers=speakers)
