"""The world in memory: the same twice, whole, of the promised shape, and fictional."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from tests.demo.conftest import DAY
from versants.core import clock
from versants.core.ids import clean_code
from versants.core.models import AuditEvent, Grant
from versants.demo import canaries, demand
from versants.demo.history import semesters
from versants.demo.making import make_world
from versants.mobile.enums import (
    HOLDING,
    Channel,
    InterventionKind,
    RecordState,
    RequestState,
    Urgency,
    VisitState,
)
from versants.mobile.models import (
    Assignment,
    EscalationStep,
    FollowUp,
    InterventionFact,
    Record,
    RecordPerson,
    Request,
    RequestEvent,
    UnmetNeed,
    Visit,
)
from versants.mobile.services.facts import semester_of
from versants.people.enums import Discipline, InterpreterKind, Status
from versants.people.models import Account, Consent, Mandate, Organisation, Person, Professional, Site
from versants.territory import sources


def test_same_day_same_world(world):
    again = make_world(DAY)
    assert again.digest() == world.digest()
    assert make_world(DAY, seed="another").digest() != world.digest()
    assert make_world(DAY + timedelta(days=1)).digest() != world.digest()


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 28),  # a Saturday
        date(2027, 1, 1),  # a holiday, and the first day of a semester
        date(2027, 3, 28),  # the clocks go forward
        date(2027, 7, 14),  # a holiday on one side only
    ],
)
def test_any_day_has_its_nine_visits_and_its_inbox(day):
    made = make_world(day)
    held = [v for v in made.all(Visit) if v.held and clock.local(v.held.lower).date() == day]
    assert len(held) >= 9
    open_today = [
        v for v in made.all(Visit) if v.state == VisitState.OPEN and clock.local(v.window.lower).date() == day
    ]
    assert len(open_today) == 3
    waiting = [r for r in made.all(Request) if r.state in (RequestState.NEW, RequestState.INCOMPLETE)]
    assert len(waiting) >= 8


def test_later_the_same_day_it_is_the_same_world(world):
    assert make_world(DAY, clock.at(DAY, 19, 40)).digest() == world.digest()


def _nothing_later(made):
    for model, columns in {
        Request: ("asked_at", "answered_at", "closed_at"),
        RequestEvent: ("at",),
        EscalationStep: ("done_at",),
        Visit: ("created_at",),
        Assignment: ("created_at", "answered_at"),
        Record: ("signed_at", "saved_at"),
        FollowUp: ("done_at", "created_at"),
        Consent: ("collected_at", "withdrawn_at"),
        Grant: ("created_at",),
        Person: ("created_at",),
        AuditEvent: ("at",),
    }.items():
        for row in made.all(model):
            for column in columns:
                value = getattr(row, column)
                assert value is None or value <= made.moment, (model, row.pk, column, value)


def test_nothing_has_happened_later_than_the_scene(world):
    _nothing_later(world)


def test_loaded_before_dawn_nothing_has_happened_later_than_now():
    moment = clock.at(DAY, 1, 5)
    made = make_world(DAY, moment)
    _nothing_later(made)
    crisis = made.named["request:crisis"]
    assert crisis.promised_at - crisis.asked_at == timedelta(hours=8)


def test_organisations_and_workforce(world):
    partners = [o for o in world.all(Organisation) if o.is_partner]
    assert len(partners) == 6
    assert [o.short_name for o in partners if o.is_lead] == ["SGAR Hauts-de-France"]
    carers = [p for p in world.all(Professional) if Discipline.INTERPRETER not in p.disciplines]
    interpreters = [p for p in world.all(Professional) if Discipline.INTERPRETER in p.disciplines]
    assert 50 <= len(carers) <= 70
    assert 110 <= len(interpreters) <= 135
    assert {d for p in carers for d in p.disciplines} == set(Discipline) - {Discipline.INTERPRETER}
    assert {p.status for p in world.all(Professional)} == set(Status)
    assert {p.interpreter_kind for p in interpreters} == set(InterpreterKind)
    assert len({(p.first_name, p.last_name) for p in world.all(Professional)}) == len(world.all(Professional))
    expired = [m for m in world.all(Mandate) if m.period[1] is not None and m.period[1] <= DAY]
    assert expired
    assert {m.country for m in world.all(Mandate)} == {"FR", "BE"}


def test_interpreters_follow_the_demand(world):
    spoken = Counter(
        code
        for member in world.named["members"]
        if Discipline.INTERPRETER in member.row.disciplines
        for code in member.languages
    )
    wanted = sorted(demand.by_language("BE"), key=demand.by_language("BE").get, reverse=True)
    assert sum(demand.by_language("BE").values()) == pytest.approx(1)
    assert {
        "apc",
        "tir",
        "pus",
        "prs",
        "som",
        "lin",
        "tur",
        "rus",
        "ukr",
        "kmr",
        "sqi",
        "por",
        "amh",
        "apd",
    } <= set(spoken)
    assert spoken[wanted[0]] >= 10


def test_shape_of_the_activity(world):
    """Small at first, over 500 at the end of the sixth semester and not much more, growing; West Flanders later."""
    by_semester = Counter()
    by_versant = Counter()
    for fact in world.all(InterventionFact):
        by_semester[fact.semester] += fact.delivered
        by_versant[fact.semester, fact.versant] += fact.delivered
    keys = [semester_of(first) for first, _last in semesters(DAY)]
    assert set(by_semester) == set(keys)
    assert by_semester[keys[0]] < 60
    after_six = sum(by_semester[key] for key in keys[:6])
    assert 500 < after_six < 600
    whole = [by_semester[key] for key in keys[:7]]
    assert whole == sorted(whole)
    assert by_versant[keys[0], "west-vlaanderen"] == 0
    assert by_versant[keys[1], "west-vlaanderen"] > 0
    assert 600 <= len(world.all(Person)) <= 850


def test_mix_of_the_activity(world):
    delivered = [f for f in world.all(InterventionFact) if f.delivered]
    how = Counter(f.with_interpreter for f in delivered)
    assert how["on_site"] / len(delivered) > 0.65
    assert 0.05 < how["remote"] / len(delivered) < 0.25
    assert set(Counter(f.kind for f in delivered)) == set(InterventionKind)
    languages = [code for code, _n in Counter(f.language_id for f in delivered).most_common(8)]
    assert {"tir", "apc", "pus"} <= set(languages)
    assert 80 <= len(world.all(UnmetNeed)) <= 160
    assert any(f.attempted for f in world.all(InterventionFact))


def test_inbox_has_every_urgency_channel_and_state(world):
    open_states = {
        RequestState.NEW,
        RequestState.INCOMPLETE,
        RequestState.ASKED_BACK,
        RequestState.ACCEPTED,
        RequestState.PLANNED,
    }
    rows = [r for r in world.all(Request) if r.state in open_states]
    assert {r.urgency for r in rows} == set(Urgency)
    assert {r.channel for r in rows} == set(Channel)
    assert {r.state for r in rows} == open_states
    late = [
        r
        for r in rows
        if r.state in (RequestState.NEW, RequestState.INCOMPLETE) and r.promised_at < world.moment
    ]
    assert [r.site.name for r in late] == ["Opvangcentrum Poelkapelle"]
    crisis = world.named["request:crisis"]
    assert (crisis.site.name, crisis.site.commune_id) == ("Le Refuge", "BE-57096")
    assert clock.local(crisis.asked_at).strftime("%H:%M") == "02:10"
    assert clock.local(crisis.promised_at).strftime("%H:%M") == "10:10"


def test_numbers_run_without_a_gap(world):
    by_year: dict[str, list[int]] = {}
    for row in sorted(world.all(Request), key=lambda r: r.asked_at):
        _r, year, number = row.number.split("-")
        by_year.setdefault(year, []).append(int(number))
    for numbers in by_year.values():
        assert numbers == list(range(1, len(numbers) + 1))


def test_codes_are_codes(world):
    codes = [person.code for person in world.all(Person)]
    assert len(set(codes)) == len(codes)
    assert [clean_code(code) for code in codes] == codes
    assert world.named["person:mouscron"].code.startswith("V7K4-2M")


def test_places_are_real(world):
    known = {town.uid for town in sources.towns()}
    assert {site.commune_id for site in world.all(Site)} <= known
    assert {p.base_id for p in world.all(Professional)} <= known
    assert len([s for s in world.all(Site) if s.source]) > 40


def test_nobody_can_be_reached(world):
    """Addresses of a reserved top-level domain, telephone numbers without an area."""
    assert all(account.email.endswith("@versants.test") for account in world.all(Account))
    for row, field, text in world.seals:
        if field in ("phone", "callback_phone"):
            assert text.startswith(("+32 000", "+33 000", "0000")), (row, text)
    assert all(account.is_demo for account in world.all(Account))


def test_facts_are_those_of_signed_records(world):
    """One fact per signed record, one per attempt; a person is new once, in the order of signing."""
    signed = sorted(
        (r for r in world.all(Record) if r.state == RecordState.SIGNED), key=lambda r: (r.signed_at, r.pk)
    )
    facts = [f for f in world.all(InterventionFact) if f.delivered]
    persons: dict[int, set[int]] = {}
    for present in world.all(RecordPerson):
        persons.setdefault(present.record_id, set()).add(present.person_id)
    assert len(facts) == len(signed)
    seen: set[int] = set()
    for record, fact in zip(signed, facts, strict=True):
        here = persons.get(record.pk, set())
        expected = (
            clock.local(record.began_at).date(),
            record.kind,
            record.n_persons,
            record.duration_min,
            len(here - seen),
        )
        assert (fact.day, fact.kind, fact.n_persons, fact.minutes, fact.n_first_contacts) == expected
        seen |= here
        assert record.n_persons >= len(here)
        assert record.signed_at >= record.began_at
        assert record.signed_at <= world.moment


def test_rights_rest_on_something_and_end(world):
    """Whoever reads across the border does so under a consent, and no longer than it lasts."""
    persons = {p.pk: p for p in world.all(Person)}
    consents = {c.pk: c for c in world.all(Consent)}
    versant = {m.membership.pk: m.membership.versant for m in world.named["members"]}
    crossings = 0
    for grant in world.all(Grant):
        if grant.subject_kind != "person" or grant.data_class == "logistic":
            continue
        home = persons[grant.subject_id].versant
        holder = versant.get(grant.holder_id) if grant.holder_kind == "membership" else None
        if grant.holder_kind == "team":
            holder = {world.named[k].pk: world.named[k].versant for k in ("walloon", "french")}[
                grant.holder_id
            ]
        if holder is not None and holder != home:
            crossings += 1
            consent = consents[grant.consent_id]
            assert (consent.person_id, consent.receiving_versant) == (grant.subject_id, holder)
            if consent.period.upper is not None:
                assert grant.period.upper <= consent.period.upper
    assert crossings > 10
    assert any(c.withdrawn_at for c in world.all(Consent))


def test_interpreters_get_logistics_only(world):
    roles = {m.membership.pk: m.membership.role for m in world.named["members"]}
    for grant in world.all(Grant):
        if grant.holder_kind == "membership" and roles.get(grant.holder_id) == "interpreter":
            assert grant.data_class == "logistic"


def test_states_agree(world):
    """A visit that is done has its record signed; one without a team holds nobody; offers have a deadline."""
    records = {r.visit_id: r.state for r in world.all(Record)}
    holders = Counter(a.visit_id for a in world.all(Assignment) if a.state in HOLDING)
    for visit in world.all(Visit):
        assert (visit.state == VisitState.DONE) == (records.get(visit.pk) == RecordState.SIGNED)
        if visit.state == VisitState.OPEN:
            assert holders[visit.pk] == 0
            assert visit.held is None
    for row in world.all(Assignment):
        if row.state == "offered":
            assert row.answer_by is not None


def test_canaries_are_sealed_only(world):
    found = [text for *_, text in world.seals if any(mark in text.lower() for mark in canaries.MARKS)]
    assert len(found) > 15
    for model, rows in world.rows.items():
        for row in rows:
            for field in model._meta.concrete_fields:
                value = str(row.__dict__.get(field.attname, "")).lower()
                assert not any(mark in value for mark in canaries.MARKS), (model, field.name)
