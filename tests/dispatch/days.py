"""A believable day, made up: two countries, crises, interpreters of rare languages, whole teams."""

from __future__ import annotations

import random

from versants_libs.dispatch import (
    Break,
    LanguageNeed,
    Limits,
    Person,
    Problem,
    SecondLanguage,
    Shift,
    Slot,
    Span,
    Visit,
    Window,
)

H = 3600
LANGUAGES = ("ti", "ps", "prs", "so", "ar", "tr")


def busy_day(people: int = 60, visits: int = 25, *, seed: int = 1, slots: int = 2) -> Problem:
    """``people`` professionals, a third of them interpreters; ``visits`` of one to ``slots`` slots."""
    rng = random.Random(seed)
    n = 40
    spots = [(rng.uniform(0, 90), rng.uniform(0, 60)) for _ in range(n)]
    travel = tuple(
        tuple(0 if i == j else 300 + int(60 * abs(complex(a - c, b - d))) for j, (c, d) in enumerate(spots))
        for i, (a, b) in enumerate(spots)
    )
    crew = []
    for i in range(people):
        kind = ("int", "psy", "social")[i % 3]
        speaks = rng.sample(LANGUAGES, rng.choice([1, 1, 2]))
        pairs = {}
        if kind == "int":
            for language in speaks:
                pairs[(language, "fr")] = pairs[("fr", language)] = rng.randrange(2, 7)
        begin = rng.choice([8, 8, 9, 12]) * H
        end = begin + rng.choice([4, 7, 8]) * H
        home = rng.randrange(n)
        crew.append(
            Person(
                id=f"{kind}{i}",
                roles=frozenset([kind]),
                languages={"fr": 5},
                pairs=pairs,
                mandates={
                    "FR": (Span(0, 24 * H),),
                    **({"BE": (Span(0, 24 * H),)} if rng.random() < 0.6 else {}),
                },
                shifts=(Shift(begin, end, home, home, 0, (Break(1800, 11 * H, 14 * H, 6 * H),)),),
                limits=Limits(driving_day_s=4 * H, crisis_visits=2),
                gender=rng.choice("fm"),
                complexity_ceiling=1 if kind == "int" and rng.random() < 0.3 else None,
            )
        )
    jobs = []
    for i in range(visits):
        at = rng.randrange(9, 16) * H
        crisis = rng.random() < 0.15
        team = [Slot(id="psy", role="psy")]
        if slots > 1 and rng.random() < 0.8:
            need = LanguageNeed(
                rng.choice(LANGUAGES), 2, into="fr", second=(SecondLanguage("ar", 3),), possible=("tr",)
            )
            wish = rng.choice([None, None, "f"])
            team.append(Slot(id="interpreter", role="int", languages=(need,), gender=wish))
        if slots > 2 and rng.random() < 0.8:
            team.append(Slot(id="social", role="social"))
        jobs.append(
            Visit(
                id=f"v{i}",
                windows=(Window(at, at + rng.choice([1800, H, 3 * H])),),
                duration=rng.choice([2700, H, 5400]),
                slots=tuple(team),
                place=rng.randrange(n),
                country=rng.choice(["FR", "FR", "BE"]),
                unserved=5 if crisis else 1,
                crisis=crisis,
                complexity=rng.choice([0, 1, 2]),
            )
        )
    return Problem(people=tuple(crew), visits=tuple(jobs), travel=travel)
