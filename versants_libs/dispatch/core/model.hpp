// What the search is given, flat arrays checked once, and the state of a plan. See schedule.hpp for the words.
//
// Times are int32 (seconds, or the unit of the instance), costs int64, indices int32; spans include both ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#if defined(__GNUC__)
#define VERSANTS_APART __attribute__((noinline, cold))  // not in the middle of what is asked most
#else
#define VERSANTS_APART
#endif

namespace versants {

using Time = std::int32_t;
using Cost = std::int64_t;

constexpr Time NEVER = std::numeric_limits<Time>::max() / 4;
constexpr Cost IMPOSSIBLE = std::numeric_limits<Cost>::max() / 4;
constexpr int NONE = -1;

struct Span {
    Time low, high;
};

// A window for lateness. A hard one counts only while it is open; a soft one from then on.
struct Due {
    Time low, high;
    bool hard;
};

struct Fit {
    int person;
    int spans, spans_end;  // allowed starts of this person in this slot
    Cost price;            // what this person costs in this slot whatever the time
};

// Due in its duty as soon as that holds a visit: ``length`` within [low, high). One that must be (``missed`` NEVER_MISSED)
// may lie on the road; one that may be missed, at that price, is taken at a place. A duty has pauses of one kind only.
constexpr Cost NEVER_MISSED = -1;
struct Pause {
    Time length, low, high;
    Cost missed;
};

// Between two visits, where both are served: ``to`` starts not before the other node's start plus ``low``.
struct Arc {
    int to;
    Time low;
};

struct Prices {
    Cost lateness = 1, largest_lateness = 0, travel = 1, waiting = 0, overtime = 1, imbalance = 0, changes = 0, largest_idle = 0;
};

struct Limits {
    Time day = NEVER, week = NEVER, driving = NEVER;
    int crises = std::numeric_limits<int>::max();
    bool any() const {
        return day != NEVER || week != NEVER || driving != NEVER || crises != std::numeric_limits<int>::max();
    }
};

struct Model {
    int n_places = 0, n_people = 0, n_duties = 0, n_visits = 0, n_nodes = 0, n_fixed = 0;
    Time step = 1;
    std::vector<Time> travel;  // n_places x n_places, from x to; one after the other for each way to move

    // Duties (one shift of one person), grouped by person: duty_of[p] .. duty_of[p + 1]. Places may be NONE.
    // ``credit``: travel of a used duty that is not counted. ``day``, ``week``: what its limits count for, or NONE.
    std::vector<int> duty_of, duty_person, duty_from, duty_to, duty_day, duty_week;
    std::vector<std::int64_t> duty_road;  // where its matrix begins in travel
    // Bands of time in which ways take another time, from when on; the first has been there always. Empty: always the same.
    // By way to move and band: where its matrix begins in travel, and how much of it a way takes. duty_band: where those of
    // duty d begin.
    std::vector<Time> band_start;
    std::vector<std::int64_t> band_road;
    std::vector<int> band_percent, duty_band;
    std::vector<Time> duty_start, duty_end, duty_latest, duty_credit;
    std::vector<int> pause_of;  // pauses of duty d: pause_of[d] .. pause_of[d + 1]
    std::vector<Pause> pauses;
    std::vector<int> fixed_of;  // busy times of duty d, in order: fixed_of[d] .. fixed_of[d + 1]
    std::vector<Time> fixed_start, fixed_length;
    std::vector<int> fixed_place;

    // Shared vehicles: how many there are in each piece of time of each pool; the pieces from stretch_from to stretch_to
    // (none: no vehicle) are those in which duty d has one, if it has a visit at a place.
    std::vector<int> vehicles, stretch_from, stretch_to;

    std::vector<Limits> limits;  // by person
    std::vector<Time> worked;    // by person: work of the first week done before

