// The search of versants_libs.dispatch: whole teams into the days of people, under one clock.
//
// A *node* is one slot of one visit; busy times are fixed nodes. A *duty* is one shift of one person: a doubly linked
// route of nodes between two sentinels. Every rule about time reads "this start is not before that one plus so much", so
// the earliest schedule of given routes is a longest path and serves all lateness at once. Putting a visit in only ever
// pushes starts later: the cone of what is pushed is walked, costed, and left as soon as it cannot beat the best known.
// A push that comes back to what was put in is a circle of waiting and refuses it.
//
// Sources: Schrimpf et al. (2000), ruin and recreate; Christiaens, Vanden Berghe (2020), doi 10.1287/trsc.2019.0914,
// strings and blinks; Drexl (2012), doi 10.1287/trsc.1110.0400, synchronisation as a graph over routes.
#pragma once

#include <chrono>
#include <cmath>
#include <string>
#include <tuple>

#include "model.hpp"

namespace versants {

// splitmix64: small, fast, the same everywhere.
struct Random {
    std::uint64_t state;
    explicit Random(std::uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL) {}
    std::uint64_t next() {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    int below(int n) { return static_cast<int>((static_cast<unsigned __int128>(next()) * static_cast<unsigned>(n)) >> 64); }
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

struct Stop {
    double seconds = -1;           // negative: no limit
    std::int64_t iterations = -1;  // negative: no limit
};

struct Knobs {
    double hot = 0, cold = 0;  // 0: from the first plan
    double removed = 10;       // mean number of visits taken out
    double blink = 0.01;
    int reheats = 1;
};

struct Service {
    int node, person;
    Time start;
};

// Routes and starts: small and flat, so that going back is a copy. Indices: nodes, fixed nodes, two sentinels a duty.
struct Routes {
    std::vector<int> next, prev, fit, duty;  // duty NONE: not served
    std::vector<Time> start, floor;          // floor: not earlier than this (times that people know)
    std::vector<Time> legs, work, over, wait;  // by duty: all travel, visits, overtime, waiting
    std::vector<int> count;                  // by duty: visits
    std::vector<Time> met;                   // by person: seconds of visits
    std::vector<int> crises;                 // by person
    Cost cost = 0;
    Time largest = 0;
};

class Search {
  public:
    const Model& m;
    Random random;
    Knobs knobs;
    Routes now, best;
    std::vector<int> absent;
    std::int64_t iterations = 0;

    Search(const Model& model, std::uint64_t seed, const Knobs& k) : m(model), random(seed), knobs(k) {
        const int size = m.n_nodes + m.n_fixed + 2 * m.n_duties;
        for (auto* list : {&now.next, &now.prev, &now.fit, &now.duty}) list->assign(size, NONE);
        now.start.assign(size, 0);
        now.floor.assign(m.n_nodes, -NEVER);
        for (auto* list : {&now.legs, &now.work, &now.over, &now.wait}) list->assign(m.n_duties, 0);
        now.count.assign(m.n_duties, 0);
        now.met.assign(m.n_people, 0);
        now.crises.assign(m.n_people, 0);
        where_.assign(size, NONE);
        length_.assign(size, 0);
        for (int i = 0; i < m.n_nodes; ++i) where_[i] = m.place[i], length_[i] = m.duration[i];
        for (int d = 0; d < m.n_duties; ++d) lay_out(d);
        plain_ = m.n_fixed == 0;
        for (int i = 0; i < size; ++i) plain_ = plain_ && where_[i] != NONE;
        watched_.assign(m.n_duties, 0);
        for (int d = 0; d < m.n_duties; ++d)
            watched_[d] = m.pause_of[d] < m.pause_of[d + 1] || m.prices.waiting > 0 || (m.prices.overtime > 0 && m.duty_latest[d] > m.duty_end[d]);
        for (const Limits& l : m.limits) limited_ = limited_ || l.any();
        for (int person : m.told_person) told_ = told_ || person != NONE;
        told_of_.assign(m.n_visits, 0);
        for (int i = 0; i < m.n_nodes; ++i) told_of_[m.node_visit[i]] += m.told_person[i] != NONE;
        trial_.assign(size, 0);
        stamp_.assign(size, 0);
        queued_.assign(size, 0);
        waits_.assign(m.n_nodes, 0);
        after_.assign(size, {});
        before_.assign(m.n_nodes, {});
        duty_seen_.assign(m.n_duties, 0);
        string_in_.assign(m.n_duties, 0);
        learn_places();
        recompute();
        for (int v = 0; v < m.n_visits; ++v) absent.push_back(v);
    }

    bool served(int v) const { return now.duty[m.node_of[v]] != NONE; }
    Cost left_out(int v) const { return m.unserved[v] + m.prices.changes * told_of_[v]; }

    // Take over a plan, visit by visit in order of time; what cannot stand is left out. Pinned visits come first.
    void load(std::vector<Service> services) {
        std::stable_sort(services.begin(), services.end(), [&](const Service& a, const Service& b) {
            const int v = m.node_visit[a.node], w = m.node_visit[b.node];
            if (m.held[v] != m.held[w]) return m.held[v] > m.held[w];
            return v < w;
        });
        for (std::size_t at = 0; at < services.size();) {
            const int v = m.node_visit[services[at].node];
            std::size_t end = at;
            while (end < services.size() && m.node_visit[services[end].node] == v) ++end;
            put(v, services.data() + at, static_cast<int>(end - at));
            at = end;
        }
        std::vector<int> left;
        for (int v : absent)
            if (!served(v)) left.push_back(v);
        absent = left;
    }

    std::vector<Service> services(const Routes& routes) const {
        std::vector<Service> found;
        for (int i = 0; i < m.n_nodes; ++i)
            if (routes.duty[i] != NONE) found.push_back({i, m.duty_person[routes.duty[i]], routes.start[i]});
        return found;
    }

    // ---- schedule -------------------------------------------------------------------------------------------------

    // Earliest starts of all routes and all that follows from them; false if the routes wait for each other or a rule is
    // broken. Nodes come in the order of their predecessors; slots that start together are taken together. With ``keep``
    // no start becomes earlier than it is: the plan as it stands is gone through again.
    bool recompute(bool keep = false) {
        begin_walk();  // nothing of an older walk counts
        order_.clear();
        std::fill(waits_.begin(), waits_.end(), 1);
        std::fill(now.met.begin(), now.met.end(), 0);
        std::fill(now.crises.begin(), now.crises.end(), 0);
        Cost cost = 0;
        int reached = 0, n_served = 0;
        for (int v = 0; v < m.n_visits; ++v) {
            if (!served(v)) {
                cost += left_out(v);
                continue;
            }
            n_served += m.node_of[v + 1] - m.node_of[v];
        }
        for (int d = 0; d < m.n_duties; ++d) {
            now.work[d] = now.count[d] = now.over[d] = now.wait[d] = 0;
            const int a = m.first(d);
            if (now.next[a] == m.last(d) && m.fixed_of[d] == m.fixed_of[d + 1]) {
                now.legs[d] = where_[a] != NONE && where_[m.last(d)] != NONE ? m.way(where_[a], where_[m.last(d)]) : 0;
                continue;
            }
            now.legs[d] = 0;
            after_[a] = {now.start[a], where_[a], 0, false};
            order_.push_back(a);
        }
        mixed_.clear();
        for (std::size_t head = 0; head < order_.size();) {
            const int i = order_[head++], j = now.next[i], d = now.duty[i];
            const Context& c = after_[i];
            Time at = now.start[i] + length_[i];
            bool touched = i < m.n_nodes;
            if (where_[j] != NONE && c.place != NONE) {
                const Time way = m.way(c.place, where_[j]);
                now.legs[d] += way;
                const Time there = c.end + c.calls + way;
                if (there > at) at = there, touched = c.visit;
            }
            if (j >= m.n_nodes) {
                if (touched && at > (is_end(j) ? m.duty_latest[d] : now.start[j])) return false;
                if (is_end(j)) {
                    now.start[j] = at;
                } else {
                    settle(j, c);
                    order_.push_back(j);
                }
                continue;
            }
            ++reached;
            const int p = m.duty_person[d];
            now.count[d] += 1;
            now.work[d] += length_[j];
            now.met[p] += length_[j];
            now.crises[p] += m.crisis[m.node_visit[j]];
            cost += m.fits[now.fit[j]].price;
            now.start[j] = std::max({at, now.floor[j], keep ? now.start[j] : -NEVER});  // for now: when they can be there
            before_[j] = c;
            if (!release(j)) return false;
        }
        if (reached != n_served) return false;
        for (int v : mixed_)
            if (!mend(v)) return false;
        for (int d = 0; d < m.n_duties; ++d) {
            if (now.count[d] == 0) continue;
            cost += m.prices.travel * (now.legs[d] - m.duty_credit[d]);
            if (watched_[d]) {
                for (int round = 0;; ++round) {
                    const int answer = look(d, NONE, 0);
                    if (answer == BROKEN || round > 8) return false;
                    if (answer == FINE) break;
                    begin_walk();
                    for (const auto& [i, t] : pushes_)
                        if (!push(i, t)) return false;
                    if (!walk_for_good()) return false;
                }
            }
        }
        for (int d = 0; d < m.n_duties; ++d) {
            if (now.count[d] == 0 || !watched_[d]) continue;
            if (look(d, NONE, 0) != FINE) return false;
            now.over[d] = over_;
            now.wait[d] = wait_;
            cost += m.prices.overtime * over_ + m.prices.waiting * wait_;
        }
        now.largest = 0;
        for (int i = 0; i < m.n_nodes; ++i) {
            if (now.duty[i] == NONE) continue;
            const Time late = m.late(i, now.start[i]);
            cost += m.prices.lateness * late;
            now.largest = std::max(now.largest, late);
            if (told_) cost += changed(i, now.start[i], m.duty_person[now.duty[i]]);
        }
        if (m.prices.imbalance > 0)
            for (int p = 0; p < m.n_people; ++p) cost += m.prices.imbalance * load_of(p, now.met[p]);
        now.cost = cost + m.prices.largest_lateness * now.largest;
        return !limited_ || within_limits();
    }

    // ---- search ---------------------------------------------------------------------------------------------------

    void construct() {
        std::vector<std::tuple<Cost, double, int>> keyed;  // what is worth most, then by time, scarce ones and teams earlier
        for (int v : absent) {
            int least = m.n_people + 1;
            for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) least = std::min(least, m.fit_of[i + 1] - m.fit_of[i]);
            const bool several = m.node_of[v + 1] - m.node_of[v] > 1;
            keyed.emplace_back(m.held[v] ? -IMPOSSIBLE : -left_out(v),
                               centre_[v] - (several ? span_ * 0.15 : 0) + span_ * 0.05 * std::min(1.0, least / 10.0), v);
        }
        std::sort(keyed.begin(), keyed.end());
        for (std::size_t i = 0; i < keyed.size(); ++i) absent[i] = std::get<2>(keyed[i]);
        recreate(0);
        if (!recompute(true)) throw std::invalid_argument("the busy times and travel times contradict each other");
        best = now;
    }

    template <class Tell>
    void run(const Stop& stop, Tell tell) {
        using clock = std::chrono::steady_clock;
        const auto began = clock::now();
        auto elapsed = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
        construct();
        if (!tell(iterations, elapsed(), best.cost, static_cast<int>(absent.size()))) return;
        bool movable = !absent.empty();
        for (int v = 0; v < m.n_visits; ++v) movable = movable || !m.held[v];
        if (!movable) return;
        const double unit = std::max<double>(1.0, static_cast<double>(now.cost - bank()) / std::max(1, m.n_nodes));
        const double hot = knobs.hot > 0 ? knobs.hot : unit * 0.35, cold = knobs.cold > 0 ? knobs.cold : unit * 0.003;
        double heat = hot;
        Routes before = now;
        std::vector<int> absent_before = absent;
        int best_absent = static_cast<int>(absent.size());
        double told_at = 0;
        for (;;) {
            if (stop.iterations >= 0 && iterations >= stop.iterations) break;
            if ((iterations & 15) == 0) {
                const double at = elapsed();
                if (stop.seconds >= 0 && at >= stop.seconds) break;
                double share = stop.seconds >= 0 ? at / std::max(1e-9, stop.seconds) : 0;
                if (stop.iterations >= 0) share = std::max(share, static_cast<double>(iterations) / static_cast<double>(stop.iterations));
                if (stop.seconds < 0 && stop.iterations < 0) share = static_cast<double>(iterations % 20000) / 20000;
                const double in = std::min(share, 0.999999) * knobs.reheats;
                const double top = hot * std::pow(0.5, std::floor(in));
                heat = top * std::pow(cold / top, in - std::floor(in));
                if (at - told_at > 0.02) {
                    if (!tell(iterations, at, best.cost, best_absent)) break;
                    told_at = at;
                }
            }
            ++iterations;
            before = now;
            absent_before = absent;
            ruin();
            bool holds = recompute();
            if (holds) {
                shuffle();
                recreate(knobs.blink);
                if (now.cost < best.cost) holds = recompute(true);  // never keep what was only summed up
            }
            if (!holds) {  // where a detour is shorter than the direct way, taking out can break a day
                now = before;
                absent = absent_before;
                continue;
            }
            if (now.cost < best.cost) {
                best = now;
                best_absent = static_cast<int>(absent.size());
            }
            const double worse = static_cast<double>(now.cost - before.cost);
            if (worse > 0 && worse > -heat * std::log(random.unit() + 1e-300)) {
                std::swap(now, before);
                std::swap(absent, absent_before);
            }
        }
        tell(iterations, elapsed(), best.cost, best_absent);
    }

  private:
    struct Place {
        Cost bound;
        Time start;  // the earliest, its mates not considered
        Time way;    // added travel that is counted
        int after, fit;
    };
    struct Context {  // what is known behind a node: the last place, when it was left, calls since
        Time end = 0;
        int place = NONE;
        Time calls = 0;
        bool visit = false;  // a visit since then, that place included
    };
    enum { FINE, PUSH, BROKEN };

    std::vector<int> where_;
    std::vector<Time> length_;
    bool plain_ = true, limited_ = false, told_ = false;
    std::vector<char> watched_, string_in_;
    std::vector<int> told_of_;
    // recompute
    std::vector<int> order_, mixed_;
    std::vector<signed char> waits_;
    std::vector<Context> after_, before_;
    // walks
    std::vector<int> queue_, touched_;
    std::size_t head_ = 0;
    std::vector<Time> trial_;
    std::vector<std::uint32_t> stamp_, queued_;
    std::uint32_t walk_ = 0;
    // insertion
    std::vector<std::vector<Place>> lists_;
    std::vector<const Place*> taken_;
    std::vector<Cost> rest_;
    std::vector<Place> chosen_;
    struct Looked {
        int duty;
        Time over, wait;
    };
    std::vector<std::pair<int, Time>> moves_, pushes_;
    std::vector<Looked> looked_, chosen_looked_;
    std::vector<Time> starts_;
    std::vector<std::uint32_t> duty_seen_;
    std::uint32_t look_ = 0;
    bool wished_ = false, chosen_wished_ = false;
    Cost best_cost_ = 0;
    bool found_ = false;
    Time over_ = 0, wait_ = 0;
    int until_blink_ = 1;
    // a duty laid out for its pauses
    struct Entry {
        int node;
        Time start, end;
        int place;
    };
    std::vector<Entry> day_;
    std::vector<int> leg_of_, leg_end_;
    std::vector<Time> spare_, taken_rest_;
    Time best_push_ = NEVER;
    std::vector<std::pair<int, Time>> option_;
    // ruins
    double span_ = 1;
    std::vector<double> centre_;
    std::vector<std::vector<int>> near_;
    std::vector<int> string_;
    std::vector<std::pair<double, int>> ranked_;

    bool is_end(int i) const { return i >= m.n_nodes + m.n_fixed; }

    void lay_out(int d) {
        int at = m.first(d);
        where_[at] = m.duty_from[d];
        now.start[at] = m.duty_start[d];
        now.duty[at] = d;
        for (int f = m.fixed_of[d]; f < m.fixed_of[d + 1]; ++f) {
            const int i = m.n_nodes + f;
            where_[i] = m.fixed_place[f];
            length_[i] = m.fixed_length[f];
            now.start[i] = m.fixed_start[f];
            now.duty[i] = d;
            now.next[at] = i;
            now.prev[i] = at;
            at = i;
        }
        const int end = m.last(d);
        where_[end] = m.duty_to[d];
        now.duty[end] = d;
        now.next[at] = end;
        now.prev[end] = at;
    }

    Cost bank() const {
        Cost sum = 0;
        for (int v : absent) sum += left_out(v);
        return sum;
    }

    Cost load_of(int p, Time met) const {
        const Cost before = m.worked[p] / 60, more = met / 60;
        return (2 * before * more + more * more) / 60;
    }

    // 1 price if the published plan has this slot otherwise.
    Cost changed(int i, Time start, int person) const {
        if (m.told_person[i] == NONE) return 0;
        return m.told_person[i] == person && m.told_start[i] == start ? 0 : m.prices.changes;
    }

    Time allowed(int i, Time t) const { return m.next_start(m.fits[now.fit[i]], std::max(t, now.floor[i])); }

    bool within_limits() {
        for (int p = 0; p < m.n_people; ++p) {
            const Limits& l = m.limits[p];
            if (!l.any()) continue;
            if (now.crises[p] > l.crises) return false;
            for (int d = m.duty_of[p]; d < m.duty_of[p + 1]; ++d) {
                if (now.count[d] == 0) continue;
                Time work, driving, week;
                held(d, work, driving, week);
                if (work > l.day || driving > l.driving || week > l.week) return false;
            }
        }
        return true;
    }

    // Work and driving of the day, work of the week of duty d, as they stand.
    void held(int d, Time& work, Time& driving, Time& week) const {
        const int p = m.duty_person[d];
        work = driving = 0;
        week = m.duty_week[d] == 0 ? m.worked[p] : 0;
        for (int o = m.duty_of[p]; o < m.duty_of[p + 1]; ++o) {
            if (now.count[o] == 0) continue;
            if (m.duty_day[o] != NONE && m.duty_day[o] == m.duty_day[d]) work += now.work[o] + now.legs[o], driving += now.legs[o];
            if (m.duty_week[o] != NONE && m.duty_week[o] == m.duty_week[d]) week += now.work[o] + now.legs[o];
        }
        if (m.duty_week[d] == NONE) week = 0;
    }

    // Travel that one more visit of ``length`` may add in duty d.
    Time most_travel(int d, Time length, bool crisis) const {
        const int p = m.duty_person[d];
        const Limits& l = m.limits[p];
        if (!l.any()) return NEVER;
        if (crisis && now.crises[p] >= l.crises) return -1;
        Time work, driving, week;
        held(d, work, driving, week);
        const Time opens = now.count[d] == 0 ? now.legs[d] : 0;  // the first visit brings in the travel of busy times
        Time room = NEVER;
        if (m.duty_day[d] != NONE) {
            if (l.driving != NEVER) room = std::min(room, l.driving - driving - opens);
            if (l.day != NEVER) room = std::min(room, l.day - work - opens - length);
        }
        if (m.duty_week[d] != NONE && l.week != NEVER) room = std::min(room, l.week - week - opens - length);
        return room;
    }

    // ---- recompute's parts --------------------------------------------------------------------------------------------

    // Node j has its start: what is known behind it.
    void settle(int j, const Context& c) {
        const bool visit = j < m.n_nodes;
        if (where_[j] != NONE)
            after_[j] = {now.start[j] + length_[j], where_[j], 0, visit};
        else
            after_[j] = {c.end, c.place, c.calls + length_[j], c.visit || visit};
    }

    bool start_now(int j) {
        const Time at = allowed(j, now.start[j]);
        if (at >= NEVER) return false;
        now.start[j] = at;
        settle(j, before_[j]);
        order_.push_back(j);
        waits_[j] = -1;
        return true;
    }

    // The predecessor of j is known. Slots that start together start when all are; others follow their anchor.
    bool release(int j) {
        const int v = m.node_visit[j], a = m.node_of[v], b = m.node_of[v + 1];
        waits_[j] = 0;
        if (b - a == 1) return start_now(j);
        bool all = true, together = true;
        for (int i = a; i < b; ++i) {
            all = all && waits_[i] <= 0;
            together = together && m.lag_low[i] == 0 && m.lag_high[i] == 0;
        }
        if (together) {
            if (!all) return true;
            Time at = -NEVER;
            for (int i = a; i < b; ++i) at = std::max(at, now.start[i]);
            for (bool moved = true; moved;) {
                moved = false;
                for (int i = a; i < b; ++i) {
                    const Time s = allowed(i, at);
                    if (s >= NEVER) return false;
                    if (s > at) at = s, moved = true;
                }
            }
            for (int i = a; i < b; ++i) {
                now.start[i] = at;
                settle(i, before_[i]);
                order_.push_back(i);
                waits_[i] = -1;
            }
            return true;
        }
        if (j == a) {
            mixed_.push_back(v);
            if (!start_now(a)) return false;
            for (int i = a + 1; i < b; ++i)
                if (waits_[i] == 0 && !follow(i)) return false;
            return true;
        }
        if (waits_[a] < 0) return follow(j);
        return m.lag_low[j] >= 0 || start_now(j);  // may start before its anchor: mend() does the rest
    }

    bool follow(int i) {
        now.start[i] = std::max(now.start[i], now.start[m.node_of[m.node_visit[i]]] + m.lag_low[i]);
        return start_now(i);
    }

    bool mend(int v) {
        const int a = m.node_of[v];
        begin_walk();
        for (int i = a; i < m.node_of[v + 1]; ++i) {
            if (now.start[i] > now.start[a] + m.lag_high[i] && !push(a, now.start[i] - m.lag_high[i])) return false;
            if (now.start[i] < now.start[a] + m.lag_low[i] && !push(i, now.start[a] + m.lag_low[i])) return false;
        }
        return walk_for_good();
    }

    bool walk_for_good() {
        for (int steps = 0; head_ < queue_.size(); ++steps) {
            if (steps > 50 * (m.n_nodes + 4)) return drain();  // a circle
            const int i = pop();
            now.start[i] = trial_[i];
            if (!spread(i, now.start[i], [&](int j, Time t) { return push(j, t); }, [&](int x) { return now.next[x]; }))
                return drain();
        }
        return true;
    }

    bool push(int j, Time t) {
        if (j >= m.n_nodes) {
            if (!is_end(j)) return t <= now.start[j];
            if (t > m.duty_latest[now.duty[j]]) return false;
            now.start[j] = std::max(now.start[j], t);
            return true;
        }
        if (t <= at_now(j)) return true;
        t = allowed(j, t);
        if (t >= NEVER) return false;
        mark(j, t);
        return true;
    }

    // ---- walks --------------------------------------------------------------------------------------------------------

    void begin_walk() {
        ++walk_;
        queue_.clear();
        touched_.clear();
        head_ = 0;
    }

    int pop() {
        const int i = queue_[head_++];
        queued_[i] = 0;
        if (head_ == queue_.size()) {
            queue_.clear();
            head_ = 0;
        }
        return i;
    }

    bool drain() {
        for (std::size_t i = head_; i < queue_.size(); ++i) queued_[queue_[i]] = 0;
        queue_.clear();
        head_ = 0;
        return false;
    }

    Time at_now(int i) const { return stamp_[i] == walk_ ? trial_[i] : now.start[i]; }

    void mark(int j, Time t) {
        if (stamp_[j] != walk_) {
            stamp_[j] = walk_;
            touched_.push_back(j);
        }
        trial_[j] = t;
        if (queued_[j] != walk_) {
            queued_[j] = walk_;
            queue_.push_back(j);
        }
    }

    // All that follows when visit node i starts at t: the next in its route, the next place, its mates.
    template <class Push, class Next>
    bool spread(int i, Time t, Push push_to, Next next) {
        const Time end = t + length_[i];
        const int j = next(i);
        if (where_[i] == NONE) {
            if (!push_to(j, end)) return false;
        } else if (where_[j] != NONE) {
            if (!push_to(j, end + m.way(where_[i], where_[j]))) return false;
        } else {
            if (!push_to(j, end)) return false;
            Time calls = 0;
            int z = j;
            while (where_[z] == NONE && !is_end(z)) calls += length_[z], z = next(z);
            if (where_[z] != NONE && !push_to(z, end + calls + m.way(where_[i], where_[z]))) return false;
        }
        const int v = m.node_visit[i], a = m.node_of[v], b = m.node_of[v + 1];
        if (b - a == 1) return true;
        if (i != a) return push_to(a, t - m.lag_high[i]);
        for (int o = a + 1; o < b; ++o)
            if (!push_to(o, t + m.lag_low[o])) return false;
        return true;
    }

    // ---- one duty as a whole: overtime and pauses -----------------------------------------------------------------------

    // Lays duty d out at trial times, with taken_[s] of visit v (first node a) put in if s >= 0. FINE fills over_; PUSH
    // fills pushes_ with what must start later so that the pauses find room.
    int look(int d, int s, int a) {
        day_.clear();
        int last_visit = -1, first_visit = -1;
        for (int i = m.first(d), end = m.last(d); i != end; i = now.next[i]) {
            if (i != m.first(d)) {
                day_.push_back({i, at_now(i), at_now(i) + length_[i], where_[i]});
                if (i < m.n_nodes) {
                    last_visit = static_cast<int>(day_.size()) - 1;
                    if (first_visit < 0) first_visit = last_visit;
                }
            }
            if (s != NONE && i == taken_[s]->after) {
                last_visit = static_cast<int>(day_.size());
                if (first_visit < 0) first_visit = last_visit;
                day_.push_back({a + s, starts_[s], starts_[s] + length_[a + s], where_[a + s]});
            }
        }
        over_ = wait_ = 0;
        if (last_visit < 0) return FINE;
        // Overtime: the end of the last visit, or the way back from it.
        Time back = day_[last_visit].end;
        if (last_visit == static_cast<int>(day_.size()) - 1 && m.duty_to[d] != NONE) {
            Time calls = 0;
            for (int e = last_visit; e >= 0; --e) {
                if (day_[e].place != NONE) {
                    back = std::max(back, day_[e].end + calls + m.way(day_[e].place, m.duty_to[d]));
                    break;
                }
                calls += day_[e].end - day_[e].start;
            }
        }
        over_ = std::max<Time>(0, back - m.duty_end[d]);
        if (m.prices.waiting > 0) {  // idle from the first visit to the last
            int at = NONE;
            for (int e = first_visit; e <= last_visit; ++e) {
                if (e > first_visit) wait_ += std::max<Time>(0, day_[e].start - day_[e - 1].end);
                if (day_[e].place == NONE) continue;
                if (at != NONE) wait_ -= m.way(at, day_[e].place);
                at = day_[e].place;
            }
            wait_ = std::max<Time>(0, wait_);
        }
        return m.pause_of[d] == m.pause_of[d + 1] ? FINE : rest(d);
    }

    // Whether all pauses of a laid out duty have room; if not, the least that must be pushed.
    int rest(int d) {
        const int n = static_cast<int>(day_.size());
        // Gap g lies before entry g; a leg joins two places and what lies between them.
        leg_of_.assign(n + 1, NONE);
        spare_.clear();
        leg_end_.clear();
        int place = m.duty_from[d], from_gap = 0;
        Time since = m.duty_start[d], calls = 0;
        for (int e = 0; e <= n; ++e) {
            const int to = e < n ? day_[e].place : m.duty_to[d];
            if (to != NONE) {
                if (place != NONE) {
                    const Time until = e < n ? day_[e].start : m.duty_latest[d];
                    for (int g = from_gap; g <= e; ++g) leg_of_[g] = static_cast<int>(spare_.size());
                    spare_.push_back(until - since - calls - m.way(place, to));
                    leg_end_.push_back(e);
                }
                place = to;
                from_gap = e + 1;
                since = e < n ? day_[e].end : 0;
                calls = 0;
            } else if (e < n) {
                calls += day_[e].end - day_[e].start;
            }
        }
        best_push_ = NEVER;
        pushes_.clear();
        option_.clear();
        taken_rest_.assign(spare_.size(), 0);
        choose(d, m.pause_of[d], 0);
        if (best_push_ == NEVER) return BROKEN;
        return best_push_ == 0 ? FINE : PUSH;
    }

    // Every way of giving each pause a gap, and what must start later for it; the least sum of pushes wins.
    void choose(int d, int pause, Time pushed) {
        if (pushed >= best_push_) return;
        if (pause == m.pause_of[d + 1]) {
            best_push_ = pushed;
            pushes_ = option_;
            return;
        }
        const Pause& p = m.pauses[pause];
        const int n = static_cast<int>(day_.size());
        Time free = m.duty_start[d];
        for (int g = 0; g <= n; ++g) {
            const Time ends = std::max(free, p.low) + p.length;
            const Time until = g < n ? day_[g].start : m.duty_latest[d];
            if (ends > p.high) break;  // from here on it is only later
            const std::size_t kept = option_.size();
            const int leg = leg_of_[g];
            Time more = 0;
            bool possible = true;
            auto need = [&](int e, Time at) {  // entry e must start at ``at``
                if (e >= n || day_[e].node >= m.n_nodes) {
                    possible = false;
                    return;
                }
                more += at - day_[e].start;
                option_.push_back({day_[e].node, at});
            };
            if (ends > until) need(g, ends);
            if (possible && leg != NONE) {
                const Time lacks = taken_rest_[leg] + p.length - spare_[leg];
                const int e = leg_end_[leg];
                if (lacks > 0) need(e, (e < n ? day_[e].start : 0) + lacks);
            }
            if (possible) {
                if (leg != NONE) taken_rest_[leg] += p.length;
                choose(d, pause + 1, pushed + more);
                if (leg != NONE) taken_rest_[leg] -= p.length;
            }
            option_.resize(kept);
            if (best_push_ == 0) return;
            if (g < n) free = std::max(free, day_[g].end);
        }
    }

    // ---- putting a visit in -------------------------------------------------------------------------------------------

    void unlink(int v) {
        for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) {
            now.next[now.prev[i]] = now.next[i];
            now.prev[now.next[i]] = now.prev[i];
            now.duty[i] = now.fit[i] = NONE;
            now.floor[i] = -NEVER;
        }
    }

