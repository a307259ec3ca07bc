from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Busy times across organisations: who and when, never why or where. Runs as the tables' owner on purpose. The span is
# asked so that the index of beginnings serves: that of ranges reads forty pages for each professional.
BUSY = """
CREATE OR REPLACE FUNCTION app.busy(professionals bigint[], span tstzrange)
RETURNS TABLE (professional_id bigint, held tstzrange) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS
$$ SELECT a.professional_id, a.held FROM mobile_assignment a
   WHERE a.professional_id = ANY(professionals) AND NOT isempty(a.held * span)
     AND a.state IN ('offered', 'accepted', 'done') AND a.starts_at < upper(span)
     AND a.starts_at > lower(span) - interval '1 day'
   UNION ALL
   SELECT b.professional_id, b.held FROM people_absence b
   WHERE b.professional_id = ANY(professionals) AND b.held && span $$;
"""

# How everything stands that says who can go, and that the board shows, as sums: written anew, a row has another place or
# another writer. ``people``: of each of these professionals what they can and when they work; ``days``: of each what they
# do from one instant to another; ``visits``: of each of these visits all there is, with those who hold or held its places;
# ``before``: who was with the same persons before, of all asked; ``house``: teams, houses and what was loaded of places;
# ``everybody``: all who are there and what they speak, so that somebody new is noticed. Ids of rows and transactions
# only, summed up. The plan is made once a connection: with the rules of each table in it, planning takes longer than
# reading.
STANDS = """
CREATE OR REPLACE FUNCTION app.stands(professionals bigint[], visits bigint[], asked bigint[], span tstzrange)
RETURNS TABLE (part text, sums text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan AS
$$ BEGIN RETURN QUERY WITH linked AS (
     SELECT v.request_id AS id FROM mobile_visit v WHERE v.id = ANY(asked)
     UNION SELECT theirs.request_id FROM mobile_visit v JOIN mobile_requestperson mine ON mine.request_id = v.request_id
       JOIN mobile_requestperson theirs ON theirs.person_id = mine.person_id WHERE v.id = ANY(asked)
   ), rows AS (
     SELECT 'everybody' AS part, 0::bigint AS id, 1 AS k, p.ctid AS t, p.xmin::text::bigint AS x FROM people_professional p
     UNION ALL SELECT 'everybody', 0, 2, l.ctid, l.xmin::text::bigint FROM people_professionallanguage l
     UNION ALL SELECT 'house', 0, 3, t.ctid, t.xmin::text::bigint FROM people_team t
     UNION ALL SELECT 'house', 0, 4, o.ctid, o.xmin::text::bigint FROM people_organisation o
     UNION ALL SELECT 'house', 0, 5, s.ctid, s.xmin::text::bigint FROM territory_source s
     UNION ALL SELECT 'people', p.id, 1, p.ctid, hashtidextended(c.ctid, c.xmin::text::bigint) # p.xmin::text::bigint
       FROM people_professional p JOIN territory_commune c ON c.uid = p.base_id WHERE p.id = ANY(professionals)
     UNION ALL SELECT 'people', l.professional_id, 2, l.ctid, l.xmin::text::bigint
       FROM people_professionallanguage l WHERE l.professional_id = ANY(professionals)
     UNION ALL SELECT 'people', m.professional_id, 3, m.ctid, m.xmin::text::bigint
       FROM people_mandate m WHERE m.professional_id = ANY(professionals)
     UNION ALL SELECT 'people', w.professional_id, 4, w.ctid, w.xmin::text::bigint
       FROM people_weeklyshift w WHERE w.professional_id = ANY(professionals)
     UNION ALL SELECT 'people', o.professional_id, 5, o.ctid, o.xmin::text::bigint
       FROM people_oncall o WHERE o.professional_id = ANY(professionals)
     UNION ALL SELECT 'days', b.professional_id, 6, b.ctid, b.xmin::text::bigint
       FROM people_absence b WHERE b.professional_id = ANY(professionals)
     UNION ALL SELECT 'days', a.professional_id, 7, a.ctid,
         coalesce(hashtidextended(v.ctid, v.xmin::text::bigint), 0) # a.xmin::text::bigint
       FROM mobile_assignment a LEFT JOIN mobile_visit v ON v.id = a.visit_id  -- a visit is seen by some only
       WHERE a.professional_id = ANY(professionals) AND a.starts_at < upper(span)
         AND a.starts_at > lower(span) - interval '1 day'
     UNION ALL SELECT 'visits', v.id, 8, v.ctid, hashtidextended(c.ctid, c.xmin::text::bigint) # v.xmin::text::bigint
       FROM mobile_visit v JOIN territory_commune c ON c.uid = v.commune_id WHERE v.id = ANY(visits)
     UNION ALL SELECT 'visits', s.visit_id, 9, s.ctid, s.xmin::text::bigint
       FROM mobile_slot s WHERE s.visit_id = ANY(visits)
     UNION ALL SELECT 'visits', a.visit_id, 10, a.ctid, a.xmin::text::bigint # coalesce((
         SELECT hashtidextended(p.ctid, p.xmin::text::bigint) FROM people_professional p WHERE p.id = a.professional_id
       ), 0)
       FROM mobile_assignment a WHERE a.visit_id = ANY(visits)  -- joined, everybody would be read for each place
     UNION ALL SELECT 'visits', v.id, 11, s.ctid, s.xmin::text::bigint
       FROM mobile_visit v JOIN people_site s ON s.id = v.site_id WHERE v.id = ANY(visits)
     UNION ALL SELECT 'before', 0, 12, r.ctid, r.xmin::text::bigint
       FROM mobile_requestperson r JOIN linked ON linked.id = r.request_id
     UNION ALL SELECT 'before', 0, CASE WHEN a.starts_at < app.now() THEN 13 ELSE 14 END, a.ctid, a.xmin::text::bigint
       FROM linked JOIN mobile_visit v ON v.request_id = linked.id JOIN mobile_assignment a ON a.visit_id = v.id
     UNION ALL SELECT 'before', 0, CASE WHEN g.period @> app.now() THEN 15 ELSE 16 END, g.ctid, g.xmin::text::bigint
       FROM core_grant g JOIN linked ON g.subject_kind = 'request' AND g.subject_id = linked.id
   )
   SELECT e.part, string_agg(e.id || ':' || e.n || ':' || e.s, ' ' ORDER BY e.id)
   FROM (SELECT r.part, r.id, count(*) AS n, sum(hashtidextended(r.t, r.x # (r.k::bigint << 40))) AS s
         FROM rows r GROUP BY r.part, r.id) AS e GROUP BY e.part;
   END $$;
"""

