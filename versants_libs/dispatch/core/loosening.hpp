// The clock after visits were taken out: only what may start earlier now is looked at, not the whole day.
//
// The starts there are keep every rule and are upper bounds of those to come. What lies behind a gap, and what starts
// together with it, is worked out again in the order of the old starts, as long as something becomes earlier (incremental
// longest paths: Katriel, Michel, Van Hentenryck 2005, doi 10.1007/s10601-005-0554-9). In a duty with pauses everything is
// worked out again, then the pauses. Where this cannot say, Schedule::recompute does the whole.
#pragma once

#include "insertion.hpp"

namespace versants {

class Loosening : public Insertion {
  public:
    Loosening(const Model& model, std::uint64_t seed) : Insertion(model, seed) {
        quick_ = !timed_ && m.prices.waiting == 0 && m.prices.largest_idle == 0 && !any_soft_ && m.arcs.empty();
        for (int v = 0; v < m.n_visits; ++v)
            for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) quick_ = quick_ && m.lag_low[i] == 0 && m.lag_high[i] == 0;
        duty_touched_.assign(m.n_duties, 0);
        duty_moved_.assign(m.n_duties, 0);
        visit_due_.assign(m.n_visits, 0);
        node_moved_.assign(m.n_nodes, 0);
    }

  protected:
    bool quick_ = true;  // all slots of each visit start together, idle time has no price, no links, no soft pauses, ways the same all day

    void begin_taking() {
        ++round_;
        touched_duties_.clear();
    }

