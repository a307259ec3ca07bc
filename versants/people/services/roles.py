"""Who holds which role from when to when, in one organisation: ending one, and handing it over."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from versants.core import audit, clock, locking
from versants.core.access.classes import GIVING_ROLES, TEAM_ROLES, Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict
from versants.core.registries import open_work
from versants.people.models import Account, Membership
from versants.people.services import grants, invitations, sessions, who

# Grants of a membership end with it, whichever team gave them. Only for the coordination and the administrators of
# the membership's own organisation; it answers how many, and shows none.
END_GRANTS = """
CREATE OR REPLACE FUNCTION app.end_grants_of(which bigint, ends timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE n int;
BEGIN
  IF app.role() NOT IN ('coordinator', 'administrator') OR NOT EXISTS (
      SELECT 1 FROM people_membership WHERE id = which AND organisation_id = app.organisation()) THEN
    RETURN 0;
  END IF;
  UPDATE core_grant SET period = tstzrange(lower(period), greatest(lower(period), ends), '[)')
    WHERE holder_kind = 'membership' AND holder_id = which AND NOT isempty(period)
      AND (upper(period) IS NULL OR upper(period) > ends);
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
"""

# Of how many persons a membership is the referent: a number, for whoever ends the role.
REFERENT_OF = """
CREATE OR REPLACE FUNCTION app.referent_of(which bigint) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS
$$ SELECT count(DISTINCT subject_id)::int FROM core_grant WHERE holder_kind = 'membership' AND holder_id = which
     AND because = 'referent' AND period @> app.now() AND EXISTS (SELECT 1 FROM people_membership
       WHERE id = which AND organisation_id = app.organisation()) AND app.role() IN ('coordinator', 'administrator') $$;
"""


def of_house(actor: Actor) -> Any:
    """Every role held, to come or ended in the actor's organisation."""
    return (
        Membership.objects.filter(organisation_id=who.house(actor))
        .select_related("account", "team", "professional")
        .order_by("account__name", "pk")
    )


def check_may_end(actor: Actor, membership: Membership) -> None:
    """Coordination and administrators of the organisation; roles of a team that reads files, its own coordination.

    Administrators may end any role of their organisation: taking away opens nothing.
    """
    if actor.role not in GIVING_ROLES or membership.organisation_id != actor.organisation:
        raise ActionDenied("role.not_yours", _("Roles of your own organisation only."))
    if membership.role == Role.ADMINISTRATOR and actor.role != Role.ADMINISTRATOR:
        raise ActionDenied(
            "role.not_yours_to_end", _("An administrator’s role is ended by an administrator.")
        )
    if actor.role == Role.COORDINATOR and membership.role in TEAM_ROLES and membership.team_id != actor.team:
        raise ActionDenied("role.other_team", _("A team’s own coordination ends this role."))


def referents(membership: Membership) -> int:
    """Of how many persons this membership is the referent now."""
    return _count("SELECT app.referent_of(%s)", membership.pk)


def _count(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0] or 0)


def waiting_work(membership: Membership) -> list[tuple[str, int]]:
    """What is open with this membership, in words and numbers: cases, visits to come."""
    counted = [(str(kind.label), kind.count(membership)) for kind in open_work]
    return [(label, n) for label, n in counted if n]


@transaction.atomic
def end(*, actor: Actor, uid: Any, ends: date) -> Membership:
    """The role holds until the day before ``ends``. Its grants end then; today or earlier, its sessions end now.

    Raises ActionDenied ``role.*``; BadInput ``role.end``; Conflict ``role.last_giver``.
    """
    row = _locked(actor, uid)
    check_may_end(actor, row)
    _shorten(row, ends)
    audit.record("role.ended", subject=row, ends=ends.isoformat(), role_ended=row.role)
    return row


def _locked(actor: Actor, uid: Any) -> Membership:
    # One role of a house ends after the other: two who end each other's at once would leave nobody who gives any.
    locking.hold(f"people.roles.{who.house(actor)}")
    row = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("account", "team", "organisation")
        .filter(organisation_id=who.house(actor), uid=uid)
        .first()
    )
    if row is None:
        raise BadInput("role.unknown", _("There is no such role in your organisation."))
    return row