# The visits in which people of these teams hold a place from one instant to another. Their rows are read under the rules
# of the reader: here they would be asked of every place, and planning that takes longer than reading.
LENT = """
CREATE OR REPLACE FUNCTION app.lent(teams bigint[], low timestamptz, high timestamptz)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan AS
$$ BEGIN RETURN QUERY SELECT a.visit_id FROM people_professional p JOIN mobile_assignment a ON a.professional_id = p.id
     WHERE p.team_id = ANY(teams) AND a.state IN ('offered', 'accepted', 'done')
       AND a.starts_at < high AND a.starts_at > low - interval '1 day' AND upper(a.held) > low;
   END $$;
"""

# The next number of a year. Creators wait for each other until they commit: no gap, no number twice. Five digits, more
# from the hundred thousandth on. A year without a counter goes on after the numbers that are there.
REQUEST_NUMBER = """
CREATE OR REPLACE FUNCTION app.request_number(year int) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public AS $$
DECLARE n text;
BEGIN
  LOOP
    UPDATE mobile_requestcounter c SET last = c.last + 1 WHERE c.year = $1 RETURNING c.last::text INTO n;
    EXIT WHEN FOUND;
    INSERT INTO mobile_requestcounter (year, last)
      SELECT $1, coalesce(max(substr(number, 8)::int), 0) FROM mobile_request
      WHERE number ~ ('^R-' || $1 || '-[0-9]{5,9}$')
    ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN 'R-' || $1 || '-' || lpad(n, greatest(5, length(n)), '0');
END $$;
"""

# Drafts that nobody sent within a day go, with the keys that sealed them. It reads nothing and takes no argument.
FORGET_DRAFTS = """
CREATE OR REPLACE FUNCTION app.forget_drafts() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public AS $$
DECLARE n int;
BEGIN
  WITH old AS (DELETE FROM mobile_requestdraft WHERE saved_at < app.now() - interval '24 hours' RETURNING key_id)
  UPDATE core_datakey SET wrapped = NULL, wrapped_by = NULL, destroyed_at = app.now() WHERE id IN (SELECT key_id FROM old);
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
"""

