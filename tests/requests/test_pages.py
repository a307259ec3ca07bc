from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.requests.making import make_link
from versants.mobile.models import Need, Request, Slot

CRISIS = {"place": "here", "language": "tir", "danger": "no_but_unwell", "callback_phone": "056 00 24 10"}


@pytest.fixture
def link(world):
    return make_link(world)


def test_the_crisis_walk_from_the_link_to_triage(world, client_for, link):
    browser = client_for()
    url = f"/r/{link[1]}/"
    page = browser.get(url)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store"
    uid = re.search(r'name="uid" value="([0-9a-f-]{36})"', page.content.decode())[1]

    sent = browser.post(url, {"uid": uid, **CRISIS})
    assert sent.status_code == 302, sent.content.decode()
    follow = browser.get(sent["Location"])
    assert follow.status_code == 200
    assert "056 00 24 10" not in follow.content.decode()

    request = Request.objects.get()
    desk = client_for(world.coordinator)
    inbox = desk.get("/requests/")
    assert inbox.status_code == 200
    assert request.number in inbox.content.decode()
    pane = desk.get(f"/requests/{request.uid}/")
    assert "056 00 24 10" in pane.content.decode()

    triage = desk.get(reverse("triage", args=[request.uid]))
    assert triage.status_code == 200
    form = {
        "version": request.version,
        "visit": "0",
        "v0-kind": "crisis",
        "v0-mode": "on_site",
        "v0-complexity": 4,
        "v0-duration_min": 90,
        "v0-day": "2099-01-05",
        "v0-from_time": "18:00",
        "v0-to_time": "20:30",
        "v0-slot": ["0", "1"],
        "v0-s0-discipline": "psychologist",
        "v0-s1-discipline": "interpreter",
        "v0-s1-language": "tir",
    }
    decided = desk.post(reverse("triage", args=[request.uid]), form)
    assert decided.status_code == 302, decided.content.decode()
    need = Need.objects.get()
    visit = need.visits.get()
    assert decided["Location"] == f"/visits/{visit.uid}/who/"
    assert [slot.discipline for slot in Slot.objects.filter(visit=visit)] == ["psychologist", "interpreter"]
    request.refresh_from_db()
    assert request.state == "accepted"
    assert request.answered_at is not None
