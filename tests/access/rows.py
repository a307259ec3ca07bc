"""At least one row in every shielded table, for both teams, so that there is always something that could leak."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.ids import token_hash
from versants.core.models import ROLE_ENDED, Grant, Job, Message
from versants.core.periods import lasting, span
from versants.mobile import models as m
from versants.networks.models import StudyPiece, StudyRun
from versants.people import models as p
from versants.people.services import grants, naming


def fill_side(w, *, team, site, person, carer, interpreter, author, token, invited=None) -> SimpleNamespace:
    """Everything one team's work leaves behind: a request by link, a visit with two people, its record."""
    r = SimpleNamespace(team=team, person=person)
    now = clock.now()
    start = now - timedelta(hours=2)
    house = team.organisation
    r.household = p.Household.objects.create(team=team)
    naming.keep(person, {"name": "Zzcanari"})
    r.consent = p.Consent.objects.create(
        person=person, team=team, purpose="follow_up", period=span(now - timedelta(days=3), None), mode="oral"
    )
    r.absence = p.Absence.objects.create(
        organisation=house, professional=carer, held=lasting(now + timedelta(days=40), 60), kind="ill"
    )
    r.on_call = p.OnCall.objects.create(
        organisation=house, professional=carer, team=team, held=lasting(now, 600), phone="+32 000 00 00 09"
    )
    r.link = m.RequestLink.objects.create(
        site=site,
        organisation=site.organisation,
        team=team,
        token_hash=token_hash(token),
        period=span(now - timedelta(days=1), None),
    )
    key = vault.new_key()
    r.request = m.Request.objects.create(
        team=team,
        key=key,
        number=f"R-{team.pk}",
        channel="link",
        link=r.link,
        site=site,
        site_organisation_id=site.organisation_id,
        urgency="crisis",
        promised_at=now,
    )
    r.matter = m.RequestMatter.objects.create(
        request=r.request, team=team, key=key, categories=["addiction"], danger="now", agreement="agrees"
    )
    r.note = m.RequestNote(request=r.request, team=team, key=key)
    # Each side's own words: a team that reads its own must not look like one that reads its neighbour's.
    vault.write(r.note, "summary", "Zzcanari demande" if team.versant == "wallonie" else "Zzvoisine demande")
    r.note.save()
    r.request_person = m.RequestPerson.objects.create(request=r.request, person=person, team=team)
    r.request_language = m.RequestLanguage.objects.create(request=r.request, language_id="tir")
    r.event = m.RequestEvent.objects.create(request=r.request, code="received")
    r.step = m.EscalationStep.objects.create(request=r.request, kind="on_call", rank=1, due_at=now)
    r.draft = m.RequestDraft(link=r.link, key=key, cookie_hash=f"cookie-{team.pk}")
    vault.write(r.draft, "content", "Zzcanari brouillon")
    r.draft.save()
    r.need = m.Need.objects.create(request=r.request, team=team, kind="crisis")

    def visit(begin, state):
        return m.Visit.objects.create(
            need=r.need,
            request=r.request,
            team=team,
            kind="crisis",
            urgency="crisis",
            site=site,
            commune=site.commune,
            versant=site.versant,
            country=site.country,
            window=lasting(begin, 30),
            duration_min=60,
            held=lasting(begin, 60),
            state=state,
        )

    r.visit = visit(start, "done")
    r.missed = visit(start - timedelta(days=1), "missed")
    r.slot = m.Slot.objects.create(visit=r.visit, discipline="psychologist")
    r.slot_two = m.Slot.objects.create(visit=r.visit, discipline="interpreter", language_id="tir", rank=2)
    r.assignments = []
    places = [(r.visit, r.slot, carer), (r.visit, r.slot_two, interpreter)]
    if invited is not None:
        p.Consent.objects.create(
            person=person,
            team=team,
            purpose="cross_border",
            receiving_versant=invited.team.versant,
            period=span(now - timedelta(days=3), None),
            mode="oral",
        )
        for visit_ in (r.visit, r.missed):
            places.append(
                (visit_, m.Slot.objects.create(visit=visit_, discipline="psychologist", rank=3), invited)
            )
    for visit_, slot, professional in places:
        assignment = m.Assignment.objects.create(
            slot=slot, visit=visit_, professional=professional, held=visit_.held, state="done"
        )
        r.assignments.append(assignment)
        with acting(Actor.for_team(team)):
            grants.for_assignment(
                assignment_id=assignment.pk,
                visit_id=visit_.pk,
                owner=team,
                professional_id=professional.pk,
                discipline=slot.discipline,
                start=start,
                end=start + timedelta(hours=1),
                persons=[person],
            )
    # A visit long past: its grants have ended, the interpreter still finds it among their own.
    r.own_past = m.Assignment.objects.create(
        slot=m.Slot.objects.create(visit=r.missed, discipline="interpreter", language_id="tir", rank=4),
        visit=r.missed,
        professional=interpreter,
        held=r.missed.held,
        state="done",
        offer_token_hash=token_hash(f"offer-{team.pk}"),
    )
    r.record = m.Record.objects.create(
        visit=r.visit, team=team, kind="crisis", began_at=start, duration_min=60
    )
    r.record_person = m.RecordPerson.objects.create(record=r.record, person=person, team=team)
    r.addition = m.RecordAddition(record=r.record, team=team, key=key)
    vault.write(r.addition, "text", "Zzcanari ajout")
    r.addition.save()
    r.social_note = m.SocialNote(visit=r.visit, team=team, key=key)
    vault.write(r.social_note, "text", "Zzcanari social")
    r.social_note.save()
    r.clinical_note = m.ClinicalNote(visit=r.missed, team=team, key=key)
    vault.write(r.clinical_note, "text", "Zzcanari clinique")
    r.clinical_note.save()
    r.clinical_addition = m.ClinicalAddition(visit=r.missed, team=team, key=key)
    vault.write(r.clinical_addition, "text", "Zzcanari ajout clinique")
    r.clinical_addition.save()
    r.hours = m.ConfirmedHours.objects.create(
        assignment=r.assignments[0], professional=carer, organisation=house, began_at=start, minutes=60
    )
    r.follow_up = m.FollowUp.objects.create(
        visit=r.visit, person=person, team=team, step="call_back", due_on=clock.today()
    )
    r.attempt = m.Attempt.objects.create(visit=r.missed, team=team, reason="nobody_came")
    r.staff_time = m.StaffTime.objects.create(
        professional=carer, organisation=house, day=clock.today(), kind="travel", minutes=40
    )
    planner = w.coordinator if team == w.walloon else w.french_coordinator
    r.move = m.BoardMove.objects.create(team=team, membership_id=planner.pk, kind="release")
    r.plan = m.PlanProposal.objects.create(team=team, day=clock.today())
    r.piece = m.PlanPiece.objects.create(team=team, order=b"{}", seconds=1)
    r.fact = m.InterventionFact.objects.create(
        day=clock.today(),
        semester="2026-2",
        team=team,
        versant=team.versant,
        commune=site.commune,
        kind="crisis",
        mode="on_site",
        imported=f"import-{team.pk}",
    )
    r.total = m.FactTotal.objects.filter(versant=team.versant, detail="").order_by("pk").last()
    r.imported = p.Import.objects.create(
        kind="professionals", organisation=house, team=team, key=key, file_hash="0" * 64, state="previewed"
    )
    r.study = StudyRun.objects.create(organisation=house, name="Étude de Courtrai", question={})
    r.study_piece = StudyPiece.objects.create(organisation=house, run=r.study.uid, order=b"{}")
    r.contact = p.SiteContact.objects.create(site=site, team=team, email="accueil@example.org")
    r.unmet = m.UnmetNeed.objects.create(
        day=clock.today(),
        semester="2026-2",
        team=team,
        versant=team.versant,
        urgency="crisis",
        origin="refused",
        reason="no_interpreter",
        part_of_day="night",
    )
    giver = w.coordinator if team == w.walloon else w.french_coordinator
    r.invitation = p.Invitation.objects.create(
        organisation=house,
        team=team,
        email=f"nouveau-{team.pk}@example.org",
        name="Nouvelle Venue",
        role="practitioner",
        versant=team.versant,
        period=(clock.today(), None),
        token_hash=token_hash(f"invited-{team.pk}"),
        invited_by=giver.pk,
        expires_at=now + timedelta(days=7),
    )
    lost, second = (w.practitioner, w.dpo) if team == w.walloon else (w.french_clinician, w.desk)
    r.recovery = p.Recovery.objects.create(
        organisation=house,
        account=lost.account,
        reason="factor",
        first=giver,
        first_account=giver.account,
        second=second,
        second_account=second.account,
        confirmed_at=now,
        expires_at=now + timedelta(days=1),
        token_hash=token_hash(f"back-{team.pk}"),
    )
    r.demand = p.AuthorityDemand.objects.create(
        organisation=house,
        received_on=clock.today(),
        asker="police",
        country="BE",
        ground="none",
        asked="whereabouts",
        written_by=w.dpo,
    )
    r.demand_answer = p.DemandAnswer.objects.create(
        demand=r.demand,
        organisation=house,
        answered_on=clock.today(),
        answer="refused",
        written_by=w.dpo,
    )
    r.role = w.practitioner if team == w.walloon else w.french_clinician
    # Refused because the role had ended: whoever asked is told under the role they have now.
    r.job = Job.objects.create(
        kind="export",
        membership_id=w.site_manager.pk,
        account_id=w.requester.account_id,
        team_id=team.pk,
        error_code=ROLE_ENDED,
    )
    r.message = Message.objects.create(
        team_id=team.pk,
        channel="email",
        address="x@example.org",
        language="fr",
        body="Bonjour",
        about="offer.made",
    )
    with acting(Actor.for_membership(author)):
        from versants.core import audit

        audit.record("person.read", subject=person, person_code=person.code)
    glass = Grant.objects.create(
        subject_kind="person",
        subject_id=person.pk,
        holder_kind="membership",
        holder_id=author.pk,
        data_class="identity",
        period=span(now - timedelta(days=2), now - timedelta(days=1)),
        because="break_glass",
        given_by_team=team.pk,
    )
    r.opening = p.IdentityOpening.objects.create(
        person=person, team=team, grant=glass, opened_by=author.pk, reason="call"
    )
    r.private_note = p.PrivateNote(
        person=person, team=team, author=(w.clinician if team == w.walloon else author).pk, key=person.key
    )
    vault.write(r.private_note, "text", "Zzprivee")
    r.private_note.save()
    other = w.french if team == w.walloon else w.walloon
    if invited is not None:
        r.grant = Grant.objects.create(
            subject_kind="request",
            subject_id=r.request.pk,
            holder_kind="team",
            holder_id=other.pk,
            data_class="social",
            period=span(now - timedelta(days=1), None),
            because="passed",
            given_by_team=team.pk,
        )
    return r