    // Take a visit out, and what it costs by itself; settle() does the rest.
    void lift(int v) {
        now.cost += left_out(v);
        for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) {
            const int d = now.duty[i], p = m.duty_person[d];
            if (duty_touched_[d] != round_) {
                duty_touched_[d] = round_;
                touched_duties_.push_back(d);
            }
            now.cost -= own_cost(i, now.start[i], p) + m.fits[now.fit[i]].price;
            now.cost -= m.prices.imbalance * load_of(p, now.met[p]);
            now.met[p] -= length_[i];
            now.cost += m.prices.imbalance * load_of(p, now.met[p]);
            now.crises[p] -= m.crisis[v];
            now.count[d] -= 1;
        }
        unlink(v);
    }

    // All starts after lift(), and what follows from them; ``before`` is the plan with those visits. False as recompute().
    bool settle_down(const Routes& before) {
        if ((quick_ && settle(before)) || recompute()) return true;
        now.start = before.start;  // pauses placed anew may ask for more than there is: as they were
        return recompute(true);
    }

  private:
    std::uint32_t round_ = 0;
    std::vector<std::uint32_t> duty_touched_, duty_moved_, visit_due_, node_moved_;
    std::vector<int> touched_duties_, moved_duties_, moved_;
    std::vector<std::pair<Time, int>> due_;  // a heap: visits to look at, by their old starts

    Cost of_duty(const Routes& routes, int d) const {
        if (routes.count[d] == 0) return 0;
        return m.prices.travel * static_cast<Cost>(routes.legs[d] - m.duty_credit[d]) + m.prices.overtime * static_cast<Cost>(routes.over[d]);
    }

    Cost own_cost(int i, Time start, int p) const {
        Cost cost = m.prices.lateness * static_cast<Cost>(m.late(i, start));
        if (told_) cost += changed(i, start, p);
        return cost;
    }

    void look_at(int v) {
        if (visit_due_[v] == round_) return;
        visit_due_[v] = round_;
        due_.emplace_back(now.start[m.node_of[v]], v);
        std::push_heap(due_.begin(), due_.end(), std::greater<>());
    }

    void look_at_duty(int d) {
        for (int i = now.next[m.first(d)]; !is_end(i); i = now.next[i])
            if (i < m.n_nodes) look_at(m.node_visit[i]);
    }

    void moved(int i) {
        if (node_moved_[i] != round_) {
            node_moved_[i] = round_;
            moved_.push_back(i);
        }
        const int d = now.duty[i];
        if (duty_moved_[d] == round_) return;
        duty_moved_[d] = round_;
        moved_duties_.push_back(d);
    }

    // When the person of node i can be there.
    Time arrival(int i) const {
        int q = now.prev[i];
        Time at = now.start[q] + length_[q];
        if (where_[i] == NONE) return at;
        Time calls = 0;
        while (where_[q] == NONE) {
            if (q == m.first(now.duty[i])) return at;
            calls += length_[q];
            q = now.prev[q];
        }
        return std::max(at, now.start[q] + length_[q] + calls + m.way(now.duty[i], where_[q], where_[i]));
    }

    // The earliest start of a visit as those before it stand; NEVER if none.
    Time earliest(int v) const {
        const int a = m.node_of[v], b = m.node_of[v + 1];
        Time at = -NEVER;
        for (int i = a; i < b; ++i) at = std::max(at, arrival(i));
        for (bool later = true; later;) {
            later = false;
            for (int i = a; i < b; ++i) {
                const Time t = allowed(i, at);
                if (t >= NEVER) return NEVER;
                if (t > at) at = t, later = true;
            }
        }
        return at;
    }

    bool settle(const Routes& before) {
        moved_.clear();
        moved_duties_.clear();
        due_.clear();
        for (int d : touched_duties_) {
            duty_moved_[d] = round_;
            moved_duties_.push_back(d);
            look_at_duty(d);
        }
        while (!due_.empty()) {
            std::pop_heap(due_.begin(), due_.end(), std::greater<>());
            const int v = due_.back().second, a = m.node_of[v], b = m.node_of[v + 1];
            due_.pop_back();
            visit_due_[v] = 0;
            const Time at = earliest(v), was = now.start[a];
            if (at == was) continue;
            if (at > was) return false;  // the direct way is longer than the detour
            for (int i = a; i < b; ++i) {
                const int d = now.duty[i];
                now.start[i] = at;
                const bool fresh = duty_moved_[d] != round_;
                moved(i);
                if (fresh && m.pause_of[d] < m.pause_of[d + 1]) look_at_duty(d);
                for (int j = now.next[i]; !is_end(j); j = now.next[j]) {
                    if (j < m.n_nodes) look_at(m.node_visit[j]);
                    if (where_[j] != NONE) break;
                }
            }
        }
        return rests() && add_up(before);
    }

    // The pauses of the duties in which something moved, until all of them are fine.
    bool rests() {
        int rounds = 0;
        for (bool pushed = true; pushed;) {
            pushed = false;
            if (++rounds > 8) return false;
            for (std::size_t at = 0; at < moved_duties_.size(); ++at) {
                const int d = moved_duties_[at];
                if (now.count[d] == 0 || !watched_[d]) continue;
                bool here = false;
                risen_.clear();
                if (!rest_in(d, here)) return false;
                for (int i : risen_) moved(i);
                pushed = pushed || here;
            }
        }
        return true;
    }

    bool add_up(const Routes& before) {
        for (int i : moved_) {
            const int p = m.duty_person[now.duty[i]];
            now.cost += own_cost(i, now.start[i], p) - own_cost(i, before.start[i], p);
        }
        for (int d : moved_duties_) {
            if (duty_touched_[d] == round_ && !go_through(d)) return false;
            if (now.count[d] == 0) now.over[d] = now.wait[d] = 0;
            now.cost += of_duty(now, d) - of_duty(before, d);
        }
        if (limited_)
            for (int d : touched_duties_)
                if (!within_limits(m.duty_person[d])) return false;
        if (m.prices.largest_lateness > 0) {
            Time largest = m.largest_before;
            for (int i = 0; i < m.n_nodes; ++i)
                if (now.duty[i] != NONE) largest = std::max(largest, m.late(i, now.start[i]));
            now.cost += m.prices.largest_lateness * static_cast<Cost>(largest - now.largest);
            now.largest = largest;
        }
        return true;
    }

    // Travel, work and visits of a duty from which something was taken; false if what is fixed in it is not reached in time.
    bool go_through(int d) {
        now.legs[d] = now.work[d] = now.count[d] = 0;
        Context c{now.start[m.first(d)], where_[m.first(d)], 0, false};
        for (int i = m.first(d); !is_end(i) || i == m.first(d);) {
            const int j = now.next[i];
            Time at = now.start[i] + length_[i];
            bool touched = i < m.n_nodes;
            if (where_[j] != NONE && c.place != NONE) {
                const Time way = m.way(d, c.place, where_[j]);
                now.legs[d] += way;
                const Time there = c.end + c.calls + way;
                if (there > at) at = there, touched = c.visit;
            }
            if (j >= m.n_nodes && touched && at > (is_end(j) ? m.duty_latest[d] : now.start[j])) return false;
            if (j == m.last(d)) {
                now.start[j] = at;
                break;
            }
            if (j < m.n_nodes) now.count[d] += 1, now.work[d] += length_[j];
            if (where_[j] != NONE)
                c = {now.start[j] + length_[j], where_[j], 0, j < m.n_nodes};
            else
                c = {c.end, c.place, c.calls + length_[j], c.visit || j < m.n_nodes};
            i = j;
        }
        return true;
    }
};

}  // namespace versants