    void link(int i, int after, int fit) {
        const int j = now.next[after];
        now.next[after] = i;
        now.prev[i] = after;
        now.next[i] = j;
        now.prev[j] = i;
        now.duty[i] = now.duty[after];
        now.fit[i] = fit;
    }

    // One visit of a given plan, at its place in the order of time; left out again if it cannot stand.
    bool put(int v, const Service* team, int n) {
        const int a = m.node_of[v], k = m.node_of[v + 1] - a;
        if (n != k || served(v)) return false;
        int linked = 0;
        bool possible = true;
        for (int s = 0; s < k && possible; ++s) {
            const Service& one = team[s];
            if (one.node != a + s) possible = false;
            for (int o = 0; o < s; ++o) possible = possible && team[o].person != one.person;
            int fit = NONE, after = NONE;
            for (int f = m.fit_of[a + s]; f < m.fit_of[a + s + 1]; ++f)
                if (m.fits[f].person == one.person) fit = f;
            if (!possible || fit == NONE) {
                possible = false;
                break;
            }
            for (int d = m.duty_of[one.person]; d < m.duty_of[one.person + 1]; ++d)
                if (m.duty_start[d] <= one.start && one.start < m.duty_latest[d]) {
                    after = m.first(d);
                    while (!is_end(now.next[after]) && now.start[now.next[after]] <= one.start) after = now.next[after];
                }
            if (after == NONE) {
                possible = false;
                break;
            }
            link(a + s, after, fit);
            now.start[a + s] = one.start;
            now.floor[a + s] = one.start;  // a time that people may know already
            ++linked;
        }
        if (possible && recompute()) return true;
        for (int s = 0; s < linked; ++s) {
            const int i = a + s;
            now.next[now.prev[i]] = now.next[i];
            now.prev[now.next[i]] = now.prev[i];
            now.duty[i] = now.fit[i] = NONE;
            now.floor[i] = -NEVER;
        }
        recompute();
        return false;
    }

