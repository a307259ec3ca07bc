"""From a typed record to a bar that opens: through the pages, as its readers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.records.visits import make_visit
from versants.core import clock
from versants.mobile.models import FollowUp, InterventionFact, Record
from versants.programme.services.calendar import half


@pytest.fixture
def visit(world):
    return make_visit(
        world.walloon,
        world.refuge,
        [("psychologist", world.elise), ("interpreter", world.selam)],
        persons=[world.person],
    )


def typed(world, visit, version=0, **changes):
    start = clock.local(visit.held.lower)
    return {
        "version": version,
        "kind": "crisis",
        "mode": "on_site",
        "persons": [world.person.code],
        "n_persons": 1,
        "n_professionals": 2,
        "began_on": start.date().isoformat(),
        "began_time": f"{start:%H:%M}",
        "duration_min": 75,
        "done": ["listening"],
        "with_interpreter": "yes",
        "step_0": "call_back",
        "due_0": (clock.today() + timedelta(days=2)).isoformat(),
        "social_note": "Une nuit calme.",
        "clinical_note": "Très fatiguée.",
        **changes,
    }


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_record_sign_figure_bar(world, visit, client_for, language):
    browser = client_for(world.clinician, language)
    url = reverse("visit_record", args=[visit.uid])
    assert browser.get(url).status_code == 200
    answer = browser.post(url, typed(world, visit, action="sign"), follow=True)
    assert answer.status_code == 200
    assert Record.objects.get().state == "signed"
    assert InterventionFact.objects.count() == FollowUp.objects.count() == 1
    assert "Une nuit calme." in answer.content.decode()

    for _more in range(4):
        other = make_visit(world.walloon, world.refuge, [], hours_ago=4 + _more)
        url = reverse("visit_record", args=[other.uid])
        assert (
            browser.post(url, typed(world, other, persons=[], action="sign", step_0="", due_0="")).status_code
            == 302
        )
    semester = half(clock.today()).key
    page = browser.get(reverse("figures"), {"semester": semester})
    assert page.status_code == 200
    bar = f"{reverse('figure_records')}?semester={semester}&amp;versant=wallonie"
    assert bar in page.content.decode()
    opened = browser.get(bar.replace("&amp;", "&"))
    assert opened.context["n"] == opened.context["figure"] == 5
    # The other team counts it, and opens nothing.
    foreign = client_for(world.french_coordinator, language).get(bar.replace("&amp;", "&"))
    assert (foreign.context["n"], foreign.context["figure"]) == (0, 5)
    assert foreign.context["shorter"]


@pytest.mark.parametrize("role", ["officer", "controller", "authority_member", "funder", "dpo"])
def test_programme_roles_see_figures_and_an_empty_list(world, visit, client_for, role):
    InterventionFact.objects.bulk_create(
        [
            InterventionFact(
                day=clock.today(),
                semester=half(clock.today()).key,
                team=world.walloon,
                versant="wallonie",
                commune=visit.commune,
                kind="crisis",
                mode="on_site",
            )
            for _i in range(7)
        ]
    )
    browser = client_for(getattr(world, role))
    assert browser.get(reverse("figures")).status_code == 200
    opened = browser.get(reverse("figure_records"), {"versant": "wallonie"})
    assert (opened.context["n"], opened.context["figure"]) == (0, 7)
    assert not opened.context["sees_records"]


@pytest.mark.parametrize("role", ["requester", "site_manager", "interpreter", "administrator"])
def test_others_have_no_figures(world, client_for, role):
    browser = client_for(getattr(world, role))
    for name in ("figures", "figure_records", "semester_xlsx"):
        assert browser.get(reverse(name)).status_code == 403
