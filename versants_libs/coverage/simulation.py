"""``simulate``: years of requests against the people of a plan, with the same random numbers in every scenario.

A year has 52 weeks. Each language's requests come by season and in bursts of its own. On-site talks are booked ahead, in
the order they take place: those who are there that day and free, way there and back included, are asked one after the
other and say yes or no. Calls come when they come, the people asked in turn; a phone call that finds nobody is made again
as often as the study says, within the standard. An on-site talk nobody takes becomes a call where the rules allow it.
Some talks are cancelled when somebody is booked: their time stays blocked and is paid. Some people fall ill once they are
booked: each of that day's visits of theirs is offered again, when all others are booked, to those asked after them.
What happens to a request or a person depends on the seed, the replication and their names only, so that
two scenarios differ by what differs in them.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crew import DAYS, Crew, crew_of, multiplier_norm, tries_of
from .prediction import predict
from .study import Study
from .travel import Travel

__all__ = ["Years", "run_years", "simulate", "simulated", "years_from_json", "years_json"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MIX = 2654435761  # Knuth's multiplicative hash, 32 bits
_BITS = 0xFFFFFFFF
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # what SplitMix64 adds for each number
_PER_REQUEST = 8  # numbers kept for one request, 6 of them used
_STEPS = np.arange(_PER_REQUEST + 1, dtype=np.uint64) * _GOLDEN
_T975 = (
    12.71,
    4.30,
    3.18,
    2.78,
    2.57,
    2.45,
    2.36,
    2.31,
    2.26,
    2.23,
    2.20,
    2.18,
    2.16,
    2.14,
    2.13,
    2.12,
    2.11,
    2.10,
)


@dataclass(frozen=True, eq=False, slots=True)
class Years:
    """Counts of some replications, each array (replications, classes): ``requests``, served in their ``own`` mode, by
    ``fallback``; minutes ``waited`` by calls and ``answered`` calls (phone); ``offers`` until an on-site talk was taken.
    Visits that were booked and ``blocked`` somebody for nothing (cancelled late: no requests), or have ``fallen`` through
    (who was booked fell ill), and ``rebooked`` ones of these. ``worked`` (replications, people): hours, blocked ones
    included."""

    requests: Ints
    own: Ints
    fallback: Ints
    waited: Floats
    answered: Ints
    offers: Ints
    blocked: Ints
    fallen: Ints
    rebooked: Ints
    worked: Floats

    def __add__(self, other: Years) -> Years:
        """Replications of both: years may be spread over workers."""
        pairs = {one.name: (getattr(self, one.name), getattr(other, one.name)) for one in fields(Years)}
        return Years(**{name: np.concatenate(pair) for name, pair in pairs.items()})


def years_json(years: Years) -> dict[str, list[list[float]]]:
    """As plain lists, for another process; every number comes back as it was."""
    return {one.name: getattr(years, one.name).tolist() for one in fields(Years)}


def years_from_json(value: Mapping[str, Any]) -> Years:
    """What :func:`years_json` wrote."""

    def whole(name: str) -> Ints:
        return np.array(value[name], dtype=np.int64)

    def real(name: str) -> Floats:
        return np.array(value[name], dtype=np.float64)

    return Years(
        requests=whole("requests"),
        own=whole("own"),
        fallback=whole("fallback"),
        waited=real("waited"),
        answered=whole("answered"),
        offers=whole("offers"),
        blocked=whole("blocked"),
        fallen=whole("fallen"),
        rebooked=whole("rebooked"),
        worked=real("worked"),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Rows:
    """Demand rows that differ in nothing a year asks for, as one: 64 bits from their name, mean a year, language, band,
    share of simple talks, class of either kind of talk."""

    name: NDArray[np.uint64]
    many: Floats
    language: Ints
    band: Ints
    simple: Floats
    class_simple: Ints
    class_any: Ints


def _rows(crew: Crew) -> _Rows:
    data, study = crew.data, crew.data.study
    number = {key: d for d, key in enumerate(data.classes)}
    place = study.place
    bands = {band.id: b for b, band in enumerate(study.bands)}
    languages = {name: i for i, name in enumerate(study.languages)}
    sums: dict[tuple[str, ...], float] = {}
    share: dict[tuple[str, ...], float] = {}
    for row in study.demand:
        if row.requests <= 0:
            continue
        commune = place[row.commune]
        point = data.points[row.commune] if row.mode == "on_site" else ""
        low, high = row.simple
        # What no rule changes: the same names in every scenario.
        asked = (
            point,
            row.language,
            row.mode,
            row.band,
            commune.country,
            commune.versant,
            f"{low:.9f} {high:.9f}",
        )
        sums[asked] = sums.get(asked, 0.0) + row.requests
        share[asked] = study.simple_share(row)
    found, names = [], []
    for key in sorted(sums):
        names.append(int.from_bytes(blake2b("\x1f".join(key).encode(), digest_size=8).digest()))
        point, language, mode, band, country, versant, _ = key
        ends = [
            number.get((point, language, mode, band, talk, country, versant), -1)
            for talk in ("simple", "any")
        ]
        simple = 0.0 if ends[0] < 0 else 1.0 if ends[1] < 0 else share[key]
        found.append((sums[key], languages[language], bands[band], simple, *ends))
    table = np.array(found, dtype=np.float64).reshape(-1, 6)
    whole = table[:, [1, 2, 4, 5]].astype(np.int64)
    return _Rows(
        np.array(names, dtype=np.uint64),
        table[:, 0],
        whole[:, 0],
        whole[:, 1],
        table[:, 3],
        whole[:, 2],
        whole[:, 3],
    )


def run_years(
    crew: Crew, *, seed: int, first: int = 0, count: int = 1, stop: Callable[[], bool] | None = None
) -> Years:
    """Replications ``first`` to ``first + count``; fewer where ``stop`` says so, one at least."""
    rows = _rows(crew)
    done: Years | None = None
    for replication in range(first, first + count):
        year = _Year(crew, rows, seed, replication).run()
        done = year if done is None else done + year
        if stop is not None and stop():
            break
    if done is None:
        raise ValueError(f"count is {count}, 1 or more expected")
    return done


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea, Flood 2014): each value to another, none like its neighbours'."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _uniform(start: NDArray[np.uint64], number: int) -> Floats:
    """The number of that position behind each start, from 0 to below 1."""
    return np.asarray((_mixed(start + _STEPS[number]) >> np.uint64(11)) * 2.0**-53)


class _Year:
    def __init__(self, crew: Crew, rows: _Rows, seed: int, replication: int) -> None:
        self.crew, self.rows = crew, rows
        self.seed, self.replication = seed, replication
        self.study = crew.data.study

    def _random(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.replication, zlib.crc32(name.encode())])

    def _arrivals(self, mean: Floats) -> tuple[Ints, NDArray[np.uint64]]:
        """Row of each request, and where its random numbers begin.

        The requests of a row come one after the other, the time between two exponential, until ``mean`` is over
        (Poisson). So a row that asks for more has the requests it had and further ones, whatever other rows ask for.
        """
        year = np.random.SeedSequence([self.seed, self.replication]).generate_state(1, np.uint64)
        base = _mixed(self.rows.name ^ year)
        size = np.ceil(mean + 5 * np.sqrt(mean) + 5).astype(np.int64)
        while True:
            ends = np.cumsum(size)
            row = np.repeat(np.arange(len(mean)), size)
            number = np.arange(len(row)) - (ends - size)[row]
            start = base[row] + number.astype(np.uint64) * _STEPS[_PER_REQUEST]
            time_ = np.cumsum(-np.log1p(-_uniform(start, 0)))
            last = time_[ends - 1]
            before = np.concatenate([[0.0], last[:-1]])
            short = last - before < mean
            if not short.any():
                here = time_ - before[row] < mean[row]
                return row[here], start[here]
            size[short] *= 2

    def _days(self) -> tuple[Floats, Floats]:
        """Intensity of each (language, band) a year, and of its days, cumulated: (languages, bands, days)."""
        how, study = self.study.behaviour, self.study
        day = np.arange(DAYS)
        season = np.array(how.season)[np.minimum(11, day * 12 // DAYS)]
        _, norm = multiplier_norm(study)
        on = np.array([[(d % 7) + 1 in band.weekdays for d in range(DAYS)] for band in study.bands])
        rates = np.empty((len(study.languages), len(study.bands), DAYS))
        for i, language in enumerate(study.languages):
            random = self._random(f"burst {language}")
            inside = np.zeros(DAYS, dtype=bool)
            for begin in random.random(int(random.poisson(how.bursts))) * DAYS:
                inside |= (day - begin) % DAYS < how.burst_days
            rates[i] = season * np.where(inside, how.burst_factor, 1.0) / norm * on
        whole = rates.sum(axis=2)
        return whole / on.sum(axis=1), np.cumsum(rates, axis=2) / np.maximum(whole, 1e-300)[:, :, None]

    def _requests(self) -> tuple[Ints, Ints, Floats, Ints, NDArray[np.bool_]]:
        """Class, day, minute of the day and 32 random bits of each request that takes place, in order of time; or is
        cancelled only once somebody is booked: whether it is."""
        rows, study = self.rows, self.study
        level, cumulated = self._days()
        kept, late = 1 - study.behaviour.cancelled, study.behaviour.cancelled_late
        site = self.crew.data.site[np.maximum(rows.class_simple, rows.class_any)]
        mean = rows.many * (kept + late * site) * level[rows.language, rows.band]
        row, random = self._arrivals(mean)
        when, minute, talk = (_uniform(random, one) for one in (1, 2, 3))
        bits = (_mixed(random + _STEPS[4]) >> np.uint64(32)).astype(np.int64)
        day = np.zeros(len(row), dtype=np.int64)
        language, band = rows.language[row], rows.band[row]
        group = language * len(study.bands) + band
        order = np.argsort(group, kind="stable")
        ends = np.searchsorted(group[order], np.arange(len(study.languages) * len(study.bands) + 1))
        for g in range(len(ends) - 1):
            mine = order[ends[g] : ends[g + 1]]
            days = cumulated[g // len(study.bands), g % len(study.bands)]
            day[mine] = np.minimum(np.searchsorted(days, when[mine], side="right"), DAYS - 1)
        start = np.array([one.start for one in study.bands])[band]
        end = np.array([one.end for one in study.bands])[band]
        minute = 60 * (start + (end - start) * minute)
        simple = talk < rows.simple[row]
        which = np.where(simple, rows.class_simple[row], rows.class_any[row])
        call = ~self.crew.data.site[which]
        off = _uniform(random, 5) * (kept + late) < late
        order = np.lexsort((minute, call, day))
        return which[order], day[order], minute[order], bits[order], (off & ~call)[order]

    def _present(self) -> tuple[list[list[list[bool]]], list[list[bool]]]:
        """[band][day][person]: is somebody thought to be there that day? [day][person]: did somebody who was not known to
        be away fall ill?"""
        how, bands = self.study.behaviour, len(self.study.bands)
        table = np.empty((len(self.crew.names), bands, DAYS), dtype=bool)
        ill = np.zeros((len(self.crew.names), DAYS), dtype=bool)
        for k, name in enumerate(self.crew.names):
            random = self._random(name)
            away = np.repeat(random.random(DAYS // 7) < how.absence, 7)
            on = random.random((bands, DAYS)) < self.crew.share[k][:, None]
            ill[k] = away & (random.random(DAYS) < how.absence_unforeseen)
            table[k] = on & (~away | ill[k])
        found: list[list[list[bool]]] = table.transpose(1, 2, 0).tolist()
        sick: list[list[bool]] = ill.T.tolist()
        return found, sick

    def run(self) -> Years:
        """One year. Loops over requests, with nothing but lists of numbers inside."""
        crew, data, study = self.crew, self.crew.data, self.study
        how = study.behaviour
        n = len(data.classes)
        requests, own, fallback, answered, offers, blocked, fallen, rebooked = ([0] * n for _ in range(8))
        waited = [0.0] * n
        which, day, minute, bits, late = (one.tolist() for one in self._requests())
        (present, sick), key = self._present(), crew.key
        bands = {band.id: b for b, band in enumerate(study.bands)}
        band_of = [bands[name[3]] for name in data.classes]
        site, talks, bucket = data.site.tolist(), data.minutes.tolist(), data.bucket.tolist()
        phone = [name[2] == "phone" for name in data.classes]
        visits, calls = crew.visits, crew.calls
        yes = how.answer_yes * (_BITS + 1)
        tries = tries_of(study)
        instead = study.rules.fallback_weight is not None
        caps = (crew.cap * 60).tolist()
        people = len(crew.names)
        worked, until = [0.0] * people, [-math.inf] * people
        at, end = 0, len(which)
        for today in range(DAYS):
            there, ill = [slots[today] for slots in present], sick[today]
            again: list[tuple[float, int, int, int, int, int]] = []
            may = [min(cap, cap * (today + 1) / DAYS + cap / 12) if cap < math.inf else cap for cap in caps]
            windows: dict[int, list[tuple[float, float]]] = {}
            queue: list[tuple[float, int, int, int, int]] = []
            while at < end and day[at] == today:
                d, s, random, off = which[at], minute[at], bits[at], late[at]
                requests[d] += not off
                at += 1
                if not site[d]:
                    queue.append((s, at, d, random, 0))
                    continue
                here, talk, asked = there[band_of[d]], talks[d], 0
                for rank, (k, far) in enumerate(visits[d], 1):
                    if not here[k] or worked[k] + talk + 2 * far > may[k]:
                        continue
                    mine = windows.get(k)
                    if mine is not None and mine[-1][1] > s - far:
                        continue
                    asked += 1
                    if ((random ^ key[k]) * _MIX) & _BITS < yes:
                        if mine is None:
                            windows[k] = [(s - far, s + talk + far)]
                        else:
                            mine.append((s - far, s + talk + far))
                        if ill[k]:
                            if not off:
                                fallen[d] += 1
                                again.append((s, at, d, random, rank, asked))
                            break
                        worked[k] += talk + 2 * far
                        if off:
                            blocked[d] += 1
                        else:
                            own[d] += 1
                            offers[d] += asked
                        break
                else:
                    if instead and not off:
                        queue.append((s, at, d, random ^ 0x5BD1E995, 0))
            for s, number, d, random, rank, asked in again:
                here, talk = there[band_of[d]], talks[d]
                for k, far in visits[d][rank:]:
                    if not here[k] or ill[k] or worked[k] + talk + 2 * far > may[k]:
                        continue
                    mine = windows.setdefault(k, [])
                    if any(a < s + talk + far and s - far < b for a, b in mine):
                        continue
                    asked += 1
                    if ((random ^ key[k]) * _MIX) & _BITS < yes:
                        mine.append((s - far, s + talk + far))
                        worked[k] += talk + 2 * far
                        own[d] += 1
                        offers[d] += asked
                        rebooked[d] += 1
                        break
                else:
                    if instead:
                        queue.append((s, number, d, random ^ 0x5BD1E995, 0))
            heapify(queue)
            while queue:
                s, number, d, random, tried = heappop(queue)
                here, talk = there[band_of[d]], talks[d]
                found = -1
                for line in calls[bucket[d]]:
                    size = len(line)
                    turn = random % size if size else 0
                    for i in range(size):
                        k = line[turn + i - size]
                        if not here[k] or ill[k] or until[k] > s or worked[k] + talk > may[k]:
                            continue
                        if k in windows and any(a < s + talk and s < b for a, b in windows[k]):
                            continue
                        if ((random ^ key[k]) * _MIX) & _BITS < yes:
                            found = k
                            break
                    if found >= 0:
                        break
                if found >= 0:
                    until[found] = s + talk
                    worked[found] += talk
                    if site[d]:
                        fallback[d] += 1
                    else:
                        own[d] += 1
                        if phone[d]:
                            answered[d] += 1
                            waited[d] += tried * how.retry_minutes
                elif phone[d] and tried < tries:
                    later = (random * _MIX + tried + 1) & _BITS
                    heappush(queue, (s + how.retry_minutes, number, d, later, tried + 1))
            until = [-math.inf] * people
        return Years(
            requests=np.array([requests], dtype=np.int64),
            own=np.array([own], dtype=np.int64),
            fallback=np.array([fallback], dtype=np.int64),
            waited=np.array([waited], dtype=np.float64),
            answered=np.array([answered], dtype=np.int64),
            offers=np.array([offers], dtype=np.int64),
            blocked=np.array([blocked], dtype=np.int64),
            fallen=np.array([fallen], dtype=np.int64),
            rebooked=np.array([rebooked], dtype=np.int64),
            worked=np.array([worked], dtype=np.float64) / 60,
        )


def simulate(
    study: Study,
    result: Mapping[str, Any],
    travel: Travel,
    *,
    replications: int = 20,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """The fill rate of each language as predicted by queues and as simulated, with 95 % intervals.

    Returns ``fill`` by language (``predicted``, ``simulated``, ``ci95``, ``requests`` a year, cancelled ones taken off),
    ``total`` the same over all languages,
    ``wait_min`` by mode (phone: until somebody answers; on site: until an offer is taken), ``visits`` a year that were
    booked and ``blocked`` somebody for nothing, ``fallen`` through, and ``rebooked`` of these, ``replications``,
    ``s_per_replication`` (processor). Intervals need two replications or more.
    """
    crew = crew_of(study, travel, result)
    predicted = predict(crew)
    began = time.process_time()
    rows = _rows(crew)
    years: Years | None = None
    for i in range(replications):
        one = _Year(crew, rows, seed, i).run()
        years = one if years is None else years + one
        if progress is not None:
            progress("simulation", (i + 1) / replications)
        if stop is not None and stop():
            break
    if years is None:
        raise ValueError(f"replications are {replications}, 1 or more expected")
    spent = time.process_time() - began
    return {
        **summary(crew, years, predicted),
        "seed": seed,
        "s_per_replication": round(spent / len(years.requests), 3),
    }


def simulated(study: Study, result: Mapping[str, Any], travel: Travel, years: Years) -> dict[str, Any]:
    """What :func:`simulate` says, of years that were simulated elsewhere (all replications, in their order)."""
    crew = crew_of(study, travel, result)
    return summary(crew, years, predict(crew))


def summary(crew: Crew, years: Years, predicted: Mapping[str, Any]) -> dict[str, Any]:
    """What the replications say, beside what was predicted."""
    data = crew.data
    languages = data.study.languages
    at = np.array([languages.index(key[1]) for key in data.classes], dtype=np.int64)
    fill = {}
    for i, language in enumerate(languages):
        mine = at == i
        asked = years.requests[:, mine].sum(axis=1)
        served = (years.own + years.fallback)[:, mine].sum(axis=1)
        if not mine.any():
            continue
        fill[language] = {
            "predicted": predicted["fill"].get(language),
            **_share(served, asked),
            "requests": float(asked.mean()),
        }
    asked, served = years.requests.sum(axis=1), (years.own + years.fallback).sum(axis=1)
    every = float(data.requests.sum())
    total = {
        "predicted": float(data.requests @ predicted["served"]) / every if every else None,
        **_share(served, asked),
        "requests": float(asked.mean()),
    }
    site = data.site
    phone = np.array([key[2] == "phone" for key in data.classes], dtype=bool)
    wait = {
        "phone": {
            "predicted": predicted["wait_phone"],
            **_interval(
                years.waited[:, phone].sum(axis=1), years.answered[:, phone].sum(axis=1).astype(np.float64)
            ),
        },
        "on_site": {
            "predicted": predicted["wait_site"],
            **_interval(
                data.study.behaviour.answer_minutes * years.offers[:, site].sum(axis=1),
                years.own[:, site].sum(axis=1).astype(np.float64),
            ),
        },
    }
    visits = {
        name: float(getattr(years, name).sum(axis=1).mean()) for name in ("blocked", "fallen", "rebooked")
    }
    return {
        "fill": fill,
        "total": total,
        "wait_min": wait,
        "visits": visits,
        "replications": len(years.requests),
    }


def _share(served: Ints, asked: Ints) -> dict[str, Any]:
    """As :func:`_interval`, cut off where no share is."""
    found = _interval(served.astype(np.float64), asked.astype(np.float64))
    if found["ci95"] is not None:
        found["ci95"] = [min(max(end, 0.0), 1.0) for end in found["ci95"]]
    return found


def _interval(part: Floats, whole: Floats) -> dict[str, Any]:
    """The ratio of two sums over replications and its 95 % interval (ratio estimator, Student)."""
    total = float(whole.sum())
    if not total:
        return {"simulated": None, "ci95": None}
    ratio, n = float(part.sum()) / total, len(whole)
    if n < 2:
        return {"simulated": ratio, "ci95": None}
    error = float(np.sqrt(((part - ratio * whole) ** 2).sum() / (n - 1) / n)) / (total / n)
    half = (_T975[n - 2] if n - 2 < len(_T975) else 1.96 + 2.6 / (n - 1)) * error
    return {"simulated": ratio, "ci95": [ratio - half, ratio + half]}
