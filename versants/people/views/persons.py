"""The persons a team follows, and the file of one: identity under a grant, the rest by tier, every reading logged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from versants.core import audit, clock
from versants.core.access.classes import TEAM_ROLES, DataClass
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput
from versants.core.ids import clean_code
from versants.core.registries import timeline
from versants.core.rules import allows
from versants.core.web import words
from versants.core.web.tables import Column, Filter, Table, options
from versants.people import rules
from versants.people.enums import AgeGroup
from versants.people.forms.persons import ConsentForm, OpenForm, PersonForm
from versants.people.models import (
    ClinicalSheet,
    Consent,
    IdentityOpening,
    Membership,
    Organisation,
    Person,
    PersonLanguage,
    SocialSheet,
    Team,
)
from versants.people.services import consents, erasure, grants, persons, private
from versants.people.views import person_rows
from versants.territory.models import spoken

SHOWN_ITEMS = 60


def _person(request: HttpRequest, code: str) -> Person:
    clean = clean_code(code)
    found = Person.objects.visible_to(request.actor).select_related("team", "household", "key")
    return get_object_or_404(found, code=clean or code)


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The persons of one's team, and those one was granted."""
    if request.actor.role not in TEAM_ROLES:
        raise ActionDenied("people.role", _("Only a team that accompanies persons has this list."))
    rows = (
        Person.objects.listed_for(request.actor)
        .select_related("team")
        .prefetch_related("languages__language")
    )
    table = Table(
        request,
        rows.order_by("-created_at", "-pk"),
        id="people",
        caption=_("Persons accompanied"),
        draw=lambda found: person_rows.persons(found, table.columns),
        columns=[
            Column("code", _("Code"), sort="code", margin=True),
            Column("age", _("Age"), sort="age_group"),
            Column("languages", _("Languages")),
            Column("team", _("Team")),
            Column("since", _("Since"), sort="created_at"),
        ],
        filters=[
            Filter("code", _("Code"), apply=_by_code),
            Filter(
                "language",
                _("Language"),
                options(
                    _("all languages"),
                    # All of them: which are spoken would be asked of every person of the team.
                    [(one.code, one.name) for one in spoken()],
                ),
                apply=lambda found, value: found.filter(languages__language=value),
            ),
            Filter(
                "age",
                _("Age"),
                options(_("all ages"), AgeGroup.choices),
                apply=lambda found, value: found.filter(age_group=value),
            ),
            Filter(
                "whose",
                _("Whose"),
                options(_("all I may open"), [("own", _("my team’s")), ("granted", _("opened to me"))]),
                apply=lambda found, value: (
                    found.filter(team_id=request.actor.team)
                    if value == "own"
                    else found.exclude(team_id=request.actor.team)
                ),
            ),
        ],
        default_sort="-since",
        close=True,
        empty=(
            _("Nobody is registered yet"),
            _("A person gets a code at the first contact; the name stays apart, sealed."),
        ),
    )
    return render(request, "people/list.html", {"table": table, "n": table.page.paginator.count})


