// The state of a plan, and each duty as a whole: what it holds, its limits, its pauses, overtime and idle time.
//
// A *node* is one slot of one visit; busy times are fixed nodes. A *duty* is one shift of one person: a doubly linked
// route of nodes between two sentinels.
#pragma once

#include <cmath>

#include "settling.hpp"

namespace versants {

class Duties {
  public:
    const Model& m;
    Routes now;

    explicit Duties(const Model& model) : m(model), settling_(model) {
        const int size = m.n_nodes + m.n_fixed + 2 * m.n_duties;
        for (auto* list : {&now.next, &now.prev, &now.fit, &now.duty}) list->assign(size, NONE);
        now.start.assign(size, 0);
        now.floor.assign(m.n_nodes, -NEVER);
        for (auto* list : {&now.legs, &now.work, &now.over, &now.wait, &now.rest}) list->assign(m.n_duties, 0);
        now.miss.assign(m.n_duties, 0);
        now.count.assign(m.n_duties, 0);
        now.met.assign(m.n_people, 0);
        now.crises.assign(m.n_people, 0);
        timed_ = m.by_time();
        pooled_ = !m.vehicles.empty();
        if (pooled_) {
            now.sites.assign(m.n_duties, 0);
            now.taken.assign(m.vehicles.size(), 0);
        }
        where_.assign(size, NONE);
        length_.assign(size, 0);
        for (int i = 0; i < m.n_nodes; ++i) where_[i] = m.place[i], length_[i] = m.duration[i];
        for (int d = 0; d < m.n_duties; ++d) lay_out(d);
        plain_ = m.n_fixed == 0;
        for (int i = 0; i < size; ++i) plain_ = plain_ && where_[i] != NONE;
        watch();
        for (const Limits& l : m.limits) limited_ = limited_ || l.any();
        for (int person : m.told_person) told_ = told_ || person != NONE;
        told_of_.assign(m.n_visits, 0);
        for (int i = 0; i < m.n_nodes; ++i) told_of_[m.node_visit[i]] += m.told_person[i] != NONE;
        trial_.assign(size, 0);
        stamp_.assign(size, 0);
    }

    bool served(int v) const { return now.duty[m.node_of[v]] != NONE; }
    Cost left_out(int v) const { return m.unserved[v] + m.prices.changes * told_of_[v]; }

    std::vector<Service> services(const Routes& routes) const {
        std::vector<Service> found;
        for (int i = 0; i < m.n_nodes; ++i)
            if (routes.duty[i] != NONE) found.push_back({i, m.duty_person[routes.duty[i]], routes.start[i]});
        return found;
    }

    // Where vehicles are shared: a visit at a place more in duty d, or less (-1). The first one takes a vehicle.
    void to_site(int d, int n) {
        now.sites[d] += n;
        if (now.sites[d] != (n > 0 ? 1 : 0)) return;
        for (int z = m.stretch_from[d]; z < m.stretch_to[d]; ++z) now.taken[z] += n;
    }

  protected:
    enum Answer { FINE, PUSH, BROKEN };

    struct Leg {
        int from, to;
        Time ready;
    };

    std::vector<int> where_;
    std::vector<Time> length_;
    bool plain_ = true, limited_ = false, told_ = false, pooled_ = false, timed_ = false;
    std::vector<char> watched_;  // duties whose pauses, overtime or waiting have to be looked at as a whole
    std::vector<int> told_of_;
    // walks
    std::vector<Time> trial_;
    std::vector<std::uint32_t> stamp_;
    std::uint32_t walk_ = 0;
    int fresh_ = NONE;  // the visit that is tried
    // one duty as a whole
    Settling settling_;
    std::vector<Settling::Entry>& day_ = settling_.day;
    std::vector<char> soft_, linked_;
    std::vector<std::vector<Arc>> into_;  // arcs by the node they lead to; ``to`` is where they come from
    std::vector<Time> busy_;              // by duty: seconds of it that are fixed
    bool shifts_ = true, any_soft_ = false;
    double smooth_ = 0, longest_ = 0;
    std::vector<int> leg_of_, leg_end_;
    std::vector<Time> spare_, taken_rest_;
    std::vector<std::pair<int, Time>> option_, pushes_;
    Time best_push_ = NEVER, over_ = 0, wait_ = 0, rested_ = 0, legs_ = 0;
    std::vector<Leg> legs_of_;  // where ways depend on the time: the legs of spare_
    Cost miss_ = 0;

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

