"""Three years of requests, visits, records, rights and events, written as lines of text day by day.

Nothing is kept of what is written but who is followed and which series go on, so that memory does not grow with the
visits. Everything is drawn from one generator: the same world, size and seed give the same rows, keys and sealed
bytes apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.demo import cases, texts
from versants.demo.large.asking import URGENCY, Asking, Day, Key, Round, Story
from versants.demo.large.crowd import DAYS_BACK, DAYS_ON, SECOND_CARER, TURNS, Crew, Crowd, Hand
from versants.demo.large.pages import NULL, as_json, raw
from versants.demo.world import World
from versants.mobile.enums import PartOfDay
from versants.mobile.services.facts import UNMET_ATTEMPTS, semester_of
from versants.mobile.services.records import STOOD_READY
from versants.territory import calendars

GRANTS = 3  # per visit
CHUNK = 10_000  # visits between two COPYs
STARTS = ("09:00", "11:00", "13:30", "15:30")
ENDS = {60: ("10:00", "12:00", "14:30", "16:30"), 90: ("10:30", "12:30", "15:00", "17:00")}
STEPS = ("new_visit", "call_back", "doctor", "service", "papers", "talk_to_centre")
DONE = {
    "follow_up": "{listening,stabilising}",
    "assessment": "{assessing,listening}",
    "crisis": "{listening,stabilising}",
    "mediation": "{informing,mediating}",
    "referral": "{orienting}",
}
MISSED = ("nobody_came", "nobody_came", "refused", "moved_away", "team_prevented")


class Mass(Asking):
    """All rows of ``visits`` visits. ``chunks`` yields text for COPY by table."""

    def __init__(self, world: World, crowd: Crowd, visits: int, first: dict[str, int], seed: str) -> None:
        super().__init__(world, crowd, visits, first, seed)
        self.crowd = crowd
        self.rounds = [
            self._round(crew, total) for crew, total in zip(crowd.crews, self._totals(), strict=True)
        ]

    # -- how much, when -----------------------------------------------------------------------------------------------

    def _totals(self) -> list[int]:
        """How many visits each crew makes: their sum is what was asked for."""
        found = [int(crew.share * self.visits) for crew in self.crowd.crews]
        found[0] += self.visits - sum(found)
        return found

    def _round(self, crew: Crew, total: int) -> Round:
        days: dict[date, float] = {}
        for n in range(-DAYS_BACK, DAYS_ON + 1):
            day = self.today + timedelta(days=n)
            if day.weekday() < 5 and not calendars.is_holiday(day, crew.country):
                # Growing over the years; what is to come is planned less the farther it is.
                days[day] = 1.0 + 0.4 * n / DAYS_BACK if n <= 0 else max(0.1, 1.0 - n / DAYS_ON)
        whole = sum(days.values())
        return Round(crew, total, {day: weight / whole for day, weight in days.items()})

    def _day(self, day: date) -> Day:
        offset = clock.at(day, 12).strftime("%z")
        text = day.isoformat()
        held = {
            minutes: tuple(
                f'["{text} {start}:00{offset}","{text} {end}:00{offset}")'
                for start, end in zip(STARTS, ends, strict=True)
            )
            for minutes, ends in ENDS.items()
        }
        before, after = day - timedelta(days=7), day + timedelta(days=7)
        given = min(day - timedelta(days=6), self.today - timedelta(days=1))
        return Day(
            day=day,
            text=text,
            offset=offset,
            past=day < self.today,
            semester=semester_of(day),
            old=day < self.today - timedelta(days=30),
            held=held,
            rights=f'["{given} 10:00:00{offset}","{after} 17:00:00{offset}")',
            around=f'["{before} 09:00:00{offset}","{after} 17:00:00{offset}")',
            signed=f"{text} 18:{day.day + 10}:00{offset}",
        )

    def chunks(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(visits so far, text by table), until all are written."""
        written = 0
        for n in range(-DAYS_BACK, DAYS_ON + 1):
            when = self._day(self.today + timedelta(days=n))
            busy: dict[tuple[str, int], int] = defaultdict(int)
            for number, one in enumerate(self.rounds):
                share = one.days.get(when.day)
                if share is not None:
                    self._work(one, when, share, busy, number)
            if self.made - written >= CHUNK:
                written = self.made
                yield self.made, self.pages.take()
        for one in self.rounds:
            for stories in one.due.values():
                for story in stories:
                    self._request(one.crew, story, open_still=True)
        yield self.made, self.pages.take()

    # -- one crew's day -------------------------------------------------------------------------------------------------

    def _work(
        self, one: Round, when: Day, share: float, busy: dict[tuple[str, int], int], number: int
    ) -> None:
        one.weight += share
        last = when.day == max(one.days)
        n = one.total - one.done if last else round(one.weight * one.total) - one.done
        crew, rng = one.crew, self.rng
        turn = [0] * TURNS
        shift = when.day.toordinal() * 3
        waiting = one.due.pop(when.day, [])
        most = len(crew.carers)
        for k in range(n):
            story = waiting.pop() if waiting else self._story(one, when)
            slot = (k + number) % TURNS
            if turn[slot] >= most:
                slot = min(range(TURNS), key=lambda s: turn[s])
            hands = [crew.carers[(shift + turn[slot]) % most]]
            turn[slot] += 1
            if turn[slot] < most and rng.random() < SECOND_CARER:
                hands.append(crew.carers[(shift + turn[slot]) % most])
                turn[slot] += 1
            if story.language:
                pool = self.crowd.interpreters[story.language]
                taken = busy[(story.language, slot)]
                if taken < len(pool):
                    busy[(story.language, slot)] = taken + 1
                    hands.append(pool[(shift + taken) % len(pool)])
            self._visit(crew, story, when, slot, hands)
            one.done += 1
            self.made += 1
            if story.left:
                following = when.day + timedelta(days=7)
                while following not in one.days and following < self.today + timedelta(days=DAYS_ON + 14):
                    following += timedelta(days=1)
                one.due[following].append(story)
            else:
                self._request(crew, story, open_still=False)
        if waiting:  # more than the day holds: the next one begins with them
            following = when.day + timedelta(days=1)
            while following not in one.days and following < self.today + timedelta(days=DAYS_ON + 14):
                following += timedelta(days=1)
            one.due[following].extend(waiting)
        if n and rng.random() < 0.03 * n:
            self._refusal(one, when)

    def _visit(self, crew: Crew, story: Story, when: Day, slot: int, hands: list[Hand]) -> None:
        pages, rng, lines = self.pages, self.rng, self.pages.lines
        story.left -= 1
        story.rank += 1
        story.last = when.day
        if not story.first[0]:
            story.first = (when.text, when.offset)
        visit, uid = pages.number("mobile_visit"), pages.uid()
        held = when.held[story.minutes][slot]
        interpreter = hands[-1] if hands[-1].trade == "interpreter" else None
        outcome = "planned"
        attempt = ""
        if when.past:
            chance = rng.random()
            outcome = "done" if chance < 0.915 else "missed" if chance < 0.975 else "cancelled"
            if outcome == "missed":
                attempt = rng.choice(MISSED)
        elif story.language and interpreter is None:
            outcome = "open"
            story.lacking = True
        state = {
            "done": "done",
            "planned": "accepted",
            "open": "accepted",
            "cancelled": "released",
            "missed": "done" if attempt in STOOD_READY else "released",
        }[outcome]
        site, _house, commune, versant, country = story.site
        start = f"{when.text} {STARTS[slot]}:00{when.offset}"
        lines["mobile_visit"].append(
            f"{visit}\t{uid}\t{story.need}\t{story.request}\t{crew.team}\t{story.kind}\t"
            f"{URGENCY.get(story.kind, 'planned')}\t{site}\t{commune}\t{versant}\t{country}\t{story.mode}\t\t"
            f"{cases.COMPLEXITY[story.kind]}\t{held}\t{story.minutes}\t{held}\t{outcome}\t0\t{story.rank}\t"
            f"{'requester' if outcome == 'cancelled' else ''}\t{3 if when.past else 2}\t{story.answered}"
        )
        seats = self._seats(crew, story, when, visit, hands, held, state, outcome)
        self._rights(crew, story, when, visit, seats)
        author = hands[0]
        if outcome == "done":
            self._record(crew, story, when, visit, author, interpreter, start, seats)
        elif outcome == "missed":
            pk = pages.number("mobile_attempt")
            lines["mobile_attempt"].append(
                f"{pk}\t{visit}\t{crew.team}\t{attempt}\t{author.membership}\t{start}"
            )
            self._fact(crew, story, when, start, interpreter, delivered=False)
            if attempt in UNMET_ATTEMPTS:
                self._unmet(
                    crew, when, versant, commune, story.language, URGENCY.get(story.kind, "planned"),
                    "attempt", attempt, "morning" if slot < 2 else "afternoon",
                )  # fmt: skip
        self._events(crew, story, when, uid, author, outcome)

    def _seats(
        self,
        crew: Crew,
        story: Story,
        when: Day,
        visit: int,
        hands: list[Hand],
        held: str,
        state: str,
        outcome: str,
    ) -> list[tuple[int, Hand]]:
        pages, lines = self.pages, self.pages.lines
        found = []
        for rank, hand in enumerate(hands, 1):
            slot, seat = pages.number("mobile_slot"), pages.number("mobile_assignment")
            language = story.language if hand.trade == "interpreter" else NULL
            lines["mobile_slot"].append(
                f"{slot}\t{pages.uid()}\t{visit}\t{rank}\t{hand.trade}\t{language}\t{{}}\t4\t\tf\t\t{NULL}\t{NULL}"
            )
            lines["mobile_assignment"].append(
                f"{seat}\t{pages.uid()}\t{slot}\t{visit}\t{hand.pk}\t{held}\t{15 + seat % 5 * 5}\t{state}\t{NULL}\t"
                f"{story.answered}\t\t{story.answered}"
            )
            found.append((seat, hand))
        if outcome == "open":
            slot = pages.number("mobile_slot")
            lines["mobile_slot"].append(
                f"{slot}\t{pages.uid()}\t{visit}\t{len(hands) + 1}\tinterpreter\t{story.language}\t{{}}\t4\t\tf\t\t"
                f"{NULL}\t{NULL}"
            )
        return found

    def _rights(self, crew: Crew, story: Story, when: Day, visit: int, seats: list[tuple[int, Hand]]) -> None:
        """What people.services.grants gives for an assignment; of those long ended, what was pruned is not there:
        the identity and the record of the one who wrote it, the logistics of the interpreter."""
        for rank, (seat, hand) in enumerate(seats):
            if when.old and rank and hand.trade != "interpreter":
                if self.pages.n("core_grant") < GRANTS * self.made:
                    self._grant(crew, when, "visit", visit, hand, DataClass.SOCIAL, seat)
                continue
            if not when.old or hand.trade == "interpreter":
                self._grant(crew, when, "visit", visit, hand, DataClass.LOGISTIC, seat)
            if hand.cares:
                self._grant(crew, when, "visit", visit, hand, DataClass.SOCIAL, seat)
                if hand.clinical and not when.old:
                    self._grant(crew, when, "visit", visit, hand, DataClass.CLINICAL, seat)
            for person in story.people:
                if not when.old:
                    self._grant(crew, when, "person", person.pk, hand, DataClass.LOGISTIC, seat)
                if hand.cares:
                    self._grant(crew, when, "person", person.pk, hand, DataClass.IDENTITY, seat)

    def _grant(
        self, crew: Crew, when: Day, kind: str, subject: int, hand: Hand, data_class: str, seat: int
    ) -> None:
        pk = self.pages.number("core_grant")
        period = when.around if data_class == DataClass.IDENTITY else when.rights
        self.pages.lines["core_grant"].append(
            f"{pk}\t{kind}\t{subject}\tmembership\t{hand.membership}\t{data_class}\t{period}\tassignment\t{seat}\t"
            f"{NULL}\t{crew.team}\t{period[2 : period.index(',') - 1]}"
        )

    def _record(
        self,
        crew: Crew,
        story: Story,
        when: Day,
        visit: int,
        author: Hand,
        interpreter: Hand | None,
        start: str,
        seats: list[tuple[int, Hand]],
    ) -> None:
        pages, rng, lines = self.pages, self.rng, self.pages.lines
        signed = self.today - when.day > timedelta(days=3) or rng.random() < 0.7
        record = pages.number("mobile_record")
        minutes = story.minutes + (visit % 4) * 5 - 5
        step = STEPS[visit % 6] if visit % 5 < 2 else ""
        due = when.day + timedelta(days=7)
        steps = as_json([{"step": step, "due_on": due.isoformat()}]) if step else "[]"
        signature = f"{when.signed}\t{author.membership}" if signed else f"{NULL}\t{NULL}"
        lines["mobile_record"].append(
            f"{record}\t{pages.uid()}\t{visit}\t{crew.team}\t{story.kind}\t{story.mode}\t"
            f"{'signed' if signed else 'draft'}\t{start}\t{minutes}\t{len(story.people)}\t{visit % 7 // 6}\t"
            f"{DONE[story.kind]}\t{'t' if interpreter else 'f'}\t{steps}\t{author.membership}\t{when.signed}\t"
            f"{signature}\t{3 if signed else 2}"
        )
        for person in story.people:
            pk = pages.number("mobile_recordperson")
            lines["mobile_recordperson"].append(f"{pk}\t{record}\t{person.pk}\t{crew.team}")
        key = story.people[0].key if len(story.people) == 1 else story.key
        self._note("mobile_socialnote", texts.SOCIAL_NOTES[crew.language], crew, key, visit, when)
        if author.clinical and visit % 10 < 7:
            self._note("mobile_clinicalnote", texts.CLINICAL_NOTES[crew.language], crew, key, visit, when)
        if not signed:
            return
        first = sum(not person.met for person in story.people)
        for person in story.people:
            person.met = True
        self._fact(
            crew,
            story,
            when,
            start,
            interpreter,
            delivered=True,
            minutes=minutes,
            first=first,
            supported=visit % 7 // 6,
        )
        if step:
            pk = pages.number("mobile_followup")
            over = due < self.today - timedelta(days=14) or visit % 3 == 0
            done = f"{min(due, self.today - timedelta(days=1))} 15:00:00{when.offset}"
            person_pk = story.people[0].pk if len(story.people) == 1 else NULL
            lines["mobile_followup"].append(
                f"{pk}\t{pages.uid()}\t{visit}\t{person_pk}\t{crew.team}\t{step}\t{due}\t{author.pk}\t"
                f"{done if over else NULL}\t{when.signed}"
            )
        if interpreter is not None:
            pk = pages.number("mobile_confirmedhours")
            lines["mobile_confirmedhours"].append(
                f"{pk}\t{seats[-1][0]}\t{interpreter.pk}\t{interpreter.organisation}\t{start}\t{minutes}\t"
                f"{15 + visit % 5 * 5}\t{when.signed}"
            )

    def _note(self, table: str, choice: tuple[str, ...], crew: Crew, key: Key, visit: int, when: Day) -> None:
        uid = self.pages.uid()
        pk = self.pages.number(table)
        sealed = key.seal(table, "text", uid, choice[visit % len(choice)])
        self.pages.lines[table].append(
            f"{pk}\t{uid}\t{crew.team}\t{key.pk}\t{visit}\t{raw(sealed)}\t{when.signed}"
        )

    def _fact(
        self,
        crew: Crew,
        story: Story,
        when: Day,
        start: str,
        interpreter: Hand | None,
        *,
        delivered: bool,
        minutes: int = 0,
        first: int = 0,
        supported: int = 0,
    ) -> None:
        pk = self.pages.number("mobile_interventionfact")
        _site, _house, commune, versant, _country = story.site
        how = ("on_site" if story.mode == "on_site" else "remote") if interpreter else "none"
        part = list(PartOfDay)[int(start[11:13]) // 6]
        counts = f"1\t0\t{len(story.people)}\t{first}\t{supported}\t{minutes}\t{how}"
        self.pages.lines["mobile_interventionfact"].append(
            f"{pk}\t{when.text}\t{when.semester}\t{crew.team}\t{versant}\t{commune}\t{story.kind}\t"
            f"{story.language or NULL}\t{story.mode}\t{counts if delivered else '0	1	0	0	0	0	'}\t{part}\t"
        )

    def _events(self, crew: Crew, story: Story, when: Day, uid: str, author: Hand, outcome: str) -> None:
        """Three of each visit: who was placed, what became of it, who read the file."""
        desk = (
            f"membership\t{crew.coordinator}\t{crew.account}\t{crew.organisation}\t{crew.team}\tcoordinator"
        )
        hand = f"membership\t{author.membership}\t{author.account}\t{author.organisation}\t{crew.team}\t{author.role}"
        after = {
            "done": "record.signed", "missed": "visit.attempted", "cancelled": "visit.cancelled",
        }.get(outcome, "offer.accepted")  # fmt: skip
        at = when.signed if when.past else story.answered
        person = story.people[0].code
        for moment, action, who, kind, code in (
            (story.answered, "visit.assigned", desk, "visit", ""),
            (at, after, hand, "visit", ""),
            (at, "person.read", hand, "person", person),
        ):
            pk = self.pages.number("core_auditevent")
            subject = uid if kind == "visit" else story.people[0].code
            self.pages.lines["core_auditevent"].append(
                f"{pk}\t{moment}\t{action}\t{who}\t{kind}\t{subject}\t{code}\t{{}}"
            )