    // Whether this place is overlooked; how many are seen until the next one is drawn at once.
    bool blinks(double blink) {
        if (--until_blink_ > 0) return false;
        until_blink_ = 1 + static_cast<int>(std::log(1.0 - random.unit()) / std::log1p(-blink));
        return true;
    }

    // Every place of a node that may cost less than ``limit``, by what it costs at least.
    void places(int node, Cost limit, double blink, std::vector<Place>& found) {
        found.clear();
        const int here = where_[node];
        const Time length = length_[node];
        const bool crisis = m.crisis[m.node_visit[node]];
        const bool one_window = m.due_of[node + 1] - m.due_of[node] <= 1;
        for (int f = m.fit_of[node]; f < m.fit_of[node + 1]; ++f) {
            const Fit& fit = m.fits[f];
            if (fit.price >= limit || fit.spans == fit.spans_end) continue;
            Cost base = fit.price;
            if (m.prices.imbalance > 0)
                base += m.prices.imbalance * (load_of(fit.person, now.met[fit.person] + length) - load_of(fit.person, now.met[fit.person]));
            for (int d = m.duty_of[fit.person]; d < m.duty_of[fit.person + 1]; ++d) {
                if (m.spans[fit.spans_end - 1].high < m.duty_start[d] || m.spans[fit.spans].low > m.duty_latest[d]) continue;
                const Time room = limited_ ? most_travel(d, length, crisis) : NEVER;
                if (room < 0) continue;
                const Time opening = now.count[d] == 0 ? now.legs[d] - m.duty_credit[d] : 0;
                Context c;
                for (int i = m.first(d), end = m.last(d); i != end; i = now.next[i]) {
                    const Time done = now.start[i] + length_[i];
                    if (where_[i] != NONE)
                        c = {done, where_[i], 0, false};
                    else
                        c.calls += length_[i];
                    Time to = 0, from = 0, way = 0, at = done;
                    const int j = now.next[i];
                    int z = j;
                    Time calls = 0;
                    if (!plain_)
                        while (where_[z] == NONE && !is_end(z)) calls += length_[z], z = now.next[z];
                    const int there = where_[z];
                    if (here != NONE) {
                        if (c.place != NONE) {
                            to = m.way(c.place, here);
                            at = std::max(at, c.end + c.calls + to);
                        }
                        if (there != NONE) from = m.way(here, there);
                        way = to + from - (c.place != NONE && there != NONE ? m.way(c.place, there) : 0);
                        if (way > room) continue;
                    }
                    const Time start = m.next_start(fit, at);
                    if (start >= NEVER) break;  // later in the day it only gets later
                    const Time late = m.late(node, start);
                    Cost bound = base + m.prices.lateness * late + m.prices.largest_lateness * std::max<Time>(0, late - now.largest);
                    if (bound >= limit) {
                        if (one_window) break;
                        continue;
                    }
                    bound += m.prices.travel * static_cast<Cost>(way + opening);
                    Time next_at = start + length;
                    if (where_[j] != NONE) {
                        if (here != NONE)
                            next_at += from;
                        else if (c.place != NONE)
                            next_at = std::max(next_at, c.end + c.calls + length + m.way(c.place, where_[j]));
                    }
                    if (j < m.n_nodes) {
                        if (next_at > now.start[j]) {
                            const Time pushed = allowed(j, next_at);
                            if (pushed >= NEVER) continue;
                            bound += m.prices.lateness * (m.late(j, pushed) - m.late(j, now.start[j]));
                        }
                    } else if (is_end(j)) {
                        if (next_at > m.duty_latest[d]) break;
                        if (m.prices.overtime > 0 && plain_)
                            bound += m.prices.overtime * (std::max<Time>(0, next_at - m.duty_end[d]) - now.over[d]);
                    } else if (next_at > now.start[j]) {
                        continue;
                    }
                    if (m.prices.waiting > 0) bound -= m.prices.waiting * static_cast<Cost>(now.wait[d]);
                    if (bound < limit && (blink <= 0 || !blinks(blink))) found.push_back({bound, start, way, i, f});
                }
            }
        }
    }