def fill(w) -> None:
    """Both sides; Nadège is invited from the French team, under the person's consent."""
    w.be = fill_side(
        w,
        team=w.walloon,
        site=w.refuge,
        person=w.person,
        carer=w.elise,
        interpreter=w.selam,
        author=w.coordinator,
        token="token-of-le-refuge-00",
        invited=w.nadege,
    )
    w.fr = fill_side(
        w,
        team=w.french,
        site=w.cada,
        person=w.french_person,
        carer=w.thomas,
        interpreter=w.hiwot,
        author=w.french_coordinator,
        token="token-of-the-cada-0000",
    )


def readers(w) -> dict[str, Actor]:
    """Every kind of actor: each membership, the link with one request, the phone with its draft, nobody."""
    found = {name: Actor.for_membership(member) for name, member in w.members.items()}
    found["link"] = Actor(
        kind="link", link=w.be.link.pk, token=w.be.link.token_hash, request=str(w.be.request.uid)
    )
    found["link_only"] = Actor(kind="link", link=w.be.link.pk, token=w.be.link.token_hash)
    found["phone"] = Actor(kind="link", link=w.be.link.pk, phone=w.be.draft.cookie_hash)
    found["offer"] = Actor(kind="link", token=w.be.own_past.offer_token_hash)
    found["invited"] = Actor(kind="link", token=w.be.invitation.token_hash)
    found["coming_back"] = Actor(kind="link", token=w.be.recovery.token_hash)
    found["nobody"] = Actor.nobody()
    found["team_job"] = Actor.for_team(w.walloon)
    return found