    // Nodes (slots) of visit v: node_of[v] .. node_of[v + 1]; the first is the anchor of the lags. Place NONE: remote.
    std::vector<int> node_of, node_visit;
    std::vector<Cost> unserved;
    std::vector<std::uint8_t> crisis, held;  // held: once placed it is not taken out
    std::vector<Time> duration, lag_low, lag_high;
    std::vector<int> place;
    std::vector<int> due_of;  // windows that make node i late: due_of[i] .. due_of[i + 1]; none: never late
    std::vector<Due> due;
    std::vector<int> fit_of;  // fits of node i: fit_of[i] .. fit_of[i + 1]
    std::vector<Fit> fits;
    std::vector<Span> spans;
    std::vector<int> arc_of;  // arcs that leave node i: arc_of[i] .. arc_of[i + 1]
    std::vector<Arc> arcs;
    std::vector<int> peer_of, peers;    // by node: nodes of other visits that need the same person
    std::vector<int> union_of, unions;  // by visit: other visits that are served with it or not at all
    std::vector<int> told_person;  // by node: whom the published plan has there, or NONE
    std::vector<Time> told_start;
    Prices prices;
    Time largest_before = 0;  // the largest lateness of what is not in here but counts (a part of a day)

    Time way(int a, int b) const { return travel[static_cast<std::size_t>(a) * n_places + b]; }  // the first way to move
    const Time* road(int d) const { return travel.data() + duty_road[d]; }
    Time way(const Time* road, int a, int b) const { return road[static_cast<std::size_t>(a) * n_places + b]; }
    Time way(int d, int a, int b) const { return way(road(d), a, b); }
    bool by_time() const { return !band_start.empty(); }

    // Seconds from a to b for who leaves in band k.
    Time way_in(int d, int k, int a, int b) const {
        const std::size_t z = static_cast<std::size_t>(duty_band[d]) + k;
        const Time usual = way(travel.data() + band_road[z], a, b);
        return band_percent[z] == 100 ? usual : static_cast<Time>((static_cast<Cost>(usual) * band_percent[z] + 50) / 100);
    }

    int band_at(Time t) const {
        return static_cast<int>(std::upper_bound(band_start.begin() + 1, band_start.end(), t) - band_start.begin()) - 1;
    }

    // When who is ready to leave a then is at b at the earliest: nobody has to leave at once.
    Time arrive(int d, int a, int b, Time ready) const { return by_time() ? arrival(d, a, b, ready).at : ready + way(d, a, b); }

    // When who must be at b by then is ready at a at the latest.
    Time leave(int d, int a, int b, Time until) const { return by_time() ? departure(d, a, b, until) : until - way(d, a, b); }

    // The least driving of who is ready then and there in time; that of the first arrival if none is in time.
    Time drive(int d, int a, int b, Time ready, Time until) const {
        return by_time() ? least_driving(d, a, b, ready, until) : way(d, a, b);
    }

    // The driving of who is ready then and at b as early as can be.
    Time home(int d, int a, int b, Time ready) const { return by_time() ? arrival(d, a, b, ready).driving : way(d, a, b); }

    // The same by bands, out of the way of those who need none.
    struct Arrival {
        Time at, driving;  // the least driving if several departures arrive then
    };

    VERSANTS_APART Arrival arrival(int d, int a, int b, Time ready) const {
        int k = band_at(ready);
        const Time now = way_in(d, k, a, b);
        Arrival best{ready + now, now};
        for (++k; k < static_cast<int>(band_start.size()) && band_start[k] <= best.at; ++k) {
            const Time w = way_in(d, k, a, b), at = band_start[k] + w;
            if (at < best.at || (at == best.at && w < best.driving)) best = {at, w};
        }
        return best;
    }

    VERSANTS_APART Time departure(int d, int a, int b, Time until) const {
        for (int k = band_at(until);; --k) {
            Time at = until - way_in(d, k, a, b);
            if (k + 1 < static_cast<int>(band_start.size())) at = std::min(at, band_start[k + 1] - 1);
            if (k == 0 || at >= band_start[k]) return at;
        }
    }