    // The cheapest way found to serve a visit under ``limit``; false if there is none. Fills chosen_.
    bool cheapest(int v, Cost limit, double blink) {
        const int a = m.node_of[v], k = m.node_of[v + 1] - a;
        if (static_cast<int>(lists_.size()) < k) {
            lists_.resize(k);
            taken_.resize(k);
        }
        best_cost_ = limit;
        found_ = false;
        rest_.assign(k + 1, 0);
        for (int s = 0; s < k; ++s) {
            auto& list = lists_[s];
            places(a + s, limit, blink, list);
            if (list.empty()) return false;
            if (k == 1) {
                // Only the first few are looked at: a heap, not a sort.
                auto more = [](const Place& x, const Place& y) { return x.bound > y.bound; };
                std::make_heap(list.begin(), list.end(), more);
                for (auto end = list.end(); end != list.begin() && list.front().bound < best_cost_; --end) {
                    std::pop_heap(list.begin(), end, more);
                    taken_[0] = &*(end - 1);
                    exact(v, 1);
                }
                return found_;
            }
            auto less = [](const Place& x, const Place& y) { return x.bound < y.bound; };
            const std::size_t width = k == 2 ? 48 : 24;
            if (list.size() > width) {
                std::nth_element(list.begin(), list.begin() + width, list.end(), less);
                list.resize(width);
            }
            std::sort(list.begin(), list.end(), less);
        }
        for (int s = k - 1; s >= 0; --s) {
            Cost least = IMPOSSIBLE;
            for (const Place& place : lists_[s]) least = std::min(least, place.bound - largest_part(place, a + s));
            rest_[s] = rest_[s + 1] + least;
        }
        team(v, 0, k, 0);
        return found_;
    }