    void watch() {
        watched_.assign(m.n_duties, 0);
        soft_.assign(m.n_duties, 0);
        busy_.assign(m.n_duties, 0);
        for (int d = 0; d < m.n_duties; ++d) {
            longest_ = std::max<double>(longest_, m.duty_end[d] - m.duty_start[d]);
            const bool pauses = m.pause_of[d] < m.pause_of[d + 1];
            const bool must = pauses && m.pauses[m.pause_of[d]].missed == NEVER_MISSED;
            soft_[d] = !must && (pauses || m.prices.waiting > 0);
            any_soft_ = any_soft_ || (soft_[d] && pauses);
            watched_[d] = timed_ || pauses || m.prices.waiting > 0 || (m.prices.overtime > 0 && m.duty_latest[d] > m.duty_end[d]);
            for (int f = m.fixed_of[d]; f < m.fixed_of[d + 1]; ++f)
                busy_[d] += std::max<Time>(0, std::min(m.fixed_start[f] + m.fixed_length[f], m.duty_end[d]) -
                                                  std::max(m.fixed_start[f], m.duty_start[d]));
        }
        linked_.assign(m.n_nodes, 0);
        into_.assign(m.arcs.empty() ? 0 : m.n_nodes, {});
        for (int i = 0; i < m.n_nodes; ++i)
            for (int e = m.arc_of[i]; e < m.arc_of[i + 1]; ++e) {
                into_[m.arcs[e].to].push_back({i, m.arcs[e].low});
                linked_[i] = linked_[m.arcs[e].to] = 1;
            }
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

    // How late node i may start with this fit at no price, everybody it is tied to staying.
    Time latest(int i, Time start, int fit) const {
        const int v = m.node_visit[i];
        if (!shifts_ || m.node_of[v + 1] - m.node_of[v] > 1 || m.told_person[i] != NONE || linked_[i] || now.floor[i] > -NEVER)
            return start;
        Time until = start;
        for (int s = m.fits[fit].spans; s < m.fits[fit].spans_end; ++s)
            if (m.spans[s].low <= start && start <= m.spans[s].high) until = m.spans[s].high;
        if (m.due_of[i] == m.due_of[i + 1]) return until;
        Time due = start;
        for (int w = m.due_of[i]; w < m.due_of[i + 1]; ++w)
            if (m.due[w].low <= start && (!m.due[w].hard || start <= m.due[w].high)) due = std::max(due, m.due[w].high);
        return std::min(until, due);
    }

    bool within_limits(int p) const {
        const Limits& l = m.limits[p];
        if (!l.any()) return true;
        if (now.crises[p] > l.crises) return false;
        for (int d = m.duty_of[p]; d < m.duty_of[p + 1]; ++d) {
            if (now.count[d] == 0) continue;
            Time work, driving, week;
            held(d, work, driving, week);
            if (work > l.day || driving > l.driving || week > l.week) return false;
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

    // Shift time of duty d that is neither work nor travel nor pause.
    Time idle_of(int d, Time more = 0) const {
        return std::max<Time>(0, m.duty_end[d] - m.duty_start[d] - busy_[d] - now.legs[d] - now.work[d] - now.rest[d] - more);
    }

    // The price of the largest idle time has no slope where several duties share it. While the search goes on it is
    // smoothed: smooth_ * log(sum of exp(idle / smooth_)), never below the largest; with smooth_ 0 it is exact.
    double idle_part(Time idle) const { return std::exp((idle - longest_) / smooth_); }

    Cost idle_price(double sum) const {
        return std::llround(static_cast<double>(m.prices.largest_idle) * (longest_ + smooth_ * std::log(std::max(sum, 1e-300))));
    }

    Cost exact_idle() const {
        Time most = 0;
        for (int d = 0; d < m.n_duties; ++d) most = std::max(most, idle_of(d));
        return m.prices.largest_idle * static_cast<Cost>(most);
    }

    void weigh_idle() {
        now.idle_cost = 0;
        if (m.prices.largest_idle == 0) return;
        if (smooth_ <= 0) {
            now.idle_cost = exact_idle();
            return;
        }
        now.idle_sum = 0;
        for (int d = 0; d < m.n_duties; ++d) now.idle_sum += idle_part(idle_of(d));
        now.idle_cost = idle_price(now.idle_sum);
    }

    // From now on smoothed so much.
    void smooth_to(double seconds) {
        smooth_ = seconds;
        const Cost was = now.idle_cost;
        weigh_idle();
        now.cost += now.idle_cost - was;
    }

    // What the plan costs, nothing smoothed.
    Cost worth() const { return m.prices.largest_idle == 0 ? now.cost : now.cost - now.idle_cost + exact_idle(); }

    Time at_now(int i) const { return stamp_[i] == walk_ ? trial_[i] : now.start[i]; }

    // What look() found becomes the state of duty d; its price.
    Cost keep_look(int d) {
        now.over[d] = over_, now.wait[d] = wait_, now.rest[d] = rested_, now.miss[d] = miss_;
        if (timed_) now.legs[d] = legs_;
        return m.prices.overtime * over_ + m.prices.waiting * wait_ + miss_;
    }

    // Lays duty d out at trial times, with ``node`` put in behind ``behind`` at ``at`` if there is one. FINE fills over_
    // and wait_; PUSH fills pushes_ with what must start later so that the pauses find room.
    int look(int d, int node = NONE, int behind = NONE, Time at = 0, int fit = NONE, bool may_push = true) {
        day_.clear();
        int last_visit = -1, first_visit = -1;
        for (int i = m.first(d), end = m.last(d); i != end; i = now.next[i]) {
            if (i != m.first(d)) {
                const Time start = at_now(i);
                const bool visit = i < m.n_nodes;
                day_.push_back({i, start, start + length_[i], where_[i], visit && soft_[d] ? latest(i, start, now.fit[i]) : start});
                if (visit) {
                    last_visit = static_cast<int>(day_.size()) - 1;
                    if (first_visit < 0) first_visit = last_visit;
                }
            }
            if (node != NONE && i == behind) {
                last_visit = static_cast<int>(day_.size());
                if (first_visit < 0) first_visit = last_visit;
                day_.push_back({node, at, at + length_[node], where_[node], soft_[d] ? latest(node, at, fit) : at});
            }
        }
        over_ = wait_ = rested_ = 0;
        miss_ = 0;
        if (timed_) legs_ = driving(d);
        if (last_visit < 0) return FINE;
        // Overtime: the end of the last visit, or the way back from it.
        Time back = day_[last_visit].end;
        if (last_visit == static_cast<int>(day_.size()) - 1 && m.duty_to[d] != NONE) {
            Time calls = 0;
            for (int e = last_visit; e >= 0; --e) {
                if (day_[e].place != NONE) {
                    back = std::max(back, m.arrive(d, day_[e].place, m.duty_to[d], day_[e].end + calls));
                    break;
                }
                calls += day_[e].end - day_[e].start;
            }
        }
        over_ = std::max<Time>(0, back - m.duty_end[d]);
        if (soft_[d]) {
            settling_.run(d, first_visit, last_visit, back, may_push);
            over_ = settling_.over, wait_ = settling_.wait, rested_ = settling_.rest, miss_ = settling_.missed;
            pushes_ = settling_.pushes;
            return pushes_.empty() ? FINE : PUSH;
        }
        if (m.prices.waiting > 0) {  // idle from the first visit to the last, pauses that must be among it
            wait_ = settling_.idle(d, first_visit, last_visit);
        }
        return m.pause_of[d] == m.pause_of[d + 1] ? FINE : rest(d);
    }

    // Seconds on the road of a laid out duty.
    Time driving(int d) const {
        Time total = 0, ready = m.duty_start[d];
        int at = m.duty_from[d];
        for (const auto& entry : day_) {
            if (entry.place == NONE) {
                ready += entry.end - entry.start;
                continue;
            }
            if (at != NONE) total += m.drive(d, at, entry.place, ready, entry.start);
            at = entry.place, ready = entry.end;
        }
        return at != NONE && m.duty_to[d] != NONE ? total + m.home(d, at, m.duty_to[d], ready) : total;
    }

    // Whether all pauses of a laid out duty have room; if not, the least that must be pushed.
    int rest(int d) {
        const int n = static_cast<int>(day_.size());
        // Gap g lies before entry g; a leg joins two places and what lies between them.
        leg_of_.assign(n + 1, NONE);
        spare_.clear();
        leg_end_.clear();
        legs_of_.clear();
        int place = m.duty_from[d], from_gap = 0;
        Time since = m.duty_start[d], calls = 0;
        for (int e = 0; e <= n; ++e) {
            const int to = e < n ? day_[e].place : m.duty_to[d];
            if (to != NONE) {
                if (place != NONE) {
                    const Time until = e < n ? day_[e].start : m.duty_latest[d];
                    for (int g = from_gap; g <= e; ++g) leg_of_[g] = static_cast<int>(spare_.size());
                    spare_.push_back(m.leave(d, place, to, until) - since - calls);
                    if (timed_) legs_of_.push_back({place, to, since + calls});
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

    Time arrive_after(int d, int leg, Time rest) const {
        const Leg& l = legs_of_[leg];
        return m.arrive(d, l.from, l.to, l.ready + rest);
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
                const int i = e < n ? day_[e].node : m.n_nodes;
                if (i < m.n_nodes && now.fit[i] != NONE) at = allowed(i, at);
                if (i >= m.n_nodes || at >= NEVER) {
                    possible = false;
                    return;
                }
                more += at - day_[e].start;
                option_.push_back({i, at});
            };
            if (ends > until) need(g, ends);
            if (possible && leg != NONE) {
                const Time lacks = taken_rest_[leg] + p.length - spare_[leg];
                const int e = leg_end_[leg];
                if (lacks > 0) need(e, timed_ ? arrive_after(d, leg, taken_rest_[leg] + p.length) : (e < n ? day_[e].start : 0) + lacks);
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

    // Whether duty d has a vehicle, or there is one for it.
    bool has_vehicle(int d) const {
        if (now.sites[d] > 0) return true;
        for (int z = m.stretch_from[d]; z < m.stretch_to[d]; ++z)
            if (now.taken[z] >= m.vehicles[z]) return false;
        return true;
    }

    // Whether no more vehicles are taken than there are while duty d may have one.
    bool enough_vehicles(int d) const {
        for (int z = m.stretch_from[d]; z < m.stretch_to[d]; ++z)
            if (now.taken[z] > m.vehicles[z]) return false;
        return true;
    }

    void unlink(int v) {
        for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) {
            if (pooled_ && where_[i] != NONE) to_site(now.duty[i], -1);
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
        if (pooled_ && where_[i] != NONE) to_site(now.duty[i], 1);
    }
};

}  // namespace versants
