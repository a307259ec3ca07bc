// The clock of a plan: earliest starts, what is pushed when something starts later. See duties.hpp for the words.
//
// Every rule about time reads "this start is not before that one plus so much", so the earliest schedule of given routes
// is a longest path and serves all lateness at once.
#pragma once

#include <tuple>

#include "duties.hpp"

namespace versants {

class Schedule : public Duties {
  public:
    explicit Schedule(const Model& model) : Duties(model) {
        queued_.assign(now.start.size(), 0);
        waits_.assign(m.n_nodes, 0);
        after_.assign(now.start.size(), {});
        before_.assign(m.n_nodes, {});
        recompute();
    }

    // Where idle time has a price, visits before a gap start as late as costs nothing: from now on they are there.
    bool come_later() {
        if (m.prices.waiting == 0) return true;
        begin_walk();  // nothing of an older walk counts
        for (int d = 0; d < m.n_duties; ++d) {
            if (now.count[d] == 0 || !soft_[d]) continue;
            if (look(d, NONE, NONE, 0, NONE, false) != FINE) return false;
            for (std::size_t e = 0; e < settling_.day.size(); ++e)
                if (settling_.day[e].node < m.n_nodes) now.start[settling_.day[e].node] = settling_.shifted[e];
        }
        shifts_ = false;
        const bool holds = recompute(true);
        shifts_ = true;
        return holds;
    }

    // Earliest starts of all routes and all that follows from them; false if the routes wait for each other or a rule is
    // broken. Nodes come in the order of their predecessors; slots that start together are taken together. With ``keep``
    // no start becomes earlier than it is: the plan as it stands is gone through again.
    bool recompute(bool keep = false) {
        // A pause that may be missed may ask for later starts, unless that breaks something.
        for (const bool pushes : {true, false}) {
            if (pushes && (keep || !any_soft_)) continue;
            if (timed(keep, pushes)) return true;
        }
        return false;
    }

  protected:
    struct Context {  // what is known behind a node: the last place, when it was left, calls since
        Time end = 0;
        int place = NONE;
        Time calls = 0;
        bool visit = false;  // a visit since then, that place included
    };

    // recompute
    std::vector<int> order_, mixed_;
    std::vector<signed char> waits_;
    std::vector<Context> after_, before_;
    std::vector<int> queue_, touched_, risen_;  // risen: what walk_for_good made later
    std::size_t head_ = 0;
    std::vector<std::uint32_t> queued_;