    Cost largest_part(const Place& place, int node) const {
        if (m.prices.largest_lateness == 0) return 0;
        return m.prices.largest_lateness * std::max<Time>(0, m.late(node, place.start) - now.largest);
    }

    // Depth first over the slots; every list is in order of what it costs at least.
    void team(int v, int s, int k, Cost sum) {
        if (s == k) {
            exact(v, k);
            return;
        }
        for (const Place& place : lists_[s]) {
            const Cost part = place.bound - largest_part(place, m.node_of[v] + s);
            if (sum + part + rest_[s + 1] >= best_cost_) {
                if (m.prices.largest_lateness == 0) break;
                continue;
            }
            bool twice = false;
            for (int o = 0; o < s; ++o) twice = twice || m.fits[taken_[o]->fit].person == m.fits[place.fit].person;
            if (twice) continue;
            taken_[s] = &place;
            team(v, s + 1, k, sum + part);
        }
    }

    // A start for all slots in taken_ that keeps the lags; false if there is none.
    bool join(int a, int k) {
        for (int round = 0; round < 100; ++round) {
            bool moved = false;
            for (int s = 1; s < k; ++s) {
                if (starts_[s] < starts_[0] + m.lag_low[a + s]) {
                    starts_[s] = m.next_start(m.fits[taken_[s]->fit], starts_[0] + m.lag_low[a + s]);
                    if (starts_[s] >= NEVER) return false;
                }
                if (starts_[0] < starts_[s] - m.lag_high[a + s]) {
                    starts_[0] = m.next_start(m.fits[taken_[0]->fit], starts_[s] - m.lag_high[a + s]);
                    if (starts_[0] >= NEVER) return false;
                    moved = true;
                }
            }
            if (!moved) return true;
        }
        return false;
    }