def _shorten(row: Membership, ends: date) -> None:
    if row.period.upper is not None and row.period.upper <= min(ends, clock.today()):
        raise BadInput("role.over", _("This role has ended already."))
    if ends < clock.today() or ends < row.period.lower:
        raise BadInput("role.end", _("Choose today or a later day."))
    if row.role in GIVING_ROLES and not _others_who_give(row, ends).exists():
        raise Conflict(
            "role.last_giver",
            _("Nobody could give roles here any more. Hand it over, or name a successor first."),
        )
    _write_end(row, ends)


def _others_who_give(row: Membership, ends: date) -> Any:
    return Membership.objects.filter(
        organisation_id=row.organisation_id, role__in=GIVING_ROLES, period__contains=ends
    ).exclude(pk=row.pk)


def _write_end(row: Membership, ends: date) -> None:
    if ends == row.period.lower:  # it never held, or not a whole day: an empty range has no dates
        ends_at: datetime = clock.now()
    else:
        ends_at = max(clock.at(ends, 0), clock.now()) if ends > clock.today() else clock.now()
    row.period = (row.period.lower, ends)
    row.save(update_fields=["period"])
    row.refresh_from_db(fields=["period"])
    _count("SELECT app.end_grants_of(%s, %s)", row.pk, ends_at)
    if ends <= clock.today():
        sessions.end_all(row.account)


@transaction.atomic
def hand_over(*, actor: Actor, uid: Any, to: Account, begins: date) -> Membership:
    """From ``begins`` the role is ``to``'s, until the day it would have ended: one transaction, or nothing.

    The persons whose referent the former one was get the new one, if the coordination of their team does it.
    Raises as ``end`` and ``invitations.check_may_give``; Conflict ``role.held``.
    """
    row = _locked(actor, uid)
    check_may_end(actor, row)
    if to.pk == row.account_id:
        raise BadInput("role.same", _("Choose somebody else."))
    if not Membership.objects.filter(account=to, organisation_id=who.house(actor)).exists():
        raise BadInput("role.stranger", _("This person has no role in your organisation: invite them."))
    _check_may_pass(actor, row, to)
    upper = row.period.upper
    if begins < clock.today() or begins < row.period.lower or (upper is not None and begins >= upper):
        raise BadInput("role.end", _("Choose a day on which the role still holds, today or later."))
    cases = _own_cases(actor, row)
    heir = Membership(
        account=to,
        organisation_id=row.organisation_id,
        team_id=row.team_id,
        professional=_professional_of(to, row.organisation_id),
        role=row.role,
        versant=row.versant,
        period=(begins, upper),
    )
    _write_end(row, begins)
    try:
        with transaction.atomic():
            heir.save()
    except IntegrityError as exc:
        raise Conflict("role.held", _("They hold this role here already at that time.")) from exc
    if heir.role in TEAM_ROLES:
        at = max(clock.now(), clock.at(begins, 0))
        for person in cases:
            grants.name_referent(person=person, membership=heir, since=at)
    audit.record(
        "role.handed_over", subject=row, to=str(heir.uid), begins=begins.isoformat(), cases=len(cases)
    )
    return heir


def _check_may_pass(actor: Actor, row: Membership, to: Account) -> None:
    """As for giving it, but that a coordination may be handed on while it is held."""
    if actor.role == Role.ADMINISTRATOR and row.role in TEAM_ROLES:
        raise ActionDenied("role.not_yours_to_give", _("This role is given by the team’s own coordination."))
    if row.role != Role.ADMINISTRATOR:
        invitations.check_may_give(actor, row.role, row.team, to.email)
    elif actor.account == to.pk:
        raise ActionDenied("role.oneself", _("Nobody gives a role to oneself: ask a colleague."))


def _own_cases(actor: Actor, row: Membership) -> list[Any]:
    from versants.core.models import Grant
    from versants.people.models import Person

    held = Grant.objects.filter(
        holder_kind="membership", holder_id=row.pk, because="referent", period__contains=clock.now()
    )
    return list(
        Person.objects.visible_to(actor).filter(team_id=actor.team or 0, pk__in=held.values("subject_id"))
    )


def _professional_of(account: Account, organisation_id: int) -> Any:
    held = (
        Membership.objects.filter(account=account, organisation_id=organisation_id)
        .exclude(professional=None)
        .select_related("professional")
        .first()
    )
    return held.professional if held else None