    bool timed(bool keep, bool may_push) {
        begin_walk();  // nothing of an older walk counts
        order_.clear();
        fresh_ = NONE;
        std::fill(waits_.begin(), waits_.end(), 1);
        std::fill(now.met.begin(), now.met.end(), 0);
        std::fill(now.crises.begin(), now.crises.end(), 0);
        Cost cost = 0;
        int reached = 0, n_served = 0, rounds = 0;
        for (int v = 0; v < m.n_visits; ++v) {
            if (!served(v)) {
                cost += left_out(v);
                continue;
            }
            n_served += m.node_of[v + 1] - m.node_of[v];
        }
        for (int d = 0; d < m.n_duties; ++d) {
            now.work[d] = now.count[d] = now.over[d] = now.wait[d] = now.rest[d] = 0;
            now.miss[d] = 0;
            const int a = m.first(d);
            if (now.next[a] == m.last(d) && m.fixed_of[d] == m.fixed_of[d + 1]) {
                now.legs[d] = where_[a] != NONE && where_[m.last(d)] != NONE ? m.way(d, where_[a], where_[m.last(d)]) : 0;
                if (timed_) now.legs[d] = m.duty_credit[d];
                continue;
            }
            now.legs[d] = 0;
            after_[a] = {now.start[a], where_[a], 0, false};
            order_.push_back(a);
        }
        mixed_.clear();
        risen_.clear();
        for (std::size_t head = 0; head < order_.size();) {
            const int i = order_[head++], j = now.next[i], d = now.duty[i];
            const Context& c = after_[i];
            Time at = now.start[i] + length_[i];
            bool touched = i < m.n_nodes;
            if (where_[j] != NONE && c.place != NONE) {
                const Time ready = c.end + c.calls, there = m.arrive(d, c.place, where_[j], ready);
                now.legs[d] += there - ready;
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
        if (!m.arcs.empty() && !follow_arcs()) return false;
        // What a pause pushes may push into another duty: until all of them are fine.
        for (bool pushed = true; pushed;) {
            pushed = false;
            if (++rounds > 8) return false;
            for (int d = 0; d < m.n_duties; ++d)
                if (now.count[d] > 0 && watched_[d] && !rest_in(d, pushed, may_push && rounds < 5)) return false;
        }
        for (int d = 0; timed_ && d < m.n_duties; ++d)
            if (now.count[d] == 0) now.legs[d] = m.duty_credit[d];  // those of the others were looked at
        for (int d = 0; d < m.n_duties; ++d)
            if (now.count[d] > 0)
                cost += m.prices.travel * (now.legs[d] - m.duty_credit[d]) + m.prices.overtime * now.over[d] +
                        m.prices.waiting * now.wait[d] + now.miss[d];
        weigh_idle();
        cost += now.idle_cost;
        now.largest = m.largest_before;
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
        bool within = true;
        for (int p = 0; limited_ && within && p < m.n_people; ++p) within = within_limits(p);
        return within;
    }

    // Duty d with its pauses, what must start later for them pushed; false if they find no room.
    bool rest_in(int d, bool& pushed, bool may_push = true) {
        for (int round = 0;; ++round) {
            const int answer = look(d, NONE, NONE, 0, NONE, may_push && round < 4);
            if (answer == BROKEN || round > 8) return false;
            if (answer == FINE) break;
            pushed = true;
            begin_walk();
            for (const auto& [i, t] : pushes_)
                if (!push(i, t)) return drain();
            if (!walk_for_good()) return false;
        }
        keep_look(d);
        return true;
    }

    void begin_walk() {
        ++walk_;
        queue_.clear();
        touched_.clear();
        head_ = 0;
    }

    bool follow_arcs() {
        begin_walk();
        for (int i = 0; i < m.n_nodes; ++i) {
            if (now.duty[i] == NONE) continue;
            for (int e = m.arc_of[i]; e < m.arc_of[i + 1]; ++e)
                if (now.duty[m.arcs[e].to] != NONE && !push(m.arcs[e].to, at_now(i) + m.arcs[e].low)) return drain();
        }
        return walk_for_good();
    }

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
            risen_.push_back(i);
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

    template <class Push, class Next>
    bool spread(int i, Time t, Push push_to, Next next) {
        const Time end = t + length_[i];
        const int j = next(i), d = now.duty[i] != NONE ? now.duty[i] : now.duty[j];  // one of them is not being tried
        if (where_[i] == NONE) {
            if (!push_to(j, end)) return false;
        } else if (where_[j] != NONE) {
            if (!push_to(j, m.arrive(d, where_[i], where_[j], end))) return false;
        } else {
            if (!push_to(j, end)) return false;
            Time calls = 0;
            int z = j;
            while (where_[z] == NONE && !is_end(z)) calls += length_[z], z = next(z);
            if (where_[z] != NONE && !push_to(z, m.arrive(d, where_[i], where_[z], end + calls))) return false;
        }
        for (int e = m.arc_of[i]; e < m.arc_of[i + 1]; ++e)
            if ((now.duty[m.arcs[e].to] != NONE || m.node_visit[m.arcs[e].to] == fresh_) && !push_to(m.arcs[e].to, t + m.arcs[e].low))
                return false;
        const int v = m.node_visit[i], a = m.node_of[v], b = m.node_of[v + 1];
        if (b - a == 1) return true;
        if (i != a) return push_to(a, t - m.lag_high[i]);
        for (int o = a + 1; o < b; ++o)
            if (!push_to(o, t + m.lag_low[o])) return false;
        return true;
    }
};

}  // namespace versants