    VERSANTS_APART Time least_driving(int d, int a, int b, Time ready, Time until) const {
        int k = band_at(ready);
        Time best = NEVER;
        for (Time at = ready; at <= until;) {
            const Time w = way_in(d, k, a, b);
            if (at + w <= until) best = std::min(best, w);
            if (++k == static_cast<int>(band_start.size())) break;
            at = band_start[k];
        }
        return best < NEVER ? best : arrival(d, a, b, ready).driving;
    }

    int first(int d) const { return n_nodes + n_fixed + 2 * d; }
    int last(int d) const { return n_nodes + n_fixed + 2 * d + 1; }

    // The first allowed start at or after t, NEVER if none. Within a span starts are multiples of the step.
    Time next_start(const Fit& fit, Time t) const {
        for (int s = fit.spans; s < fit.spans_end; ++s) {
            if (t > spans[s].high) continue;
            if (t <= spans[s].low) return spans[s].low;
            if (step > 1) {
                t = (t + step - 1) / step * step;
                if (t > spans[s].high) continue;
            }
            return t;
        }
        return NEVER;
    }

    // Time after the latest start of the best window open by then.
    Time late(int node, Time start) const {
        int w = due_of[node];
        const int end = due_of[node + 1];
        if (w == end) return 0;
        if (end - w == 1) return std::max<Time>(0, start - due[w].high);
        Time best = NEVER;
        for (; w < end; ++w)
            if (due[w].low <= start && (!due[w].hard || start <= due[w].high)) best = std::min(best, std::max<Time>(0, start - due[w].high));
        return best == NEVER ? 0 : best;
    }