# How many of these persons are met for the first time: a number, whichever teams met them. Two records signed at the
# same moment for the same person wait for each other, so that she counts once.
FIRST_CONTACTS = """
CREATE OR REPLACE FUNCTION app.first_contacts(persons bigint[], but_record bigint) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE
  one bigint;
  n int := 0;
BEGIN
  FOR one IN SELECT DISTINCT p FROM unnest(persons) AS p ORDER BY p LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('mobile.first_contact.' || one, 0));
    IF NOT EXISTS (SELECT 1 FROM mobile_recordperson rp JOIN mobile_record r ON r.id = rp.record_id
                   WHERE rp.person_id = one AND r.state = 'signed' AND r.id <> but_record) THEN
      n := n + 1;
    END IF;
  END LOOP;
  RETURN n;
END $$;
"""

# How many visits to come somebody is placed on, for whoever ends the role: a number, of the own organisation only.
OPEN_VISITS = """
CREATE OR REPLACE FUNCTION app.open_visits(which bigint) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS
$$ SELECT count(*)::int FROM mobile_assignment a JOIN people_membership m ON m.professional_id = a.professional_id
   WHERE m.id = which AND m.organisation_id = app.organisation() AND app.role() IN ('coordinator', 'administrator')
     AND a.state IN ('offered', 'accepted') AND upper(a.held) > app.now() $$;
"""

# One row of the sums of facts where many have come together. Rows that come meanwhile stay for the next time, and two
# who fold at once each fold what the other has not: no sum changes.
FOLD_FACT_TOTALS = """
CREATE OR REPLACE FUNCTION app.fold_fact_totals() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public AS $$
DECLARE n int;
BEGIN
  WITH many AS (SELECT month, versant, detail, value FROM mobile_facttotal GROUP BY 1, 2, 3, 4 HAVING count(*) > 1),
  gone AS (DELETE FROM mobile_facttotal t USING many m
           WHERE (t.month, t.versant, t.detail, t.value) = (m.month, m.versant, m.detail, m.value) RETURNING t.*)
  INSERT INTO mobile_facttotal (month, versant, detail, value, delivered, attempted, n_persons, n_first_contacts,
                                n_professionals, minutes)
  SELECT month, versant, detail, value, sum(delivered), sum(attempted), sum(n_persons), sum(n_first_contacts),
         sum(n_professionals), sum(minutes) FROM gone GROUP BY 1, 2, 3, 4;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
"""


