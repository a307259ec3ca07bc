"""What a plan will serve, from queues: the fill rate that is published beside the simulated one.

Every bucket of calls and every on-site class sees its people as one loss system: birth and death of busy people among those
who are there, each new request finding nobody with probability (1 - yes) to the power of the free. Its load is its
own requests and the work its people do for others, shared out by who is there and free, until both agree (a fixed point
in the manner of the hypercube's approximations: Larson 1975; Batta, Dolan, Krishnamurthy 1989). How many are there is
averaged over, never replaced by its mean; so are seasons and bursts. The formula for people busy independently of each
other is not used: it is wrong where people share languages. Nor are people on visits thought away independently: so many
of them are out as a loss system would have busy; and on a day when few are there, these few get all the work of the systems
that live by them (:meth:`_Systems.relate`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crew import Crew, multiplier_norm, tries_of
from .losses import NEVER, steady
from .study import WEEKS

__all__ = ["predict"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS = 12
_MANY = 40  # people counted one by one; more are as good as this many
_LOADS = np.concatenate([[0.0], np.geomspace(1e-3, 1e4, 400)])
_LEVELS = 5  # intensities a year is gathered to


class _Systems:
    """Loss systems side by side: members padded to a table; their rank is the order they are asked in."""

    def __init__(self, members: list[list[int]], presence: Floats, size: int) -> None:
        self.n = len(members)
        self.width = width = max([1, *map(len, members)])
        self.member = np.full((self.n, width), size, dtype=np.int64)  # `size`: nobody
        for i, line in enumerate(members):
            self.member[i, : len(line)] = line
        self.presence = presence  # (systems, width): share of the time there
        self.most = min(width, _MANY)
        self.there = self.everybody = self._there()
        self.whole = presence
        self.gone = np.zeros(
            self.there.shape
        )  # how many more than usual are out, of those who are there so many
        self.last = np.zeros(self.n)  # share lost in the round before
        self.kin = np.zeros(
            self.n
        )  # of the work its people do for others, the share that stays when few are there

    def _there(self) -> Floats:
        """float64 (systems, most + 1): how likely so many are there at once (Poisson binomial)."""
        found = np.zeros((self.n, self.width + 1))
        found[:, 0] = 1.0
        for j in range(self.width):
            p = self.presence[:, j, None]
            found[:, 1:] = found[:, 1:] * (1 - p) + found[:, :-1] * p
            found[:, 0] *= 1 - p[:, 0]
        cut = found[:, : self.most + 1].copy()
        cut[:, self.most] += found[:, self.most + 1 :].sum(axis=1)
        return cut

    def relate(self, language: list[str], load: Floats) -> None:
        """Tell which systems live by the same people: on a day when few of them are there, these few get all of it.

        What is done for a system whose other people are elsewhere is shared with these, so it shrinks with who is there.
        Only systems of one ``language`` are looked at; ``load`` erlangs of each.
        """
        people = int(self.member.max(initial=0)) + 1
        usual = np.maximum(self.presence.sum(axis=1), 1e-12)
        each = self.presence / usual[:, None]  # a member's share of the system
        work = np.bincount(self.member.ravel(), (load[:, None] * each).ravel(), people)
        total = np.where(self.presence > 0, work[self.member], 0.0).sum(axis=1) - load
        groups: dict[str, list[int]] = {}
        for i, name in enumerate(language):
            groups.setdefault(name, []).append(i)
        for mine in groups.values():
            sets: dict[bytes, list[int]] = {}
            for i in mine:
                sets.setdefault(self.member[i].tobytes(), []).append(i)
            rows = np.array([line[0] for line in sets.values()])
            table = np.zeros((len(rows), people))
            np.put_along_axis(table, self.member[rows], each[rows], axis=1)
            inside = np.zeros((len(rows), people))
            np.put_along_axis(inside, self.member[rows], (self.presence[rows] > 0).astype(float), axis=1)
            common = inside @ table.T  # (r, s): the share of s that r's people are
            loads = np.array([load[line].sum() for line in sets.values()])
            kin = common**2 @ loads
            for r, line in enumerate(sets.values()):
                self.kin[line] = (kin[r] - load[line]) / np.maximum(total[line], 1e-12)
        self.kin = np.clip(self.kin, 0.0, 1.0)

    def without(self, blocked: Floats) -> _Systems:
        """The same systems where people there are ``blocked`` (systems, width) for such shares of the time.

        Whoever is on a visit is so because another one was: of n who are there so many are out as in a loss system of n,
        not as if each were out by chance alone.
        """
        here = self.whole
        self.presence = here * (1 - blocked)
        out = 1 - self.presence.sum(axis=1) / np.maximum(here.sum(axis=1), 1e-12)
        self.there, self.gone = _spread(self.everybody, out)
        usual = np.arange(self.most + 1) * (out / np.maximum(1 - out, 1e-9))[:, None]
        self.gone -= usual
        return self

    def lost(
        self,
        own: Floats,
        other: Floats,
        yes: float,
        warm: Floats,
        span: Floats,
        again: Floats | None = None,
        back: Floats | None = None,
        tries: int = 0,
    ) -> tuple[Floats, Floats, Floats]:
        """Share of requests lost; of those the share that is served by calling again; and the calls that takes, each.

        ``own``, ``other``: erlangs offered by the system's requests, and by work for others when all are there as
        usual. ``yes``: that somebody free takes one. ``warm``: share of the band in which the day's first talks
        have not ended; ``span``: how much of a talk that is. ``again``: minutes until the next
        call over those of a talk; ``back`` (systems, most + 1): how many more than now are there then; ``tries``: how
        many further calls.
        """
        usual = np.maximum(self.presence.sum(axis=1), 1e-12)
        wait = np.ones(self.n) if again is None else again
        nobody = np.zeros(self.there.shape)
        lost, later, calls = (
            one[0]
            for one in steady(
                self.there, usual, own[None], other[None], yes, wait, nobody if back is None else back, tries
            )
        )
        # The day's first talks have not ended: nobody comes back, so what is lost is what a pure birth loses, and
        # calling again only finds who said no.
        cold = self.there[:, 0].copy()
        for n in range(1, self.there.shape[1]):
            at = np.flatnonzero(self.there[:, n] > NEVER)
            if not len(at):
                continue
            load = np.maximum((own[at] + other[at] * n / usual[at]) * span[at], 1e-12)
            cold[at] += self.there[at, n] * (1 - np.interp(load, _LOADS, _births(yes)[n]) / load)
        missed = (1 - warm) * lost + warm * cold
        later, calls = (1 - warm) * later, (1 - warm) * calls
        if tries:
            growing = np.array([0.2113, 0.7887])[:, None] * span  # two points of Gauss
            first = steady(self.there, usual, own * growing, other * growing, yes, 0 * wait, nobody, tries)
            ratio = warm * cold / np.maximum(first[0].sum(axis=0), 1e-300)
            later, calls = later + ratio * first[1].sum(axis=0), calls + ratio * first[2].sum(axis=0)
        found = np.divide(later, missed, out=np.zeros(self.n), where=missed > 0)
        return missed, found, np.divide(calls, later, out=np.zeros(self.n), where=later > 0)


def _spread(there: Floats, out: Floats) -> tuple[Floats, Floats]:
    """How likely so many are left of those ``there`` (systems, most + 1) where the share ``out`` of them are not; and how
    many are out in the mean where so many are left.
    """
    left, gone = np.zeros(there.shape), np.zeros(there.shape)
    left[:, 0] = there[:, 0]
    for n in range(1, there.shape[1]):
        at = np.flatnonzero(there[:, n] > NEVER)
        if not len(at):
            continue
        load = np.interp(out[at], _shares_out(n), _LOADS)
        weight = np.ones((len(at), n + 1))  # of so many out
        weight[:, 1:] = np.cumprod(load[:, None] / np.arange(1, n + 1), axis=1)
        chance = (there[at, n] / weight.sum(axis=1))[:, None] * weight[:, ::-1]
        left[at, : n + 1] += chance
        gone[at, : n + 1] += chance * np.arange(n, -1, -1)
    return left, np.divide(gone, left, out=np.zeros(gone.shape), where=left > NEVER)


@lru_cache(maxsize=_MANY + 1)
def _shares_out(n: int) -> Floats:
    """The share of n people who are out in the mean at each of the loads."""
    each = np.cumprod(np.column_stack([np.ones(len(_LOADS)), *(_LOADS / i for i in range(1, n + 1))]), axis=1)
    return np.asarray(each @ np.arange(n + 1) / each.sum(axis=1) / n)


@lru_cache(maxsize=4)
def _births(yes: float) -> Floats:
    """(people, loads): how many take a talk until the first of them has ended, where so many are offered in the mean."""
    most = 500
    taken = np.zeros((_MANY + 1, most + 1))  # by so many people of so many offers
    busy = np.arange(_MANY + 1)
    n = busy[:, None]
    state = (busy == 0) * np.ones((_MANY + 1, 1))
    rate = np.where(busy < n, 1 - (1 - yes) ** np.maximum(n - busy, 0), 0.0)
    for k in range(1, most + 1):
        move = state * rate
        state = state - move
        state[:, 1:] += move[:, :-1]
        taken[:, k] = state @ busy
    offers = np.arange(most + 1)
    loads = np.maximum(_LOADS, 1e-300)[:, None]
    gone = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])
    chance = np.exp(offers * np.log(loads) - loads - gone)
    chance[:, -1] += np.maximum(1 - chance.sum(axis=1), 0.0)
    return np.asarray(taken @ chance.T)


def _offers(free: Floats, yes: float) -> Floats:
    """How many are asked until one says yes, where one of so many free does; straight between whole numbers."""
    most = int(np.ceil(free.max(initial=1.0))) + 1
    each = yes * (1 - yes) ** np.arange(most)
    mean = np.cumsum(np.arange(1, most + 1) * each) / np.maximum(np.cumsum(each), 1e-300)
    return np.asarray(np.interp(free, np.arange(1, most + 1), mean))


class _Band:
    """One band of the week: its on-site systems and its call systems, solved together."""

    def __init__(self, crew: Crew, band: int, here: Floats, thought: Floats) -> None:
        data, study = crew.data, crew.data.study
        name = study.bands[band].id
        self.crew, self.people = crew, len(crew.names)
        self.hours = WEEKS * study.bands[band].hours_week
        self.day = study.bands[band].end - study.bands[band].start
        self.here = np.append(here, 0.0)
        self.thought = np.append(thought, 0.0)  # to be there, when visits are booked
        self.sites = np.array(
            [d for d in np.flatnonzero(data.site).tolist() if data.classes[d][3] == name], dtype=np.int64
        )
        self.remote = np.array(
            [d for d in np.flatnonzero(~data.site).tolist() if data.classes[d][3] == name], dtype=np.int64
        )
        members = [[k for k, _ in crew.visits[d]] for d in self.sites.tolist()]
        self.visit = _Systems(members, self._presence(members, self.thought), self.people)
        self.far = np.zeros((self.visit.n, self.visit.width))
        for i, d in enumerate(self.sites.tolist()):
            self.far[i, : len(members[i])] = [far for _, far in crew.visits[d]]
        self.hold = (data.minutes[self.sites, None] + 2 * self.far) / 60
        groups = [g for g, key in enumerate(data.buckets) if key[1] == name]
        self.row = {g: i for i, g in enumerate(groups)}
        firsts = [list(crew.calls[g][0]) for g in groups]
        rests = [list(crew.calls[g][1]) for g in groups]
        self.first = _Systems(firsts, self._presence(firsts, self.here), self.people)
        self.rest = _Systems(rests, self._presence(rests, self.here), self.people)
        self.site_row = np.array([self.row[int(data.bucket[d])] for d in self.sites], dtype=np.int64)
        self.remote_row = np.array([self.row[int(data.bucket[d])] for d in self.remote], dtype=np.int64)
        self.visit.relate(
            [data.classes[d][1] for d in self.sites.tolist()], (data.requests * data.minutes)[self.sites]
        )
        asked = (data.requests * data.minutes)[self.remote]
        loads = np.asarray(np.bincount(self.remote_row, asked, len(groups)), dtype=np.float64)
        for systems in (self.first, self.rest):
            systems.relate([data.buckets[g][0] for g in groups], loads)

    def _presence(self, members: list[list[int]], here: Floats) -> Floats:
        width = max([1, *map(len, members)])
        found = np.zeros((len(members), width))
        for i, line in enumerate(members):
            found[i, : len(line)] = here[line]
        return found

    def solve(self, level: Floats) -> dict[str, Floats]:
        """``level`` (classes,): how many times the year's mean comes. Shares of each class that are served."""
        data, study = self.crew.data, self.crew.data.study
        how = study.behaviour
        kept = 1 - how.cancelled
        asked_for = data.requests * level / self.hours  # an hour
        rate = kept * asked_for
        # Visits booked, those cancelled late included: they hold their people all the same.
        booked = (kept + how.cancelled_late) * asked_for[self.sites]
        held = rate[self.sites] / np.maximum(booked, 1e-300)  # of these, what takes place
        ill = how.absence * how.absence_unforeseen  # of those thought to be there
        ill = ill / (1 - how.absence + ill) if ill else 0.0
        fell, again_site = np.zeros(len(self.sites)), np.zeros(len(self.sites))  # of what was booked
        yes = how.answer_yes
        n = self.people + 1
        busy_site, busy_call = np.zeros(n), np.zeros(n)  # share of the time there
        blocked = np.zeros(n)  # share of the time there in which an on-site talk forbids a call
        here, thought = np.maximum(self.here, 1e-12), np.maximum(self.thought, 1e-12)
        talk_site = data.minutes[self.sites] / 60
        calls = len(self.row)
        tries = tries_of(study)
        phone = np.array([data.classes[d][2] == "phone" for d in self.remote], dtype=bool)
        # Erlangs of what is called again where nobody answers: neither by video nor instead of a visit.
        ringing = np.bincount(
            self.remote_row, rate[self.remote] * data.minutes[self.remote] / 60 * phone, calls
        )
        lost_site = np.zeros(len(self.sites))
        coming = np.full(len(self.sites), float(study.rules.fallback_weight is not None))
        for _ in range(_ROUNDS):
            # on site: nearest first
            free = self.visit.presence * (1 - busy_site[self.visit.member])
            ask = free * yes
            pass_ = np.cumprod(np.concatenate([np.ones((len(ask), 1)), 1 - ask[:, :-1]], axis=1), axis=1)
            first = ask * pass_
            share = first / np.maximum(first.sum(axis=1), 1e-300)[:, None]
            taken = (booked * (1 - lost_site))[:, None] * share  # visits an hour by person
            work = np.asarray(
                np.bincount(self.visit.member.ravel(), (taken * self.hold).ravel(), n), np.float64
            )
            mean_hold = (share * self.hold).sum(axis=1)
            own = booked * mean_hold
            inside = self._served(self.visit, work, taken * self.hold)
            warm, span = self._warm(mean_hold)
            same, other = self._offered(self.visit, inside, lost_site)
            lost_site, _, _ = self.visit.lost(own + same, other, yes, warm, span)
            lost_site[self.visit.presence.sum(axis=1) <= 0] = 1.0
            busy_site = 0.5 * busy_site + 0.5 * np.minimum(work / thought, 0.999)
            trips = np.bincount(self.visit.member.ravel(), taken.ravel(), n)
            # what those who are there do, and the share of the time they do it: as booked, and what others could not do
            do, times = work * (1 - ill), trips * (1 - ill)
            if ill:
                fell = np.asarray((1 - lost_site) * ill)
                come = trips / thought / (1 - np.minimum(busy_site, 0.99))
                anew = self._anew(ask * (1 - ill), share, lost_site, come)
                again_site = fell * anew.sum(axis=1)
                more = (booked * held * fell)[:, None] * anew
                do += np.bincount(self.visit.member.ravel(), (more * self.hold).ravel(), n)
                times += np.bincount(self.visit.member.ravel(), more.ravel(), n)
            # calls: those of their own and talks nobody could go to
            # (the latter when people are away: what those there are offered is what is served of it)
            nobody = lost_site + fell - again_site
            instead = rate[self.sites] * nobody * coming
            count, minutes = np.zeros(calls), np.zeros(calls)
            for row, many, each in (
                (self.remote_row, rate[self.remote], data.minutes[self.remote] / 60),
                (
                    self.site_row,
                    instead,
                    talk_site,
                ),
            ):
                count += np.bincount(row, many, calls)
                minutes += np.bincount(row, many * each, calls)
            each = np.divide(minutes, count, out=np.full(calls, 0.5), where=count > 0)
            mean_call = float(minutes.sum() / count.sum()) if count.sum() else 0.0
            blocked, ends = self._blocked(do / here, times / here, np.minimum(do / here, 0.999), mean_call)
            lost1, again1, calls1, share1 = self._calls(
                self.first, count, each, yes, busy_call, blocked, ends, tries
            )
            lost2, again2, calls2, share2 = self._calls(
                self.rest, count * lost1, each, yes, busy_call, blocked, ends, tries
            )
            lost = lost1 * lost2
            # Made again is what neither takes, and what is by phone.
            load, later = count * each, ringing * lost
            taken1 = load * (1 - lost1) + later * again1
            taken2 = load * lost1 * (1 - lost2) + later * (1 - again1) * again2
            done = np.bincount(self.first.member.ravel(), (taken1[:, None] * share1).ravel(), n)
            done += np.bincount(self.rest.member.ravel(), (taken2[:, None] * share2).ravel(), n)
            busy_call = 0.5 * busy_call + 0.5 * np.minimum(done / (here * (1 - blocked)), 0.999)
            if study.rules.fallback_weight is not None:
                come = trips / thought / (1 - np.minimum(busy_site, 0.99))
                still = self._still(lost, busy_site, busy_call, blocked, come, yes)
                coming = (1 - still) / np.maximum(1 - lost[self.site_row], 0.02)
                coming = np.minimum(coming, 1.0)
        again = 1 - (1 - again1) * (1 - again2)
        number = np.divide(
            again1 * calls1 + again2 * calls2, again1 + again2, out=np.ones(calls), where=again > 0
        )
        after = lost * (1 - again)
        served = np.zeros(len(data.classes))
        served[self.remote] = 1 - np.where(phone, after[self.remote_row], lost[self.remote_row])
        own_site = 1 - nobody
        served[self.sites] = own_site
        if study.rules.fallback_weight is not None:
            served[self.sites] += nobody * (1 - still)
        # Who stays to the end of a talk after hours has them back: nobody works more than there is of them.
        worked = np.minimum(do + done, self.here)
        later = np.zeros(len(data.classes))
        later[self.remote] = np.where(phone, (lost * again * number)[self.remote_row], 0.0)
        site = np.zeros(len(data.classes))
        site[self.sites] = own_site
        some = 1 - np.prod(1 - free, axis=1)
        asked = np.zeros(len(data.classes))
        offers = _offers(free.sum(axis=1) / np.maximum(some, 1e-12), yes)
        once_more = _offers(np.ones(1), yes)  # at the least
        asked[self.sites] = own_site * offers + again_site * once_more
        return {
            "served": served,
            "site": site,
            "later": later,
            "asked": asked,
            "worked": np.asarray(worked[:-1] * self.hours),
        }

    def _anew(self, ask: Floats, share: Floats, lost: Floats, come: Floats) -> Floats:
        """Of the visits that fell through, the share each member takes: those after who was booked are asked.

        ``ask``: that a member is there, free and says yes; ``share`` of the visits by member. Everybody's day is booked by
        then: who is to leave for a later visit (``come`` an hour while free) before this one ends cannot. What nobody takes
        is raised to a power, as the loss ``lost`` of the system is what members independent of each other would lose.
        """
        member = self.visit.member
        ask = np.minimum(ask * np.exp(-come[member] * self.hold), 0.999)
        found = np.zeros(ask.shape)
        left = np.zeros(len(ask))
        for i in range(ask.shape[1]):
            found[:, i] = left * ask[:, i]
            left = left - found[:, i] + share[:, i]
        alone = np.log1p(-ask).sum(axis=1)
        power = np.divide(
            np.log(np.clip(lost, 1e-12, 1.0)), alone, out=np.ones(len(ask)), where=alone < -1e-9
        )
        left = np.minimum(left, 1.0)
        want = 1 - left ** np.clip(power, 0.0, 1.0)
        return np.asarray(
            found * np.divide(want, 1 - left, out=np.zeros(len(ask)), where=left < 1 - 1e-12)[:, None]
        )

    def _blocked(self, work: Floats, trips: Floats, busy: Floats, call: float) -> tuple[Floats, Floats]:
        """Share of the time there in which a call would run into an on-site talk or its way; how often an hour that ends.

        A visit forbids its own length and, before it, a call's, less where visits follow closely; what lies after the
        end of the band forbids nothing. ``work`` hours and ``trips`` visits an hour there, ``call`` hours.
        """
        length = np.divide(work, trips, out=np.zeros(len(work)), where=trips > 1e-12)
        come = np.maximum(trips / (1 - np.minimum(busy, 0.99)), 1e-9)  # offered while free
        apart = np.exp(-come * call)  # that no other visit follows so closely that no call fits in between
        length = length + (1 - apart) / come
        inside = np.minimum(length, self.day)
        share = np.minimum(trips * (length - inside**2 / (2 * self.day)) * (trips > 1e-12), 0.98)
        return np.asarray(share), trips * apart

    def _still(
        self, lost: Floats, site: Floats, call: Floats, blocked: Floats, come: Floats, yes: float
    ) -> Floats:
        """Share of the talks nobody goes to that nobody takes by phone either.

        Who could not go is away, on another visit, or said no: each is less likely than usual to take the call, the
        more so as a visit that comes soon after (``come`` an hour while free) has been booked before it. The loss of
        the bucket is raised to the power of what remains of its people (in logarithms of being unavailable).
        """
        people = np.arange(self.people)
        usual = np.log1p(-np.minimum((self.here * (1 - blocked) * (1 - call) * yes)[people], 0.999))
        bucket = np.zeros(len(self.row))
        for systems in (self.first, self.rest):
            inside = np.where(systems.member < self.people, np.append(usual, 0.0)[systems.member], 0.0)
            bucket += inside.sum(axis=1)
        member = self.visit.member
        there = self.visit.presence
        free = there * (1 - site[member])
        trip = there * site[member]
        between = np.divide(self.far, 60 * self.hold, out=np.zeros_like(self.far), where=self.hold > 0)
        may = (
            (free * (1 - yes) + trip * between) * (1 - call[member]) * yes / np.maximum(1 - free * yes, 1e-9)
        )
        may *= np.exp(-come[member] * (self.hold - 2 * self.far / 60))
        there_now = np.log1p(-np.minimum(may, 0.999))
        whole = bucket[self.site_row]
        change = (there_now - np.append(usual, 0.0)[member]).sum(axis=1, where=member < self.people)
        power = np.divide(whole + change, whole, out=np.ones(len(whole)), where=whole < -1e-12)
        return np.asarray(lost[self.site_row] ** np.clip(power, 0.0, 1.0))

    def _warm(self, hold: Floats) -> tuple[Floats, Floats]:
        """Share of the band in which the first talks, of so many hours, have not ended, and how much of a talk that is."""
        return np.minimum(hold / self.day, 1.0), np.minimum(self.day / np.maximum(hold, 1e-9), 1.0)

    def _served(self, systems: _Systems, work: Floats, own: Floats) -> Floats:
        """Erlangs the system's people do for other requests than the system's own."""
        total = np.where(systems.member < self.people, work[systems.member], 0.0).sum(axis=1)
        return np.asarray(np.maximum(total - own.sum(axis=1), 0.0))

    def _offered(self, systems: _Systems, served: Floats, lost: Floats) -> tuple[Floats, Floats]:
        """What was offered, where this was served: whoever is there, and by each who is there."""
        some = 1 - systems.there[:, 0]
        kept = np.divide(1 - lost, some, out=np.ones(len(lost)), where=some > 1e-9)
        same = systems.kin * served / np.clip(1 - lost, 0.02, 1.0)
        return same, np.asarray((1 - systems.kin) * served / np.clip(kept, 0.02, 1.0))

    def _calls(
        self,
        systems: _Systems,
        count: Floats,
        each: Floats,
        yes: float,
        busy: Floats,
        blocked: Floats,
        ends: Floats,
        tries: int,
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Share lost, share of those that calling again serves, calls that takes, and what each member has of the taken."""
        systems.without(blocked[systems.member])
        weight = systems.presence * (1 - busy[systems.member])
        share = weight / np.maximum(weight.sum(axis=1), 1e-300)[:, None]
        work = busy * np.maximum(self.here * (1 - blocked), 1e-12)
        own = count * each
        lost = systems.last
        inside = self._served(systems, work, (own * (1 - lost))[:, None] * share)
        again = self.crew.data.study.behaviour.retry_minutes / 60 / each if tries else None
        warm, span = self._warm(each)
        same, other = self._offered(systems, inside, lost)
        back = None
        if tries:
            # Who is out when a call finds nobody may be back at the next.
            out, come = ((systems.whole * one[systems.member]).sum(axis=1) for one in (blocked, ends))
            each_hour = np.divide(come, out, out=np.zeros(systems.n), where=out > 1e-12)
            retry = self.crew.data.study.behaviour.retry_minutes / 60
            back = np.minimum(retry * each_hour, 1.0)[:, None] * systems.gone
        lost, later, calls = systems.lost(own + same, other, yes, warm, span, again, back, tries)
        lost = np.where(systems.presence.sum(axis=1) <= 0, 1.0, lost)
        systems.last = lost
        return lost, later, calls, share


def _levels(crew: Crew) -> list[tuple[float, float]]:
    """(intensity, share of requests' days): seasons and bursts, gathered to a few."""
    how = crew.data.study.behaviour
    inside, norm = multiplier_norm(crew.data.study)
    raw: dict[float, float] = {}
    for season in how.season:
        for factor, part in ((1.0, 1 - inside), (how.burst_factor, inside)):
            if part > 0:
                value = round(season * factor / norm, 9)
                raw[value] = raw.get(value, 0.0) + part / 12
    values = sorted(raw)
    if len(values) <= _LEVELS:
        return [(value, raw[value]) for value in values]
    found = []
    for group in np.array_split(np.array(values), _LEVELS):
        part = sum(raw[float(value)] for value in group)
        found.append((sum(float(v) * raw[float(v)] for v in group) / part, part))
    return found


def predict(crew: Crew) -> dict[str, Any]:
    """``fill`` by language, ``wait_phone`` and ``wait_site`` minutes (None: nobody served), hours ``worked`` (people,).

    ``served`` and ``site`` (classes,): the share of its requests that is held at all, and held on site.
    """
    data, study = crew.data, crew.data.study
    how = study.behaviour
    here = crew.share * (1 - how.absence)
    thought = crew.share * (1 - how.absence * (1 - how.absence_unforeseen))
    scale = np.ones(len(crew.names))
    n = len(data.classes)
    for _ in range(5):
        served, site, later, offers = (np.zeros(n) for _ in range(4))
        worked = np.zeros(len(crew.names))
        for b in range(len(study.bands)):
            band = _Band(crew, b, here[:, b] * scale, thought[:, b] * scale)
            mine = np.concatenate([band.sites, band.remote])
            for level, part in _levels(crew):
                found = band.solve(np.full(n, level))
                served[mine] += level * part * found["served"][mine]
                site[mine] += level * part * found["site"][mine]
                later[mine] += level * part * found["later"][mine]
                offers[mine] += level * part * found["asked"][mine]
                worked += part * found["worked"]
        over = worked > crew.cap * 1.01
        if not over.any():
            break
        scale = np.where(worked > crew.cap, scale * crew.cap / np.maximum(worked, 1e-9), scale)
    at = {name: i for i, name in enumerate(study.languages)}
    group = np.array([at[key[1]] for key in data.classes], dtype=np.int64)
    asked = np.bincount(group, data.requests, len(at))
    done = np.bincount(group, data.requests * served, len(at))
    phone = np.array([key[2] == "phone" for key in data.classes], dtype=bool)
    answered = float((data.requests * served)[phone].sum())
    late = float((data.requests * later)[phone].sum())
    visited = float((data.requests * site)[data.site].sum())
    return {
        "fill": {name: float(done[i] / asked[i]) for name, i in at.items() if asked[i] > 0},
        "wait_phone": late * how.retry_minutes / answered if answered else None,
        "wait_site": how.answer_minutes * float((data.requests * offers).sum()) / visited
        if visited
        else None,
        "worked": worked,
        "served": served,
        "site": site,
    }
