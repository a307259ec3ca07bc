"""An empty product in an hour: a team of twelve and its forty centres from its own lists, then a request by link,
its triage and the people placed on it. Only pages are used, as a coordinator and a centre would."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from tests.imports import sheets
from tests.imports.sheets import as_csv, as_xlsx
from tests.requests.pages import fields_of
from versants.core.models import Message
from versants.mobile.models import Assignment, InterventionFact, Request, RequestLink, Visit
from versants.people.models import Membership, Professional, Site

FILES = (
    ("centres", as_xlsx(sheets.CENTRES, "Centres")),
    ("professionals", as_csv(sheets.PROFESSIONALS, ";", "cp1252")),
    ("requests", as_csv(sheets.REQUESTS, ",", "utf-8-sig")),
    ("agreements", as_csv(sheets.AGREEMENTS, "\t")),
    ("past", as_xlsx(sheets.PAST)),
)


@pytest.fixture(autouse=True)
def _a_tuesday(settings):
    settings.FROZEN_NOW = "2026-09-15T09:00:00+02:00"


def test_a_team_of_twelve_is_live_from_its_own_spreadsheet(db, client_for, capsys):
    call_command(
        "found", organisation="Maison d’essai", team="Équipe d’essai", commune="Tournai", email="camille@example.org",
        name="Camille Essai", json=True,
    )  # fmt: skip
    assert json.loads(capsys.readouterr().out)["password"]
    desk = client_for(Membership.objects.select_related("account").get())

    for kind, data in FILES:
        sent = desk.post(reverse("imports"), {"kind": kind, "file": SimpleUploadedFile(f"{kind}.x", data)})
        page = desk.get(sent.url).content.decode()
        assert 'data-test="n-faulty">0<' in page, kind
        uid = sent.url.rstrip("/").split("/")[-1]
        assert desk.post(reverse("import_confirm", args=[uid])).status_code == 302, kind
    assert (Site.objects.exclude(kind="office").count(), Professional.objects.count()) == (40, 12)
    assert Request.objects.count() == 5
    assert sum(InterventionFact.objects.values_list("delivered", flat=True)) == 35

    # Every centre hears of its link; one of them asks.
    desk.post(reverse("links_send"))
    assert RequestLink.objects.count() == Message.objects.filter(about="link.sent").count() == 40
    told = Message.objects.get(about="link.sent", address="centre5@example.org")
    path = re.search(r"/r/[A-Za-z0-9_-]+/", told.body)[0]
    phone = client_for()
    html = phone.get(path).content.decode()
    uid = re.search(r'name="uid" value="([0-9a-f-]{36})"', html)[1]
    asked = phone.post(
        f"{path}?way=crisis",
        {
            "uid": uid,
            "place": "here",
            "language": "tir",
            "danger": "no_but_unwell",
            "callback_phone": "056 00 24 10",
        },
    )
    assert asked.status_code == 302
    request = Request.objects.get(uid=uid)
    assert request.site.name == "Centre des Essais 5"

    # Coordination takes it on, says who is needed, and places two of the twelve.
    assert uid in desk.get(reverse("inbox")).content.decode()
    triage = reverse("triage", args=[uid])
    fields = fields_of(desk.get(triage)) | {
        "v0-day": "2026-09-16",
        "v0-from_time": "10:00",
        "v0-to_time": "12:00",
    }
    planned = desk.post(triage, fields)
    assert planned.status_code == 302
    visit = Visit.objects.get(request=request)
    page = desk.get(f"/visits/{visit.uid}/who/")
    team = page.context["teams"][0]
    members = team.members
    placed = desk.post(
        f"/visits/{visit.uid}/assign/",
        {
            "slot": [str(m.slot.uid) for m in members],
            "professional": [m.uid for m in members],
            "version": str(visit.version),
            "start": team.start.isoformat(),
        },
    )
    assert placed.status_code == 303, placed.content.decode()[:600]
    taken = Assignment.objects.filter(visit=visit).values_list("professional__disciplines", flat=True)
    assert sorted(taken) == [["interpreter"], ["psychologist"]]
