"""What a study takes for granted, each with its value and where it comes from, so that page and report can show it.

A figure that was published has its source; one that nobody has published says so, and where it matters it is a range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .study import Study

__all__ = ["ABSENT", "CHOSEN", "LATE", "NOT_PUBLISHED", "Assumption", "Helper", "Sizing", "of_model", "parse"]

NOT_PUBLISHED = "no published figure found; to be replaced by the desk's own"
#: Nobody can publish it: it says what is wanted, or how the question is put.
CHOSEN = "a choice of this study, which another may make otherwise"
#: One year of one trust, answered under the law on access (clch.nhs.uk, FOI/25/297).
ABSENT = (
    "a choice: interpreters did not come to 88 of 5,984 talks on site "
    "(Central London Community Healthcare 2023-24, FOI/25/297)"
)
LATE = (
    "a choice: in 99 of 5,984 talks on site people cancelled at the last minute, in 239 they did not come "
    "(Central London Community Healthcare 2023-24, FOI/25/297)"
)
_BETWEEN = " | "


@dataclass(frozen=True, slots=True)
class Assumption:
    """``key`` names it for translation; ``value`` as it is shown, with its unit; ``source`` who says so, and when."""

    key: str
    value: str
    source: str

    @property
    def sentence(self) -> str:
        """As it stands in STUDY.json: key, value and source, which :func:`parse` reads back."""
        return _BETWEEN.join((self.key, self.value, self.source))

    @property
    def published(self) -> bool:
        """Has somebody published the figure?"""
        return self.source not in (NOT_PUBLISHED, CHOSEN)


def parse(sentences: Iterable[str]) -> tuple[Assumption, ...]:
    """Assumptions from the sentences of a study; a sentence somebody wrote freely keeps an empty key and source."""
    found = []
    for sentence in sentences:
        parts = sentence.split(_BETWEEN, 2)
        found.append(Assumption(*parts) if len(parts) == 3 else Assumption("", sentence, ""))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Sizing:
    """From inhabitants to requests. Rates are a year per 1,000 inhabitants, by versant; shares from 0 to 1.

    ``remote``: least and most share of requests by telephone or video. ``simple``: least and most share of talks a
    helper may take. ``discouraged``: least and most of what is not asked for because nobody came before, as a share of
    what is. ``evening``: share outside office hours. ``minutes``: by mode.
    """

    rates: Mapping[str, float] = field(
        default_factory=lambda: {"west-vlaanderen": 12.0, "wallonie": 5.0, "hauts-de-france": 7.7}
    )
    remote: tuple[float, float] = (0.58, 0.86)
    video_of_remote: float = 0.1
    evening: float = 0.05
    simple: tuple[float, float] = (0.1, 0.4)
    discouraged: tuple[float, float] = (0.0, 0.3)
    minutes: Mapping[str, float] = field(
        default_factory=lambda: {"on_site": 60.0, "phone": 20.0, "video": 45.0}
    )
    # Who interprets today, per 100,000 inhabitants.
    present: Mapping[str, float] = field(
        default_factory=lambda: {"west-vlaanderen": 6.3, "wallonie": 0.82, "hauts-de-france": 0.81}
    )
    present_hours_week: float = 20.0
    present_office: float = 0.9  # of these hours; the others in the evening
    interpreter_euros_hour: float = 56.0

    def assumptions(self, phone_share: float, discouraged: float) -> tuple[Assumption, ...]:
        """What was assumed about demand and about who is there, with ``phone_share`` and ``discouraged`` as chosen."""
        rate = self.rates
        return (
            Assumption(
                "rate",
                f"{rate['west-vlaanderen']:g} (West-Vlaanderen), {rate['wallonie']:g} (Wallonie), "
                f"{rate['hauts-de-france']:g} (Hauts-de-France)",
                "80,000 assignments / 6.7 M in Flanders (AgII, minister's answer); 18,000 / 3.65 M in Wallonia "
                "(SeTIS wallon); 521,229 / 68 M in France (ISM Interprétariat 2024)",
            ),
            Assumption(
                "remote",
                f"{phone_share:.0%} ({self.remote[0]:.0%}-{self.remote[1]:.0%})",
                "58 % in the Netherlands (rvr.org 14729, 2023), 86 % in France (ISM Interprétariat 2024)",
            ),
            Assumption("video", f"{self.video_of_remote:.0%}", NOT_PUBLISHED),
            Assumption(
                "evening",
                f"{self.evening:.0%}",
                "22,500 night calls in 2021 out of about 448,000 calls a year (ISM Interprétariat)",
            ),
            Assumption("simple", f"{self.simple[0]:.0%}-{self.simple[1]:.0%}", NOT_PUBLISHED),
            Assumption(
                "discouraged",
                f"+{discouraged:.0%} ({self.discouraged[0]:.0%}-{self.discouraged[1]:.0%})",
                NOT_PUBLISHED,
            ),
            Assumption(
                "minutes",
                ", ".join(f"{self.minutes[mode]:g}" for mode in ("on_site", "phone", "video")),
                "first hour guaranteed on site (federal scale, Belgium); telephone and video: "
                + NOT_PUBLISHED,
            ),
            Assumption(
                "interpreter_cost",
                f"{self.interpreter_euros_hour:g} €",
                "AgII tariff (brugge.be, 2024 or later), taken for both sides of the border",
            ),
        )

    def present_assumptions(self) -> tuple[Assumption, ...]:
        """What was assumed about who interprets today, where no register says it."""
        return (
            Assumption(
                "present",
                ", ".join(f"{self.present[v]:g}" for v in ("west-vlaanderen", "wallonie", "hauts-de-france")),
                "424 certified / 6.7 M in Flanders (AgII); 30 / 3.65 M (SeTIS wallon 2021); 548 / 68 M (ISM 2024); "
                "spread over languages like demand",
            ),
            Assumption(
                "present_hours",
                f"{self.present_hours_week:g}",
                NOT_PUBLISHED + "; a freelance of AgII takes 190 assignments a year",
            ),
            Assumption("present_office", f"{self.present_office:.0%}", NOT_PUBLISHED),
        )


@dataclass(frozen=True, slots=True)
class Helper:
    """A language helper: a volunteer under the caps of the law, trained for simple, prepared talks.

    Belgium, law of 3 July 2005 on the rights of volunteers: a flat allowance of at most ``allowance_day`` euros and
    ``allowance_year`` euros (2025), which together are 40 days. In France a volunteer gets costs back and nothing
    else; the same number of days is taken there. ``available_week``: hours a week in which somebody can be asked,
    which is more than they work.
    """

    allowance_day: float = 42.31
    allowance_year: float = 1692.51
    hours_day: float = 3.0
    training_year: float = 400.0
    supervision_year: float = 300.0
    lead_months: float = 3.0
    certified_lead_months: float = 5.0
    certified_cost_year: float = 150.0
    available_week: float = 10.0
    certified_available_week: float = 20.0
    office: float = 0.8  # of the hours recruits can be asked; the others in the evening

    @property
    def days_year(self) -> int:
        """Days a year within both caps."""
        return int(self.allowance_year / self.allowance_day + 1e-9)

    @property
    def hours_year(self) -> float:
        """Hours a year within the caps."""
        return self.days_year * self.hours_day

    @property
    def cost_year(self) -> float:
        """Euros a year for one, however little they work: training and supervision."""
        return self.training_year + self.supervision_year

    @property
    def cost_hour(self) -> float:
        """Euros for an hour worked: the allowance of a day over its hours, so that the caps in hours are those in euros."""
        return self.allowance_day / self.hours_day

    def assumptions(self) -> tuple[Assumption, ...]:
        """What was assumed about recruits."""
        return (
            Assumption(
                "helper_days",
                f"{self.days_year}",
                f"law of 3 July 2005: {self.allowance_day} € a day, {self.allowance_year} € a year in 2025 "
                "(aes-aisf.be); for France the same days, a choice",
            ),
            Assumption("helper_hours", f"{self.hours_day:g}", NOT_PUBLISHED),
            Assumption(
                "available", f"{self.available_week:g}, {self.certified_available_week:g}", NOT_PUBLISHED
            ),
            Assumption("recruit_office", f"{self.office:.0%}", NOT_PUBLISHED),
            Assumption("helper_paid", f"{self.cost_hour:.2f} €", CHOSEN),
            Assumption(
                "helper_cost",
                f"{self.allowance_day} €, {self.training_year:g} €, {self.supervision_year:g} €",
                "allowance: law of 3 July 2005; training and supervision: " + NOT_PUBLISHED,
            ),
            Assumption("certified_cost", f"{self.certified_cost_year:g} €", NOT_PUBLISHED),
            Assumption(
                "helper_lead", f"{self.lead_months:g}", NOT_PUBLISHED + "; Kortrijk trained six in 2019-2020"
            ),
            Assumption(
                "certified_lead",
                f"{self.certified_lead_months:g}",
                "course of 139 lessons over about four months, then the test (agii.be)",
            ),
        )


def of_model(study: Study) -> tuple[Assumption, ...]:
    """How a study has people answer and what it counts: what decides its figures whatever its demand is."""
    how, rules = study.behaviour, study.rules
    fallback = "–" if rules.fallback_weight is None else f"{rules.fallback_weight:g}"
    return (
        Assumption("answer_yes", f"{how.answer_yes:.0%}", NOT_PUBLISHED),
        Assumption("answer_minutes", f"{how.answer_minutes:g}", NOT_PUBLISHED),
        Assumption("absence", f"{how.absence:.0%}", NOT_PUBLISHED),
        Assumption("absence_unforeseen", f"{how.absence_unforeseen:.0%}", ABSENT),
        Assumption("cancelled", f"{how.cancelled:.0%}", NOT_PUBLISHED),
        Assumption("cancelled_late", f"{how.cancelled_late:.0%}", LATE),
        Assumption("retries", f"{how.retries:g}, {how.retry_minutes:g}", NOT_PUBLISHED),
        Assumption("call_wait", f"{study.standard.phone_answer_minutes:g}", CHOSEN),
        Assumption("season", f"{max(how.season):g}, {how.bursts:g}", NOT_PUBLISHED),
        Assumption("fill", f"{study.standard.fill:.0%}", CHOSEN),
        Assumption("fallback", fallback, CHOSEN),
        Assumption("alpha", f"{study.alpha:g}", CHOSEN),
    )