class MobileConfig(AppConfig):
    name = "versants.mobile"
    label = "mobile"

    def ready(self) -> None:
        from versants.mobile.pages import declare_all

        declare_all()
        from versants.core import ending
        from versants.core.access.install import owners_alone, register_sql
        from versants.core.access.shield import leave_open

        register_sql(BUSY)
        register_sql(STANDS)
        register_sql(LENT)
        register_sql(REQUEST_NUMBER)
        register_sql(FORGET_DRAFTS)
        register_sql(FIRST_CONTACTS)
        register_sql(OPEN_VISITS)
        register_sql(FOLD_FACT_TOTALS)
        ending.noted("link", "mobile_requestlink", "revoked_at")
        leave_open("mobile_figuredefinition", "what counts is public")
        leave_open("mobile_requestcounter", "a number a year; the application's role may not touch it")
        owners_alone("mobile_requestcounter")
        self._register_keys()
        from versants.mobile.services import importing

        importing.load()
        self._register_inbox()
        self._register_planning()
        self._register_follow_up()

    def _register_keys(self) -> None:
        """What keys from before still need, and what goes when a person is erased."""
        from versants.core.crypto.holders import KeyChore, chores
        from versants.core.erasure import ErasureSource, sources
        from versants.mobile.services import keys

        sources.add(ErasureSource("mobile", keys.keys_of_person))
        chores.add(
            KeyChore(
                "mobile.part",
                "clinical notes under another key",
                keys.part_clinical,
                keys.clinical_together,
                order=30,
            )
        )
        chores.add(
            KeyChore(
                "mobile.assign",
                "keys of requests that do not say whose they are",
                keys.assign_requests,
                keys.requests_unassigned,
                order=40,
            )
        )

    def _register_inbox(self) -> None:
        """The first word of the masthead for those who answer; the links by which centres ask."""
        from versants.core.access.classes import Role
        from versants.core.registries import NavEntry, nav
        from versants.core.web.audit import name_actions
        from versants.mobile.services.inbox import READERS

        nav.add(NavEntry("requests", _("Requests"), "inbox", roles=READERS, order=10, icon="list"))
        managers = frozenset({Role.SITE_MANAGER, Role.COORDINATOR})
        nav.add(NavEntry("links", _("Links"), "links", roles=managers, order=70, icon="place", pocket=True))
        name_actions(
            {
                "link.created": _("link of a place made"),
                "link.revoked": _("link of a place cut"),
                "link.sent": _("link of a place sent to it"),
                "request.accepted": _("request accepted"),
                "request.asked_back": _("question put to the one who asked"),
                "request.called_back": _("one who asked was called back"),
                "request.closed": _("request closed"),
                "request.completed": _("request completed"),
                "request.no_answer": _("one who asked told that nobody answered in time"),
                "request.on_call_told": _("watch told"),
                "request.on_call_nobody": _("nobody of the watch to tell"),
                "request.coordinator_told": _("coordination told"),
                "request.coordinator_nobody": _("nobody of the coordination to tell"),
                "request.other_team_told": _("other team told"),
                "request.other_team_nobody": _("no other team to tell"),
                "request.passed": _("request passed to another team"),
                "request.read": _("words of a request read"),
                "request.received": _("request received"),
                "request.refused": _("request refused"),
                "request.withdrawn": _("request withdrawn"),
                "requests.exported": _("list of requests exported"),
            }
        )

    def _register_planning(self) -> None:
        """The board, one's own day, and what planning writes down."""
        from versants.core.access.classes import COORDINATING_ROLES, TEAM_ROLES
        from versants.core.registries import DemandSource, NavEntry, OpenWork, demands, nav, open_work
        from versants.core.web.audit import name_actions, name_reasons
        from versants.core.web.jobs import name_job
        from versants.mobile.enums import AttemptReason, RefusalReason
        from versants.mobile.pages import FIELD
        from versants.mobile.services.changing import CANCEL_REASONS
        from versants.mobile.services.facts import language_demands, language_speakers, language_ways
        from versants.mobile.services.holding import open_visits
        from versants.mobile.services.offers import DECLINE_REASONS

        name_reasons("request.refused", dict(RefusalReason.choices))
        name_reasons("visit.cancelled", CANCEL_REASONS)
        name_reasons("visit.attempted", dict(AttemptReason.choices))
        name_reasons("offer.declined", dict(DECLINE_REASONS))
        demands.add(DemandSource("mobile", language_demands, language_ways, language_speakers))
        open_work.add(OpenWork("visits", _("visits to come"), open_visits, order=20))
        nav.add(NavEntry("today", _("Today"), "today", roles=FIELD, order=5, icon="day", pocket=True))
        readers = COORDINATING_ROLES | TEAM_ROLES
        nav.add(NavEntry("board", _("Board"), "board", roles=readers, order=20, icon="day"))
        name_job("plan_day", _("Planning the day"))
        name_actions(
            {
                "need.planned": _("visit set down from a request"),
                "visit.assigned": _("team placed on a visit"),
                "visit.cancelled": _("visit cancelled"),
                "visit.moved": _("visit moved"),
                "visit.reopened": _("visit without a team again"),
                "offer.made": _("offer made"),
                "offer.accepted": _("offer accepted"),
                "offer.declined": _("offer declined"),
                "offer.lapsed": _("offer not answered in time"),
                "offer.confirmed_on_site": _("confirmed, there already"),
                "plan.proposed": _("plan of a day proposed"),
                "plan.applied": _("plan of a day applied"),
                "plan.discarded": _("plan of a day thrown away"),
                "plan.stale": _("plan of a day overtaken"),
                "move.undone": _("own last step on the board undone"),
            }
        )

    def _register_follow_up(self) -> None:
        """What a person's file and the masthead take from records."""
        from versants.core.access.classes import TEAM_ROLES
        from versants.core.registries import NavEntry, TimelineSource, nav, timeline
        from versants.core.web.audit import name_actions
        from versants.mobile import timeline as own

        name_actions(
            {
                "follow_up.done": _("next step done"),
                "follow_up.reopened": _("next step open again"),
                "hours.confirmed": _("hours of a visit confirmed"),
                "record.added": _("addition to a record"),
                "record.read": _("record read"),
                "record.signed": _("record signed"),
                "times.kept": _("hours of the day kept"),
                "visit.attempted": _("visit in vain written down"),
            }
        )
        nav.add(
            NavEntry(
                "follow_up", _("Follow-up"), "follow_up", roles=TEAM_ROLES, order=45, icon="list", pocket=True
            )
        )
        timeline.add(TimelineSource("requests", own.requests, order=20))
        timeline.add(TimelineSource("visits", own.visits, order=30))
        timeline.add(TimelineSource("follow_ups", own.follow_ups, order=40))
