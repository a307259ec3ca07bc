"""A centre's link: made, shown once, renewed, revoked. Only the hash of its token is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock, locking, messages
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.ids import new_token, token_hash
from versants.core.periods import span
from versants.mobile.models import RequestLink
from versants.people.models import Site, SiteContact, Team
from versants.territory.models import Versant

# A poster hangs for months; agencies and shifts change, so it ends by itself.
DEFAULT_LENGTH = timedelta(days=180)
LONGEST = timedelta(days=366)


def check_may_manage(actor: Actor, site: Site, team: Team) -> None:
    """The manager of the site's organisation; coordination of the team that receives what is asked there."""
    if actor.role == Role.SITE_MANAGER and actor.organisation == site.organisation_id:
        return
    if actor.role == Role.COORDINATOR and actor.team == team.pk:
        return
    raise ActionDenied(
        "link.not_yours", _("Only the manager of the centre, or the team it asks, makes its link.")
    )


@transaction.atomic
def create_link(
    *, actor: Actor, site: Site, team: Team, until: datetime | None = None
) -> tuple[RequestLink, str]:
    """A new link for ``site``; returns it with its token, which nobody can read again.

    Raises ActionDenied ``link.not_yours``; BadInput ``link.period``.
    """
    check_may_manage(actor, site, team)
    now = clock.now()
    until = until or now + DEFAULT_LENGTH
    if not now < until <= now + LONGEST:
        raise BadInput("link.period", _("A link ends within a year, and not before today."))
    token = new_token()
    link = RequestLink.objects.create(
        site=site,
        organisation_id=site.organisation_id,
        team=team,
        token_hash=token_hash(token),
        period=span(now, until),
    )
    audit.record("link.created", subject=link, days=(until - now).days)
    return link, token


@transaction.atomic
def revoke_link(*, actor: Actor, link: RequestLink) -> RequestLink:
    """Cut a link at once. Raises ActionDenied ``link.not_yours``; InvalidTransition ``link.revoked``."""
    link = RequestLink.objects.select_for_update(of=("self",)).select_related("site", "team").get(pk=link.pk)
    check_may_manage(actor, link.site, link.team)
    if link.revoked_at is not None:
        raise InvalidTransition("link.revoked", _("This link was cut already."))
    link.revoked_at = clock.now()
    link.save(update_fields=["revoked_at"])
    audit.record("link.revoked", subject=link)
    return link


@transaction.atomic
def renew_link(*, actor: Actor, link: RequestLink) -> tuple[RequestLink, str]:
    """A fresh link in place of this one, which stops at once. Raises as ``create_link``."""
    check_may_manage(actor, link.site, link.team)
    if link.revoked_at is None:
        revoke_link(actor=actor, link=link)
    return create_link(actor=actor, site=link.site, team=link.team)


def is_open(link: RequestLink, at: datetime) -> bool:
    """May somebody ask by this link at that instant?"""
    return link.revoked_at is None and at in link.period


def without_link(actor: Actor, team: Team) -> list[SiteContact]:
    """Contacts of the centres from which nobody can ask ``team`` yet."""
    open_now = RequestLink.objects.visible_to(actor).filter(
        team=team, revoked_at=None, period__contains=clock.now()
    )
    return list(
        SiteContact.objects.visible_to(actor)
        .filter(team=team)
        .exclude(site__in=open_now.values("site"))
        .select_related("site__commune")
        .order_by("site__name", "pk")
    )


@transaction.atomic
def send_missing(*, actor: Actor, team: Team) -> list[SiteContact]:
    """Make a link for every centre that has a contact and no open link, and send it there, once.

    Coordination of the team. Raises ActionDenied ``link.not_yours``.
    """
    if actor.role != Role.COORDINATOR or actor.team != team.pk:
        raise ActionDenied(
            "link.not_yours", _("Only the manager of the centre, or the team it asks, makes its link.")
        )
    # Whoever presses at the same moment waits, and finds that every centre has its link.
    locking.hold(f"mobile.links.{team.pk}")
    told = without_link(actor, team)
    for contact in told:
        link, token = create_link(actor=actor, site=contact.site, team=team)
        language = "nl" if contact.site.commune.versant == Versant.WEST_VLAANDEREN else "fr"
        with translation.override(language):
            until = date_format(clock.local(link.period.upper), "j F Y")
            subject = gettext("The link of %(site)s to ask for help") % {"site": contact.site.name}
            body = gettext(
                "Hello,\n\nWhoever is on shift at %(site)s can ask %(team)s for help here, without an account:\n"
                "%(url)s\n\nIt holds until %(until)s. Keep it within the team; print it for the wall if you wish."
            ) % {
                "site": contact.site.name,
                "team": team.name,
                "url": settings.BASE_URL + reverse("ask_link", args=[token]),
                "until": until,
            }
        messages.write(
            team_id=team.pk,
            channel="email",
            address=contact.email,
            language=language,
            about="link.sent",
            subject=subject,
            body=body,
        )
        audit.record("link.sent", subject=link)
    return told