    // The published team at its published time, if it is this one and can be there: people know it.
    bool wish(int a, int k) {
        for (int s = 0; s < k; ++s) {
            const int i = a + s;
            const Fit& fit = m.fits[taken_[s]->fit];
            if (m.told_person[i] != fit.person || m.told_start[i] < starts_[s] || m.next_start(fit, m.told_start[i]) != m.told_start[i])
                return false;
            const Time lag = m.told_start[i] - m.told_start[a];
            if (lag < m.lag_low[i] || lag > m.lag_high[i]) return false;
        }
        for (int s = 0; s < k; ++s) starts_[s] = m.told_start[a + s];
        return true;
    }

    // The team in taken_, costed exactly; kept if it is the best so far.
    void exact(int v, int k) {
        starts_.resize(k);
        for (int s = 0; s < k; ++s) starts_[s] = taken_[s]->start;
        // A pause may ask that what is put in starts later: once more, from there.
        for (int tries = 0; tries < 8 && !costed(v, k); ++tries) {
        }
    }

    // False if starts_ was moved and the team is to be costed again.
    bool costed(int v, int k) {
        const int a = m.node_of[v];
        if (k > 1 && !join(a, k)) return true;
        wished_ = told_of_[v] > 0 && wish(a, k);
        Cost cost = 0;
        Time largest = now.largest;
        for (int s = 0; s < k; ++s) {
            const Place& place = *taken_[s];
            const int d = now.duty[place.after], p = m.duty_person[d];
            const Time late = m.late(a + s, starts_[s]);
            cost += m.prices.lateness * late + m.fits[place.fit].price + m.prices.travel * static_cast<Cost>(place.way);
            if (now.count[d] == 0) cost += m.prices.travel * static_cast<Cost>(now.legs[d] - m.duty_credit[d]);
            if (m.prices.imbalance > 0) cost += m.prices.imbalance * (load_of(p, now.met[p] + length_[a + s]) - load_of(p, now.met[p]));
            if (told_) cost += changed(a + s, starts_[s], p);
            largest = std::max(largest, late);
        }
        Cost won = 0;  // waiting that may go
        if (m.prices.waiting > 0)
            for (int s = 0; s < k; ++s) won += m.prices.waiting * static_cast<Cost>(now.wait[now.duty[taken_[s]->after]]);
        auto total = [&] { return cost + m.prices.largest_lateness * (largest - now.largest) - won; };
        if (total() >= best_cost_) return true;
        begin_walk();
        for (int s = 0; s < k; ++s) {
            stamp_[a + s] = walk_;
            trial_[a + s] = starts_[s];
            touched_.push_back(a + s);
        }
        auto next = [&](int i) {
            if (i >= a && i < a + k) return now.next[taken_[i - a]->after];
            for (int s = 0; s < k; ++s)
                if (taken_[s]->after == i) return a + s;
            return now.next[i];
        };
        auto push_to = [&](int j, Time t) {
            if (j >= m.n_nodes) return t <= (is_end(j) ? m.duty_latest[now.duty[j]] : now.start[j]);
            const Time was = at_now(j);
            if (t <= was) return true;
            if (j >= a && j < a + k) return false;  // a circle
            t = allowed(j, t);
            if (t >= NEVER) return false;
            const Time late = m.late(j, t);
            if (late > 0) {
                cost += m.prices.lateness * (late - m.late(j, was));
                largest = std::max(largest, late);
            }
            if (told_) {
                const int p = m.duty_person[now.duty[j]];
                cost += changed(j, t, p) - changed(j, was, p);
            }
            mark(j, t);
            return true;
        };
        for (int s = 0; s < k; ++s) {
            if (!spread(a + s, starts_[s], push_to, next) || (where_[a + s] == NONE && !call(a + s, taken_[s]->after, push_to))) {
                return drain(), true;
            }
        }
        for (int round = 0;; ++round) {
            for (int steps = 0; head_ < queue_.size(); ++steps) {
                if (total() >= best_cost_ || steps > 50 * (m.n_nodes + 4)) {
                    return drain(), true;
                }
                const int i = pop();
                if (!spread(i, trial_[i], push_to, next)) {
                    return drain(), true;
                }
            }
            if (total() >= best_cost_) return true;
            // Overtime and pauses of the duties touched.
            looked_.clear();
            ++look_;
            Cost extra = 0;
            for (std::size_t at = 0; at < touched_.size(); ++at) {
                const int i = touched_[at];
                const bool fresh = i >= a && i < a + k;
                const int d = fresh ? now.duty[taken_[i - a]->after] : now.duty[i];
                if (!watched_[d] || duty_seen_[d] == look_) continue;
                duty_seen_[d] = look_;
                int slot = NONE;
                for (int s = 0; s < k; ++s)
                    if (now.duty[taken_[s]->after] == d) slot = s;
                const int answer = look(d, slot, a);
                if (answer == BROKEN || round > 8) {
                    return drain(), true;
                }
                if (answer == PUSH) {
                    for (const auto& [j, t] : pushes_) {
                        if (j >= a && j < a + k) {
                            const Time later = m.next_start(m.fits[taken_[j - a]->fit], t);
                            drain();
                            if (later >= NEVER) return true;
                            starts_[j - a] = std::max(starts_[j - a], later);
                            return false;
                        }
                        if (!push_to(j, t)) return drain(), true;
                    }
                    break;
                }
                extra += m.prices.overtime * static_cast<Cost>(over_ - now.over[d]) + m.prices.waiting * static_cast<Cost>(wait_ - now.wait[d]);
                looked_.push_back({d, over_, wait_});
            }
            if (head_ < queue_.size()) continue;
            cost += extra;
            won = 0;
            break;
        }
        if (total() >= best_cost_) return true;
        best_cost_ = total();
        found_ = true;
        chosen_.clear();
        for (int s = 0; s < k; ++s) chosen_.push_back(*taken_[s]);
        moves_.clear();
        for (int i : touched_) moves_.push_back({i, trial_[i]});
        chosen_looked_ = looked_;
        chosen_wished_ = wished_;
        return true;
    }