    template <class Need>
    void check_bands(std::size_t square, Need need) const {
        const std::size_t n = band_start.size();
        need(band_road.size() == band_percent.size() && (n > 0 ? band_road.size() % n == 0 : band_road.empty()),
             "the lists of bands differ in length");
        need(duty_band.size() == (n > 0 ? static_cast<std::size_t>(n_duties) : 0), "a list has the wrong length");
        for (std::size_t k = 0; k < n; ++k)
            need(band_start[k] > -NEVER / 8 && band_start[k] < NEVER / 8 && (k < 2 || band_start[k - 1] < band_start[k]), "bands are not in order");
        Time longest = 0;
        for (Time t : travel) longest = std::max(longest, t);
        for (std::int64_t at : band_road)
            need(at >= 0 && (square == 0 ? at == 0 : at % square == 0 && static_cast<std::size_t>(at) < travel.size()), "a band has an unknown way to move");
        for (int percent : band_percent)
            need(percent >= 0 && percent <= 10'000 && static_cast<Cost>(longest) * percent / 100 < NEVER / 8, "a percentage is out of range");
        for (int at : duty_band)
            need(at >= 0 && at % n == 0 && static_cast<std::size_t>(at) + n <= band_road.size(), "a duty has unknown bands");
    }

    // Throws std::invalid_argument with what is wrong.
    void check() const {
        auto need = [](bool holds, const char* what) {
            if (!holds) throw std::invalid_argument(what);
        };
        auto sized = [&](const auto& list, int n) { need(static_cast<long>(list.size()) == n, "a list has the wrong length"); };
        auto offsets = [&](const std::vector<int>& list, int n, std::size_t end) {
            sized(list, n + 1);
            need(list.front() == 0 && static_cast<std::size_t>(list.back()) == end, "offsets do not cover their list");
            for (int i = 0; i < n; ++i) need(list[i] <= list[i + 1], "offsets go backwards");
        };
        auto known = [&](int place) { return place == NONE || (place >= 0 && place < n_places); };
        auto moderate = [](Time t) { return t > -NEVER / 8 && t < NEVER / 8; };
        for (int n : {n_places, n_people, n_duties, n_visits, n_nodes, n_fixed}) need(n <= 100'000'000, "a count is out of range");
        need(step < NEVER / 8, "the step is out of range");
        need(n_places >= 0 && n_people >= 0 && n_visits >= 0 && n_nodes >= 0 && n_fixed >= 0 && step > 0, "a count is negative");
        const std::size_t square = static_cast<std::size_t>(n_places) * n_places;
        need(square == 0 ? travel.empty() : !travel.empty() && travel.size() % square == 0, "travel is not square");
        for (std::int64_t at : duty_road)
            need(at >= 0 && (square == 0 ? at == 0 : at % square == 0 && static_cast<std::size_t>(at) < travel.size()), "a duty has an unknown way to move");
        sized(duty_road, n_duties);
        check_bands(square, need);
        for (Time t : travel) need(t >= 0 && moderate(t), "a travel time is out of range");
        offsets(duty_of, n_people, n_duties);
        offsets(pause_of, n_duties, pauses.size());
        offsets(fixed_of, n_duties, n_fixed);
        offsets(node_of, n_visits, n_nodes);
        offsets(due_of, n_nodes, due.size());
        offsets(fit_of, n_nodes, fits.size());
        offsets(arc_of, n_nodes, arcs.size());
        offsets(peer_of, n_nodes, peers.size());
        offsets(union_of, n_visits, unions.size());
        for (auto* list : {&duty_person, &duty_from, &duty_to, &duty_day, &duty_week}) sized(*list, n_duties);
        sized(stretch_from, n_duties);
        sized(stretch_to, n_duties);
        for (int there : vehicles) need(moderate(there), "a number of vehicles is out of range");
        for (int d = 0; d < n_duties; ++d)
            need(stretch_from[d] >= 0 && stretch_from[d] <= stretch_to[d] && stretch_to[d] <= static_cast<int>(vehicles.size()),
                 "a duty has an unknown pool of vehicles");
        for (auto* list : {&duty_start, &duty_end, &duty_latest, &duty_credit}) sized(*list, n_duties);
        for (auto* list : {&fixed_start, &fixed_length}) sized(*list, n_fixed);
        sized(fixed_place, n_fixed);
        for (auto* list : {&duration, &lag_low, &lag_high, &told_start}) sized(*list, n_nodes);
        for (auto* list : {&node_visit, &place, &told_person}) sized(*list, n_nodes);
        sized(unserved, n_visits);
        sized(crisis, n_visits);
        sized(held, n_visits);
        sized(limits, n_people);
        sized(worked, n_people);
        for (int p = 0; p < n_people; ++p) {
            for (int d = duty_of[p]; d < duty_of[p + 1]; ++d) need(duty_person[d] == p, "a duty has another person");
            need(worked[p] >= 0 && moderate(worked[p]), "worked is out of range");
        }
        for (int d = 0; d < n_duties; ++d) {
            need(known(duty_from[d]) && known(duty_to[d]), "a duty has an unknown place");
            need(moderate(duty_start[d]) && moderate(duty_latest[d]) && duty_start[d] <= duty_end[d] &&
                     duty_end[d] <= duty_latest[d],
                 "a duty ends before it starts");
            need(duty_credit[d] >= 0 && moderate(duty_credit[d]), "a credit is out of range");
            need(duty_day[d] >= NONE && duty_week[d] >= NONE, "a day or week is out of range");
        }
        const Cost n_pauses = static_cast<Cost>(pauses.size());
        for (const Pause& p : pauses)
            need(p.length > 0 && moderate(p.low) && moderate(p.high) && p.high - p.low >= p.length && p.missed >= NEVER_MISSED && p.missed < IMPOSSIBLE / (n_pauses + 1),
                 "a pause does not fit");
        for (int d = 0; d < n_duties; ++d)
            for (int i = pause_of[d] + 1; i < pause_of[d + 1]; ++i)
                need((pauses[i].missed == NEVER_MISSED) == (pauses[i - 1].missed == NEVER_MISSED), "pauses of two kinds in a duty");
        for (int i = 0; i < n_nodes; ++i)
            for (int e = arc_of[i]; e < arc_of[i + 1]; ++e)
                need(arcs[e].to >= 0 && arcs[e].to < n_nodes && node_visit[arcs[e].to] != node_visit[i] && moderate(arcs[e].low),
                     "an arc is out of range");
        for (int i : peers) need(i >= 0 && i < n_nodes, "an unknown node is linked");
        for (int v : unions) need(v >= 0 && v < n_visits, "an unknown visit is linked");
        for (int f = 0; f < n_fixed; ++f)
            need(moderate(fixed_start[f]) && fixed_length[f] >= 0 && moderate(fixed_length[f]) && known(fixed_place[f]),
                 "a busy time is out of range");
        for (int v = 0; v < n_visits; ++v) {
            need(node_of[v] < node_of[v + 1], "a visit has no slot");
            need(node_of[v + 1] - node_of[v] <= 64, "a visit has more than 64 slots");
            need(unserved[v] >= 0 && unserved[v] < IMPOSSIBLE / (n_visits + 1), "a price is out of range");
            need(lag_low[node_of[v]] == 0 && lag_high[node_of[v]] == 0, "the anchor of a visit has a lag");
            for (int i = node_of[v]; i < node_of[v + 1]; ++i) need(node_visit[i] == v, "a node has another visit");
        }
        for (int i = 0; i < n_nodes; ++i) {
            need(known(place[i]), "a node has an unknown place");
            need(duration[i] > 0 && moderate(duration[i]), "a duration is out of range");
            need(lag_low[i] <= lag_high[i] && moderate(lag_low[i]) && moderate(lag_high[i]), "a lag is out of range");
            need(told_person[i] >= NONE && told_person[i] < n_people, "an unknown person was told");
        }
        for (const Fit& fit : fits) {
            need(fit.person >= 0 && fit.person < n_people, "a fit has an unknown person");
            need(fit.price >= 0 && fit.price < IMPOSSIBLE / (n_nodes + 1), "a price is out of range");
            need(fit.spans >= 0 && fit.spans <= fit.spans_end && fit.spans_end <= static_cast<int>(spans.size()),
                 "a fit has spans that are not there");
            for (int s = fit.spans + 1; s < fit.spans_end; ++s) need(spans[s - 1].high < spans[s].low, "spans overlap");
        }
        for (const Span& s : spans) need(moderate(s.low) && moderate(s.high) && s.low <= s.high, "a span ends before it starts");
        for (const Due& s : due) need(moderate(s.low) && moderate(s.high), "a window is out of range");
        need(prices.changes >= 0 && prices.changes < IMPOSSIBLE / (n_nodes + 1), "a price is out of range");
        for (Cost c : {prices.lateness, prices.largest_lateness, prices.travel, prices.waiting, prices.overtime, prices.imbalance,
                       prices.largest_idle})
            need(c >= 0 && c < (Cost{1} << 31), "a price is out of range");
    }
};

struct Service {
    int node, person;
    Time start;
};

// Routes and starts: small and flat, so that going back is a copy. Indices: nodes, fixed nodes, two sentinels a duty.
struct Routes {
    std::vector<int> next, prev, fit, duty;  // duty NONE: not served
    std::vector<Time> start, floor;          // floor: not earlier than this (times that people know)
    std::vector<Time> legs, work, over, wait, rest;  // by duty: all travel, visits, overtime, waiting, pauses with a price
    std::vector<Cost> miss;                          // by duty: price of the pauses missed
    std::vector<int> count;                  // by duty: visits
    std::vector<Time> met;                   // by person: seconds of visits
    std::vector<int> crises;                 // by person
    std::vector<int> sites, taken;           // where vehicles are shared: visits at a place by duty, vehicles by piece of time
    Cost cost = 0;
    Time largest = 0;      // lateness
    double idle_sum = 0;   // what smooths the largest idle time, see Schedule::idle_price
    Cost idle_cost = 0;    // the part of the cost it makes
};

}  // namespace versants