def _by_code(found: Any, text: str) -> Any:
    """A code typed in any manner, or its beginning."""
    bare = "".join(c for c in text.upper() if c.isalnum())
    printed = f"{bare[:4]}-{bare[4:]}" if len(bare) > 4 else bare
    return found.filter(code__startswith=printed)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Register a person under a fresh code."""
    if request.actor.team is None:
        raise ActionDenied("person.no_team", _("Only a team that accompanies persons registers them."))
    form = PersonForm(request.POST if request.method == "POST" else None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        person = persons.register_person(
            actor=request.actor,
            gender=data["gender"],
            age_group=data["age_group"],
            languages=form.languages(),
            identity=form.identity(),
            address_protected=data["address_protected"],
        )
        if data["household_of"] is not None:
            persons.join_household(person=person, other=data["household_of"], actor=request.actor)
        messages.success(request, _("Registered. The code is %(code)s.") % {"code": person.code})
        return redirect("person", code=person.code)
    return render(request, "people/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
def person(request: HttpRequest, code: str) -> HttpResponse:
    """One file. The reading is logged before the page is made."""
    found = _person(request, code)
    audit.record("person.read", subject=found, person_code=found.code)
    return _page(request, found)


def _page(
    request: HttpRequest, found: Person, *, opening: OpenForm | None = None, status: int = 200
) -> HttpResponse:
    actor = request.actor
    own = allows(rules.check_may_write_file, actor, found)
    items = sorted(
        (item for source in timeline for item in source.items(found, actor)),
        key=lambda item: item.at,
        reverse=True,
    )
    social = SocialSheet.objects.visible_to(actor).filter(person=found).select_related("key").first()
    clinical = ClinicalSheet.objects.visible_to(actor).filter(person=found).select_related("key").first()
    identity = persons.read_identity(person=found, actor=actor)
    context = {
        "person": found,
        "own": own,
        "may_erase": found.key.wrapped is not None and allows(erasure.check_may_erase, actor, found),
        "identity": _identity_facts(identity) if identity is not None else None,
        "opening": opening or OpenForm(),
        "languages": list(
            PersonLanguage.objects.visible_to(actor)
            .filter(person=found)
            .select_related("language")
            .order_by("rank")
        ),
        "household": list(
            Person.objects.visible_to(actor)
            .filter(household=found.household_id)
            .exclude(pk=found.pk)
            .order_by("code")
        )
        if found.household_id
        else [],
        "erased_at": found.key.destroyed_at,
        "situation": vault.left(social, "situation") if social else "",
        "plan": vault.left(social, "plan") if social else "",
        "reads_social": social is not None,
        "clinical": vault.left(clinical, "summary") if clinical else "",
        "reads_clinical": clinical is not None,
        "keeps_notes": allows(private.check_may_keep, actor, found),
        "consents": _consents(consents.read(found, actor)),
        "holders": _holders(found),
        "items": items[:SHOWN_ITEMS],
        "lines": person_rows.lines(items[:SHOWN_ITEMS]),
        "more": max(0, len(items) - SHOWN_ITEMS),
    }
    return render(request, "people/person.html", context, status=status)


def _day(iso: str) -> str:
    """A day of birth as it is said, from how it is sealed; what is not a day stays as it was written."""
    try:
        return words.day_plain(date.fromisoformat(iso))
    except ValueError:
        return iso


def _identity_facts(identity: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (_("First name"), identity["first_name"]),
        (_("Name"), identity["name"]),
        (_("Date of birth"), _day(identity["birth_date"])),
        (_("Telephone"), identity["phone"]),
        (_("Address"), identity["address"]),
    ]


def _consents(rows: Iterable[Consent]) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "consent": consent,
            "open": consent.withdrawn_at is None
            and not consent.period.isempty
            and (consent.period.upper is None or consent.period.upper > now),
        }
        for consent in rows
    ]


def _holders(found: Person) -> list[dict[str, Any]]:
    """Who may open this file: by organisation and role, never by name; the following team's own right first."""
    labels = {
        "assignment": _("placed on a visit"),
        "referent": _("referent"),
        "consent": _("the person agreed"),
        "break_glass": _("opened with a reason"),
        "request": _("a request"),
        "passed": _("a request that was passed on"),
    }
    rows = grants.holders_of(found)
    members = Membership.objects.select_related("organisation", "team").in_bulk(
        [g.holder_id for g in rows if g.holder_kind == "membership"]
    )
    teams = Team.objects.select_related("organisation").in_bulk(
        [g.holder_id for g in rows if g.holder_kind in {"team", "desk"}]
    )
    houses = Organisation.objects.in_bulk([g.holder_id for g in rows if g.holder_kind == "organisation"])
    seen: dict[tuple[str, str, str], dict[str, Any]] = {}
    for grant in rows:
        if grant.holder_kind == "membership":
            member = members.get(grant.holder_id)
            house, role = (str(member.organisation), member.get_role_display()) if member else ("", "")
        elif grant.holder_kind in {"team", "desk"}:
            team = teams.get(grant.holder_id)
            house, role = (str(team.organisation), str(team)) if team else ("", "")
        elif grant.holder_kind == "organisation":
            house, role = str(houses.get(grant.holder_id, "")), ""
        else:
            house, role = "", _("a link")
        why = labels.get(grant.because, grant.because)
        line = seen.setdefault(
            (house, role, why), {"house": house, "role": role, "why": why, "classes": set(), "until": None}
        )
        line["classes"].add(str(DataClass(grant.data_class).label))
        upper = grant.period.upper
        line["open_ended"] = line.get("open_ended", False) or upper is None
        if upper is not None and (line["until"] is None or upper > line["until"]):
            line["until"] = upper
    return [{**line, "classes": ", ".join(sorted(line["classes"]))} for line in seen.values()]