    // A call put on the road: the place after it comes later by as much as there is no time left for it.
    template <class Push>
    bool call(int i, int after, Push push_to) {
        Time calls = length_[i];
        int q = after;
        while (where_[q] == NONE && q != m.first(now.duty[q])) calls += length_[q], q = now.prev[q];
        if (where_[q] == NONE) return true;
        int z = now.next[after];
        while (where_[z] == NONE && !is_end(z)) calls += length_[z], z = now.next[z];
        if (where_[z] == NONE) return true;
        return push_to(z, at_now(q) + length_[q] + calls + m.way(where_[q], where_[z]));
    }

    void insert(int v) {
        const int a = m.node_of[v], k = m.node_of[v + 1] - a;
        for (int s = 0; s < k; ++s) {
            const int i = a + s, d = now.duty[chosen_[s].after], p = m.duty_person[d];
            link(i, chosen_[s].after, chosen_[s].fit);
            now.legs[d] += chosen_[s].way;
            now.work[d] += length_[i];
            now.count[d] += 1;
            now.met[p] += length_[i];
            now.crises[p] += m.crisis[v];
        }
        for (const auto& [i, t] : moves_) {
            now.start[i] = t;
            now.largest = std::max(now.largest, m.late(i, t));
            if (chosen_wished_ && i >= a && i < a + k) now.floor[i] = t;
        }
        for (const Looked& one : chosen_looked_) now.over[one.duty] = one.over, now.wait[one.duty] = one.wait;
        now.cost += best_cost_ - left_out(v);
    }

    // ---- ruin and recreate ----------------------------------------------------------------------------------------------

