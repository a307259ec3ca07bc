"""Requests and persons of the large world, as lines of text; what a day needs of them is kept until it is written."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from stdnum.iso7064 import mod_37_36

from versants.core.crypto import holders, vault
from versants.core.ids import ALPHABET, PREFIX
from versants.core.models import DataKey
from versants.demo import cases, names, texts
from versants.demo.large.crowd import INTERPRETED, MILLION, Crew, Crowd
from versants.demo.large.pages import NULL, Pages, raw
from versants.demo.world import World
from versants.mobile.models import Request
from versants.mobile.services.facts import UNMET_REFUSALS
from versants.people.services import naming

PERSONS = 120_000  # per million visits
KINDS = ("follow_up", "follow_up", "follow_up", "assessment", "crisis", "mediation", "referral")
URGENCY = {"crisis": "crisis", "assessment": "urgent"}
REFUSED = (
    "no_interpreter",
    "no_interpreter",
    "no_capacity",
    "no_capacity",
    "not_our_public",
    "already_followed",
)
KEYS_AT_ONCE = 200


@dataclass(slots=True)
class Key:
    """A data key just drawn: its number and what seals with it."""

    pk: int
    seal: Callable[[str, str, str, str], bytes]


@dataclass(slots=True)
class File:
    """A person as long as the world is being written."""

    pk: int
    code: str
    key: Key
    language: str
    met: bool = False


@dataclass(slots=True)
class Story:
    """A request with its series of visits, from the first to the last."""

    request: int
    uid: str
    need: int
    key: Key
    people: list[File]
    site: tuple[int, int, str, str, str]
    kind: str
    language: str
    mode: str
    minutes: int
    left: int
    asked: str
    answered: str
    rank: int = 0
    lacking: bool = False  # a visit to come has not all its people
    first: tuple[str, str] = ("", "")
    last: date = date.min


@dataclass
class Round:
    """A crew with where it stands in its three years."""

    crew: Crew
    total: int
    days: dict[date, float]
    done: int = 0
    weight: float = 0.0
    files: list[File] = field(default_factory=list)
    due: dict[date, list[Story]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Day:
    """What is the same for every line of one day."""

    day: date
    text: str
    offset: str
    past: bool
    semester: str
    old: bool  # the rights of its visits have ended: only what the record needs is still there
    held: dict[int, tuple[str, ...]]
    rights: str  # period of a right of logistics
    around: str  # period of a right to an identity
    signed: str


class Asking:
    """Who asks, for whom, and what becomes of a request; ``pages`` takes the lines."""

    def __init__(self, world: World, crowd: Crowd, visits: int, first: dict[str, int], seed: str) -> None:
        self.rng = random.Random(f"{seed} {world.day.isoformat()} {visits}")
        self.pages = Pages(first, self.rng)
        self.visits, self.today = visits, world.day
        self.persons_wanted = max(20, round(PERSONS * visits / MILLION))
        self.made = 0  # visits
        self.numbers: dict[int, int] = defaultdict(int)  # the last number of a request, by year
        for row in world.all(Request):
            year, number = row.number.split("-")[1:]
            self.numbers[int(year)] = max(self.numbers[int(year)], int(number))
        self.codes = set(world.codes)
        self.keys: list[DataKey] = []
        self.wrapped_by = holders.active_key()  # asked here: rows are made in a thread without the database
        self.languages = {
            country: (list(shares), list(shares.values())) for country, shares in crowd.spoken.items()
        }

    # -- requests and persons ------------------------------------------------------------------------------------------

    def _key(self, at: str) -> Key:
        """The next data key; drawn many at once, numbered and written when it is used."""
        if not self.keys:
            self.keys = [DataKey(wrapped_by=self.wrapped_by) for _ in range(KEYS_AT_ONCE)]
            for fresh in self.keys:
                vault.wrap(fresh, os.urandom(32))
        row, pk = self.keys.pop(), self.pages.number("core_datakey")
        self.pages.lines["core_datakey"].append(
            f"{pk}\t{row.uid}\t\t{row.wrapped_by}\t{raw(row.wrapped)}\t{at}\t{NULL}"
        )
        return Key(pk, vault.Sealer(row).seal)

    def _code(self) -> str:
        while True:
            body = PREFIX + "".join(self.rng.choices(ALPHABET, k=6))
            check = mod_37_36.calc_check_digit(body)
            code = f"{body[:4]}-{body[4:]}{check}"
            if check in ALPHABET and code not in self.codes:
                self.codes.add(code)
                return code

    def _person(self, one: Round, language: str, at: str) -> File:
        pages, rng, lines, crew = self.pages, self.rng, self.pages.lines, one.crew
        key, pk = self._key(at), pages.number("people_person")
        gender = "man" if rng.random() < 0.56 else "woman"
        code = self._code()
        lines["people_person"].append(
            f"{pk}\t{pages.uid()}\t{code}\t{key.pk}\t{crew.team}\t{crew.versant}\t{NULL}\t{gender}\t"
            f"{'minor' if pk % 6 == 0 else 'adult'}\t{at}"
        )
        spoken = pages.number("people_personlanguage")
        heard = language or "fra"
        lines["people_personlanguage"].append(f"{spoken}\t{pk}\t{heard}\t1\tt\t{'t' if language else 'f'}")
        pool = names.BY_LANGUAGE.get(language) or names.STAFF["fr"]
        first = rng.choice(pool.women if gender == "woman" else pool.men)
        family = rng.choice(pool.family)
        uid, identity = pages.uid(), pages.number("people_identity")
        sealed = [
            raw(key.seal("people_identity", name, uid, text))
            for name, text in (
                ("name", family),
                ("first_name", first),
                ("birth_date", f"{1960 + pk % 45}-{1 + pk % 12:02d}-{1 + pk % 28:02d}"),
                ("phone", f"+32 000 {pk // 10000 % 100:02d} {pk // 100 % 100:02d} {pk % 100:02d}"),
            )
        ]
        lines["people_identity"].append(
            f"{identity}\t{uid}\t{crew.team}\t{key.pk}\t{pk}\t{sealed[0]}\t{sealed[1]}\t{sealed[2]}\t{sealed[3]}\t{NULL}\t"
            "f"
        )
        digest, layers = naming.hash_of({"first_name": first, "name": family})
        lines["people_namehash"].append(
            f"{pages.number('people_namehash')}\t{pk}\t{crew.team}\t{digest}\t{layers}"
        )
        uid, sheet = pages.uid(), pages.number("people_socialsheet")
        situations, plans = texts.SITUATIONS[crew.language], texts.PLANS[crew.language]
        situation = key.seal("people_socialsheet", "situation", uid, situations[pk % len(situations)])
        plan = key.seal("people_socialsheet", "plan", uid, plans[pk % len(plans)])
        lines["people_socialsheet"].append(
            f"{sheet}\t{uid}\t{crew.team}\t{key.pk}\t{pk}\t{raw(situation)}\t{raw(plan)}\t{at}"
        )
        uid, sheet = pages.uid(), pages.number("people_clinicalsheet")
        summaries = texts.CLINICAL_SUMMARIES[crew.language]
        summary = key.seal("people_clinicalsheet", "summary", uid, summaries[pk % len(summaries)])
        lines["people_clinicalsheet"].append(
            f"{sheet}\t{uid}\t{crew.team}\t{key.pk}\t{pk}\t{raw(summary)}\t{at}"
        )
        consent = pages.number("people_consent")
        lines["people_consent"].append(
            f'{consent}\t{pages.uid()}\t{pk}\t{crew.team}\tfollow_up\t\t["{at}",)\tinterpreted\t{heard}\t'
            f"{crew.coordinator}\t{at}\t{NULL}\t"
        )
        found = File(pk, code, key, language)
        one.files.append(found)
        return found

    def _people(self, one: Round, language: str, at: str) -> tuple[list[File], str]:
        """One person, or a family: new ones as long as the world has fewer than it should by now."""
        made = self.pages.n("people_person")
        wanted = (
            self.persons_wanted * (self.made + 1) / (self.visits * 0.98)
        )  # all of them are there at the end
        wanted = min(wanted, self.persons_wanted)
        n = 1 if self.rng.random() < 0.85 else self.rng.choice((2, 2, 3))
        if made < wanted or not one.files:
            n = max(1, min(n, self.persons_wanted - made))
            return [self._person(one, language, at) for _ in range(n)], language
        recent = one.files[-400:]
        known = recent[self.rng.randrange(len(recent))]
        return [known], known.language

    def _story(self, one: Round, when: Day) -> Story:
        rng, pages, crew = self.rng, self.pages, one.crew
        asked_on = min(when.day - timedelta(days=rng.randrange(2, 9)), self.today - timedelta(days=1))
        offset = when.offset
        asked = f"{asked_on} {rng.randrange(8, 17):02d}:{rng.randrange(60):02d}:00{offset}"
        answered = f"{asked_on} 17:30:00{offset}"
        language = ""
        if rng.random() < INTERPRETED:
            codes, weights = self.languages[crew.country]
            language = rng.choices(codes, weights)[0]
        people, language = self._people(one, language, answered)
        kind = rng.choice(KINDS)
        mode = rng.choices(("on_site", "phone", "video"), (0.85, 0.1, 0.05))[0]
        return Story(
            request=pages.number("mobile_request"),
            uid=pages.uid(),
            need=pages.number("mobile_need"),
            key=self._key(asked),
            people=people,
            site=rng.choice(crew.sites),
            kind=kind,
            language=language,
            mode=mode,
            minutes=90 if kind in ("crisis", "assessment", "mediation") else 60,
            left=rng.choice((3, 5, 6, 7)) if kind == "follow_up" else rng.choice((1, 4, 5)),
            asked=asked,
            answered=answered,
        )

    def _number(self, year: int) -> str:
        self.numbers[year] += 1
        return f"R-{year}-{self.numbers[year]:05d}"

    def _request(self, crew: Crew, story: Story, *, open_still: bool) -> None:
        """The request of a story that has ended, or goes on after the last day written."""
        closed_on = story.last + timedelta(days=2)
        over = not open_still and closed_on < self.today
        state = "closed" if over else "accepted" if story.lacking else "planned"
        day, offset = story.first
        self._asked(
            crew, request=story.request, uid=story.uid, key=story.key, site=story.site, state=state,
            kind=story.kind, people=story.people, language=story.language, mode=story.mode,
            minutes=story.minutes, asked=story.asked, answered=story.answered,
            closed=f"{closed_on} 10:00:00{offset}" if over else NULL,
            window=f'["{day} 09:00:00{offset}","{day} 17:00:00{offset}")',
        )  # fmt: skip
        self.pages.lines["mobile_need"].append(
            f"{story.need}\t{self.pages.uid()}\t{story.request}\t{crew.team}\t{story.kind}\t{NULL}\t{story.answered}"
        )

    def _refusal(self, one: Round, when: Day) -> None:
        """A request that was not met; of the last days, one that still waits for its answer."""
        rng, crew = self.rng, one.crew
        day, offset = when.day, when.offset
        if day >= self.today:
            return
        waits = self.today - day <= timedelta(days=3)
        language = rng.choices(*self.languages[crew.country])[0]
        asked = f"{when.text} {rng.randrange(8, 17):02d}:{rng.randrange(60):02d}:00{offset}"
        people, language = self._people(one, language, asked)
        site, reason = rng.choice(crew.sites), rng.choice(REFUSED)
        self._asked(
            crew, request=self.pages.number("mobile_request"), uid=self.pages.uid(), key=self._key(asked),
            site=site, state="new" if waits else "refused", kind="assessment", people=people,
            language=language, mode="on_site", minutes=90, asked=asked,
            answered=NULL if waits else f"{when.text} 17:30:00{offset}",
            closed=NULL if waits else f"{when.text} 17:30:00{offset}",
            window=f'["{day + timedelta(days=1)} 13:00:00{offset}","{day + timedelta(days=1)} 15:00:00{offset}")',
            refusal="" if waits else reason,
        )  # fmt: skip
        if not waits and reason in UNMET_REFUSALS:
            self._unmet(crew, when, site[3], site[2], language, "urgent", "refused", reason, "afternoon")

    def _asked(
        self,
        crew: Crew,
        *,
        request: int,
        uid: str,
        key: Key,
        site: tuple[int, int, str, str, str],
        state: str,
        kind: str,
        people: list[File],
        language: str,
        mode: str,
        minutes: int,
        asked: str,
        answered: str,
        closed: str,
        window: str,
        refusal: str = "",
    ) -> None:
        pages, lines = self.pages, self.pages.lines
        n = len(people)
        promised = f"{date.fromisoformat(asked[:10]) + timedelta(days=2)}{asked[10:]}"
        lines["mobile_request"].append(
            f"{request}\t{uid}\t{crew.team}\t{key.pk}\t{self._number(int(asked[:4]))}\tphone\t{NULL}\t{site[0]}\t{site[1]}\t"
            f"{NULL}\t{NULL}\t{crew.language}\t{state}\t{URGENCY.get(kind, 'planned')}\t"
            f"{'person' if n == 1 else 'family'}\t{n}\t\t{mode}\t{window}\t{minutes}\t{asked}\t{promised}\t{answered}\t"
            f"{closed}\t\t{1 if answered == NULL else 3}"
        )
        matter = pages.number("mobile_requestmatter")
        lines["mobile_requestmatter"].append(
            f"{matter}\t{pages.uid()}\t{crew.team}\t{key.pk}\t{request}\t{{{cases.CATEGORY[kind][0]}}}\t"
            f"{'no_but_unwell' if kind == 'crisis' else ''}\tagrees\t{NULL}\tf\tnobody\t{refusal}"
        )
        note, note_uid = pages.number("mobile_requestnote"), pages.uid()
        words = texts.REQUEST_WORDS[URGENCY.get(kind, "planned")]
        summary = key.seal("mobile_requestnote", "summary", note_uid, words[request % len(words)])
        lines["mobile_requestnote"].append(
            f"{note}\t{note_uid}\t{crew.team}\t{key.pk}\t{request}\t{raw(summary)}\t{NULL}\t{NULL}"
        )
        for person in people:
            pk = pages.number("mobile_requestperson")
            lines["mobile_requestperson"].append(f"{pk}\t{request}\t{person.pk}\t\t{crew.team}")
        if language:
            pk = pages.number("mobile_requestlanguage")
            lines["mobile_requestlanguage"].append(f"{pk}\t{request}\t{language}\t1")
        told = [(asked, "received")]
        if answered != NULL:
            told.append((answered, "refused" if refusal else "accepted"))
        for at, code in told:
            pk = pages.number("mobile_requestevent")
            lines["mobile_requestevent"].append(f"{pk}\t{request}\t{at}\t{code}\t{{}}\tt")

    def _unmet(
        self,
        crew: Crew,
        when: Day,
        versant: str,
        commune: str,
        language: str,
        urgency: str,
        origin: str,
        reason: str,
        part: str,
    ) -> None:
        pk = self.pages.number("mobile_unmetneed")
        self.pages.lines["mobile_unmetneed"].append(
            f"{pk}\t{when.text}\t{when.semester}\t{crew.team}\t{versant}\t{commune}\t{language or NULL}\t{urgency}\t"
            f"{origin}\t{reason}\t{part}"
        )
