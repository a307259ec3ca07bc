// The state of a plan and its clock: routes, earliest starts, what is pushed when something starts later.
//
// A *node* is one slot of one visit; busy times are fixed nodes. A *duty* is one shift of one person: a doubly linked
// route of nodes between two sentinels. Every rule about time reads "this start is not before that one plus so much", so
// the earliest schedule of given routes is a longest path and serves all lateness at once.
#pragma once

#include <cmath>
#include <tuple>

#include "model.hpp"

namespace versants {

class Schedule {
  public:
    const Model& m;
    Routes now;

    explicit Schedule(const Model& model) : m(model) {
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
            watched_[d] = m.pause_of[d] < m.pause_of[d + 1] || m.prices.waiting > 0 ||
                          (m.prices.overtime > 0 && m.duty_latest[d] > m.duty_end[d]);
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
        recompute();
    }

    bool served(int v) const { return now.duty[m.node_of[v]] != NONE; }
    Cost left_out(int v) const { return m.unserved[v] + m.prices.changes * told_of_[v]; }

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
                    const int answer = look(d);
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
            if (look(d) != FINE) return false;
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

  protected:
    struct Context {  // what is known behind a node: the last place, when it was left, calls since
        Time end = 0;
        int place = NONE;
        Time calls = 0;
        bool visit = false;  // a visit since then, that place included
    };
    struct Entry {  // something in a duty laid out
        int node;
        Time start, end;
        int place;
    };
    enum Answer { FINE, PUSH, BROKEN };

    std::vector<int> where_;
    std::vector<Time> length_;
    bool plain_ = true, limited_ = false, told_ = false;
    std::vector<char> watched_;  // duties whose pauses, overtime or waiting have to be looked at as a whole
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
    // one duty as a whole
    std::vector<Entry> day_;
    std::vector<int> leg_of_, leg_end_;
    std::vector<Time> spare_, taken_rest_;
    std::vector<std::pair<int, Time>> option_, pushes_;
    Time best_push_ = NEVER, over_ = 0, wait_ = 0;

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

    // Lays duty d out at trial times, with ``node`` put in behind ``behind`` at ``at`` if there is one. FINE fills over_
    // and wait_; PUSH fills pushes_ with what must start later so that the pauses find room.
    int look(int d, int node = NONE, int behind = NONE, Time at = 0) {
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
            if (node != NONE && i == behind) {
                last_visit = static_cast<int>(day_.size());
                if (first_visit < 0) first_visit = last_visit;
                day_.push_back({node, at, at + length_[node], where_[node]});
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
            int here = NONE;
            for (int e = first_visit; e <= last_visit; ++e) {
                if (e > first_visit) wait_ += std::max<Time>(0, day_[e].start - day_[e - 1].end);
                if (day_[e].place == NONE) continue;
                if (here != NONE) wait_ -= m.way(here, day_[e].place);
                here = day_[e].place;
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
};

}  // namespace versants