    void recreate(double blink) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < absent.size(); ++i) {
            const int v = absent[i];
            if (cheapest(v, left_out(v), blink))
                insert(v);
            else
                absent[kept++] = v;
        }
        absent.resize(kept);
    }

    // The order in which absent visits come back.
    void shuffle() {
        const int way = random.below(16);
        for (std::size_t i = absent.size(); i > 1; --i) std::swap(absent[i - 1], absent[random.below(static_cast<int>(i))]);
        auto by = [&](auto key) {
            std::stable_sort(absent.begin(), absent.end(), [&](int x, int y) { return key(x) < key(y); });
        };
        auto slots = [&](int v) { return m.node_of[v] - m.node_of[v + 1]; };
        auto choice = [&](int v) {
            int least = m.n_people + 1;
            for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) least = std::min(least, m.fit_of[i + 1] - m.fit_of[i]);
            return least;
        };
        if (way < 4) return;
        if (way < 8) return by(slots);
        if (way < 10) return by([&](int v) { return centre_[v]; });
        if (way < 11) return by([&](int v) { return -centre_[v]; });
        if (way < 12) return by([&](int v) { return -left_out(v); });
        if (way < 14) return by(choice);
        by([&](int v) { return centre_[v]; });
        by(slots);
    }

    void take(int v) {
        if (!served(v) || m.held[v]) return;
        unlink(v);
        absent.push_back(v);
    }

    // Places and times of visits, for ruins.
    void learn_places() {
        centre_.assign(m.n_visits, 0);
        double low = 1e18, high = -1e18;
        for (int v = 0; v < m.n_visits; ++v) {
            const int i = m.node_of[v];
            double at = 0;
            if (m.due_of[i] < m.due_of[i + 1])
                at = 0.5 * m.due[m.due_of[i]].low + 0.5 * m.due[m.due_of[i]].high;
            else if (m.fit_of[i] < m.fit_of[i + 1] && m.fits[m.fit_of[i]].spans < m.fits[m.fit_of[i]].spans_end) {
                const Span& s = m.spans[m.fits[m.fit_of[i]].spans];
                at = 0.5 * s.low + 0.5 * s.high;
            }
            centre_[v] = at;
            low = std::min(low, at);
            high = std::max(high, at);
        }
        span_ = std::max<double>(1, high - low);
        near_.assign(m.n_visits, {});
    }

    double road(int v, int w) const {
        const int a = m.place[m.node_of[v]], b = m.place[m.node_of[w]];
        return a == NONE || b == NONE ? 0 : 0.5 * (m.way(a, b) + m.way(b, a));
    }

    const std::vector<int>& near(int v) {
        std::vector<int>& list = near_[v];
        if (!list.empty()) return list;
        const int width = std::min(m.n_visits, 120);
        ranked_.resize(m.n_visits);
        for (int w = 0; w < m.n_visits; ++w) ranked_[w] = {w == v ? -1 : road(v, w) + 0.2 * std::abs(centre_[v] - centre_[w]), w};
        std::partial_sort(ranked_.begin(), ranked_.begin() + width, ranked_.end());
        list.resize(width);
        for (int i = 0; i < width; ++i) list[i] = ranked_[i].second;
        return list;
    }

    void ruin() {
        const int n = m.n_visits - static_cast<int>(absent.size());
        if (n <= 0) return;
        int count = 1 + static_cast<int>(-std::log(1.0 - random.unit()) * (knobs.removed - 1));
        count = std::min({count, n, static_cast<int>(knobs.removed * 3) + 1});
        int seed = random.below(m.n_visits);
        const bool around = !absent.empty() && random.unit() < 0.5;  // make room for somebody left out
        if (around)
            seed = absent[random.below(static_cast<int>(absent.size()))];
        else
            for (int tries = 0; !served(seed) && tries < m.n_visits; ++tries) seed = (seed + 1) % m.n_visits;
        const double way = random.unit();
        if (way < 0.60) {
            strings(seed, count);
        } else if (way < 0.80) {  // related, with some noise
            int left = count;
            for (int w : near(seed)) {
                if (left <= 0) break;
                if (served(w) && (w == seed || random.unit() < 0.75)) take(w), --left;
            }
        } else if (way < 0.88) {
            take(seed);
            for (int i = 1; i < count; ++i) take(random.below(m.n_visits));
        } else if (way < 0.96) {
            worst(count);
        } else {  // a slice of the day
            const double half = span_ * 0.06, at = served(seed) ? now.start[m.node_of[seed]] : centre_[seed];
            const int from = random.below(m.n_visits);
            int left = count;
            for (int i = 0; i < m.n_visits && left > 0; ++i) {
                const int v = (from + i) % m.n_visits;
                if (served(v) && std::abs(now.start[m.node_of[v]] - at) < half) take(v), --left;
            }
        }
    }

    // Strings of neighbours in the routes near the seed (Christiaens, Vanden Berghe 2020).
    void strings(int seed, int count) {
        std::fill(string_in_.begin(), string_in_.end(), 0);
        int left = count;
        for (int w : near(seed)) {
            if (left <= 0) break;
            if (!served(w)) continue;
            const int nodes = m.node_of[w + 1] - m.node_of[w];
            const int i = m.node_of[w] + (nodes > 1 ? random.below(nodes) : 0);
            const int d = now.duty[i];
            if (string_in_[d]) continue;
            string_in_[d] = 1;
            int length = 1 + random.below(std::min(10, std::max(1, left)));
            int from = i;
            for (int back = random.below(length); back > 0 && now.prev[from] < m.n_nodes; --back) from = now.prev[from];
            string_.clear();
            for (int at = from; at < m.n_nodes && length > 0; at = now.next[at], --length) string_.push_back(m.node_visit[at]);
            for (int v : string_)
                if (served(v)) take(v), --left;
        }
    }

    // What hurts most by lateness and detour, and some of what stands beside it.
    void worst(int count) {
        ranked_.clear();
        for (int i = 0; i < m.n_nodes; ++i) {
            if (now.duty[i] == NONE) continue;
            const int h = now.prev[i], j = now.next[i];
            double pain = m.prices.lateness * static_cast<double>(m.late(i, now.start[i])) + m.fits[now.fit[i]].price;
            if (where_[h] != NONE && where_[i] != NONE && where_[j] != NONE)
                pain += m.prices.travel * static_cast<double>(m.way(where_[h], where_[i]) + m.way(where_[i], where_[j]) - m.way(where_[h], where_[j]));
            ranked_.push_back({-pain * (0.3 + random.unit()), i});
        }
        const std::size_t seeds = std::min<std::size_t>(ranked_.size(), std::max(1, count / 3));
        std::partial_sort(ranked_.begin(), ranked_.begin() + seeds, ranked_.end());
        int left = count;
        for (std::size_t r = 0; r < seeds && left > 0; ++r) {
            const int i = ranked_[r].second;
            if (now.duty[i] == NONE) continue;
            const int h = now.prev[i], j = now.next[i];
            take(m.node_visit[i]), --left;
            if (h < m.n_nodes && left > 0 && now.duty[h] != NONE && random.unit() < 0.7) take(m.node_visit[h]), --left;
            if (j < m.n_nodes && left > 0 && now.duty[j] != NONE && random.unit() < 0.4) take(m.node_visit[j]), --left;
        }
    }
};

}  // namespace versants