@require_POST
def open_identity(request: HttpRequest, code: str) -> HttpResponse:
    """Break the glass: with a stated reason, for an hour, reviewed by somebody else."""
    found = _person(request, code)
    form = OpenForm(request.POST)
    if not form.is_valid():
        audit.record("person.read", subject=found, person_code=found.code)
        return _page(request, found, opening=form, status=422)
    persons.break_glass(person=found, actor=request.actor, reason=form.cleaned_data["reason"])
    messages.warning(request, _("Open for one hour. The reason is kept, and somebody else reviews it."))
    return redirect("person", code=found.code)


@require_http_methods(["GET", "POST"])
def consent_new(request: HttpRequest, code: str) -> HttpResponse:
    """Write down what the person agreed to."""
    found = _person(request, code)
    rules.check_may_write_file(request.actor, found)
    form = ConsentForm(request.POST if request.method == "POST" else None, person=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            consents.record_consent(
                person=found,
                actor=request.actor,
                purpose=data["purpose"],
                mode=data["mode"],
                receiving_versant=data["receiving_versant"],
                receiving_team=data["receiving_team"],
                until=data["until"],
                language_id=data["language_id"] or None,
            )
        except BadInput as exc:
            form.add_error(_FIELD_OF.get(exc.code), str(exc.message))
        else:
            messages.success(request, _("Written down. It can be taken back at any time."))
            return redirect("person", code=found.code)
    context = {"person": found, "form": form}
    return render(request, "people/consent.html", context, status=422 if form.is_bound else 200)


_FIELD_OF = {
    "consent.versant": "receiving_versant",
    "consent.period": "until",
    "consent.team": "receiving_team",
}


@require_POST
def consent_withdraw(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """Take a consent back; what it opened closes at once."""
    found = _person(request, code)
    rules.check_may_write_file(request.actor, found)
    consent = get_object_or_404(Consent.objects.visible_to(request.actor).filter(person=found), uid=uid)
    consents.withdraw_consent(consent=consent, actor=request.actor)
    messages.success(request, _("Taken back. What it opened is closed."))
    return redirect("person", code=found.code)


@require_GET
def openings(request: HttpRequest) -> HttpResponse:
    """Identities opened with a reason, for the coordination to review."""
    if request.actor.role not in TEAM_ROLES:
        raise Http404
    table = Table(
        request,
        IdentityOpening.objects.visible_to(request.actor).select_related("person").order_by("-opened_at"),
        id="openings",
        caption=_("Identities opened"),
        row_template="people/_opening_row.html",
        columns=[
            Column("when", _("When"), sort="opened_at", margin=True),
            Column("person", _("Code")),
            Column("who", _("Who")),
            Column("why", _("Why")),
            Column("state", _("Reviewed")),
        ],
        filters=[
            Filter(
                "state",
                _("Reviewed"),
                options(_("all"), [("open", _("not yet reviewed")), ("done", _("reviewed"))]),
                apply=lambda found, value: found.filter(reviewed_at__isnull=value == "open"),
            )
        ],
        default_sort="-when",
        close=True,
        empty=(
            _("No identity was opened"),
            _("Names are opened with a reason, for an hour; each opening stands here."),
        ),
    )
    ids = {row.opened_by for row in table.rows} | {row.reviewed_by for row in table.rows if row.reviewed_by}
    members = Membership.objects.select_related("account").in_bulk(ids)
    for row in table.rows:
        opener, reviewer = members.get(row.opened_by), members.get(row.reviewed_by)
        row.opener = opener.account.name if opener else ""
        row.reviewer = reviewer.account.name if reviewer else ""
        row.why = persons.REASONS.get(row.reason, row.reason)
        row.may_review = (
            request.actor.role == "coordinator"
            and opener is not None
            and opener.account_id != request.actor.account
        )
    waiting = IdentityOpening.objects.visible_to(request.actor).filter(reviewed_at=None).count()
    return render(request, "people/openings.html", {"table": table, "waiting": waiting})


@require_POST
def opening_review(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Somebody of the coordination looked at it."""
    opening = get_object_or_404(IdentityOpening.objects.visible_to(request.actor), uid=uid)
    persons.review_opening(opening=opening, actor=request.actor)
    messages.success(request, _("Reviewed."))
    return redirect("identity_openings")
