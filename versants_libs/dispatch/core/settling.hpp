// One duty as a whole, where its pauses may be missed at a price or idle time has one: which gap each pause gets, how
// late the visits before a gap may start at no price, and what overtime, idle time and missed pauses are left.
#pragma once

#include <utility>

#include "model.hpp"

namespace versants {

class Settling {
  public:
    struct Entry {  // a visit or a busy time; ``latest``: how late it may start at no price
        int node;
        Time start, end;
        int place;
        Time latest;
    };
    std::vector<Entry> day;
    // The answer of run(): seconds over time, idle, at rest; the price of what is missed; where visits would start.
    Time over = 0, wait = 0, rest = 0;
    Cost missed = 0;
    std::vector<Time> shifted;
    std::vector<std::pair<int, Time>> pushes;  // (node, start): what has to start later for this

    explicit Settling(const Model& model) : m(model) {}

    // The cheapest way to lay the pauses of duty d; ``first`` and ``last`` are its first and last visit in ``day``.
    // ``back``: when the day ends without pauses after the last visit. Leaves with pushes only if ``may_push``.
    void run(int d, int first, int last, Time back, bool may_push) {
        d_ = d, first_ = first, last_ = last, back_ = back, may_push_ = may_push;
        const int n = static_cast<int>(day.size());
        lay_legs(n);
        gap_of_.assign(m.pause_of[d + 1] - m.pause_of[d], NONE);
        best_ = IMPOSSIBLE;
        rest = -1;
        choose(0, 0);
    }

    // Seconds idle from visit ``first`` to visit ``last``, pauses among them.
    Time idle(int d, int first, int last) const {
        Time sum = 0, ready = 0;
        int here = NONE;
        for (int e = first; e <= last; ++e) {
            if (e > first) sum += std::max<Time>(0, day[e].start - day[e - 1].end);
            if (day[e].place == NONE) {
                ready += day[e].end - day[e].start;
                continue;
            }
            if (here != NONE) sum -= m.drive(d, here, day[e].place, ready, day[e].start);
            here = day[e].place, ready = day[e].end;
        }
        return std::max<Time>(0, sum);
    }

  private:
    const Model& m;
    int d_ = 0, first_ = 0, last_ = 0;
    Time back_ = 0;
    bool may_push_ = true;
    Cost best_ = IMPOSSIBLE;
    // By gap (gap g lies before entry g): its leg, NONE between unknown places; travel of the gap itself; whether it
    // joins two places directly. By leg: what it leaves free, the entry that ends it.
    std::vector<int> leg_of_, leg_end_, gap_of_;
    std::vector<Time> way_, spare_, taken_, later_;
    std::vector<char> direct_;
    std::vector<std::pair<int, int>> ends_;  // by gap: the two places it joins directly
    struct Leg {
        int from, to;
        Time ready;
    };
    std::vector<Leg> legs_;
    std::vector<std::pair<int, Time>> needs_;
    bool movable_ = true;

    Time free_before(int g) const { return g == 0 ? m.duty_start[d_] : std::max(m.duty_start[d_], day[g - 1].end); }

    void lay_legs(int n) {
        leg_of_.assign(n + 1, NONE);
        way_.assign(n + 1, 0);
        direct_.assign(n + 1, 0);
        ends_.assign(n + 1, {NONE, NONE});
        spare_.clear();
        leg_end_.clear();
        legs_.clear();
        movable_ = !m.by_time();  // another hour is another way
        int place = m.duty_from[d_], from_gap = 0;
        Time since = m.duty_start[d_], calls = 0;
        for (int e = 0; e <= n; ++e) {
            const int to = e < n ? day[e].place : m.duty_to[d_];
            if (to == NONE) {
                if (e < n) calls += day[e].end - day[e].start;
                if (e >= first_ && e <= last_) movable_ = false;
                continue;
            }
            if (place != NONE) {
                const Time until = e < n ? day[e].start : m.duty_latest[d_];
                for (int g = from_gap; g <= e; ++g) leg_of_[g] = static_cast<int>(spare_.size());
                spare_.push_back(m.leave(d_, place, to, until) - since - calls);
                legs_.push_back({place, to, since + calls});
                leg_end_.push_back(e);
                if (from_gap == e) direct_[e] = 1, ends_[e] = {place, to}, way_[e] = m.way(d_, place, to);
            }
            place = to;
            from_gap = e + 1;
            since = e < n ? day[e].end : 0;
            calls = 0;
        }
    }

    void choose(int pause, int from) {
        if (pause == static_cast<int>(gap_of_.size())) {
            leaf();
            return;
        }
        const Pause& p = m.pauses[m.pause_of[d_] + pause];
        const int n = static_cast<int>(day.size());
        for (int g = from; g <= n; ++g) {
            if (std::max(free_before(g), p.low) + p.length > p.high) break;
            gap_of_[pause] = g;
            choose(pause + 1, g);
        }
        gap_of_[pause] = NONE;
        choose(pause + 1, from);
    }

    // When gap g is left behind with its pauses taken: first on arriving, else before leaving; NEVER if neither fits.
    Time reach(int g, Time& rested_at) const {
        const Time free = free_before(g);
        const auto [from, to] = ends_[g];
        auto there = [&](Time ready) { return direct_[g] ? m.arrive(d_, from, to, ready) : ready; };
        for (const bool arrived : {true, false}) {
            Time at = arrived ? there(free) : free;
            Time begun = -NEVER;
            bool fits = true;
            for (std::size_t i = 0; i < gap_of_.size() && fits; ++i) {
                if (gap_of_[i] != g) continue;
                const Pause& p = m.pauses[m.pause_of[d_] + static_cast<int>(i)];
                at = std::max(at, p.low);
                if (begun == -NEVER) begun = at;
                at += p.length;
                fits = at <= p.high;
            }
            if (!fits) continue;
            rested_at = begun - (arrived && direct_[g] ? m.home(d_, from, to, free) : 0);
            return arrived ? at : there(at);
        }
        return NEVER;
    }

    // How late what lies before gap g may end, if entry g starts at ``until``; the pauses of the gap in between.
    Time leave(int g, Time until) const {
        Time best = -NEVER;
        for (const bool arrived : {true, false}) {
            Time at = until - (arrived ? 0 : way_[g]);
            bool fits = true;
            for (std::size_t i = gap_of_.size(); i-- > 0 && fits;) {
                if (gap_of_[i] != g) continue;
                const Pause& p = m.pauses[m.pause_of[d_] + static_cast<int>(i)];
                at = std::min(at, p.high) - p.length;
                fits = at >= p.low;
            }
            if (fits) best = std::max(best, at - (arrived ? way_[g] : 0));
        }
        return best;
    }

    void leaf() {
        const int n = static_cast<int>(day.size());
        Cost price = 0;
        Time rested = 0, inside = 0, after = 0, back = back_;
        needs_.clear();
        auto need = [&](int e, Time at) {  // entry e must not start before ``at``
            if (e >= n) return at <= m.duty_latest[d_];
            if (at <= day[e].start) return true;
            if (!may_push_ || day[e].node >= m.n_nodes) return false;
            needs_.push_back({day[e].node, at});
            // What it pushes further on is not known here: a price that fears the worst.
            price += std::max<Cost>(1, m.prices.lateness + m.prices.waiting) * (at - day[e].start);
            return true;
        };
        taken_.assign(spare_.size(), 0);
        for (std::size_t i = 0; i < gap_of_.size(); ++i) {
            const Pause& p = m.pauses[m.pause_of[d_] + static_cast<int>(i)];
            const int g = gap_of_[i];
            if (g == NONE) {
                price += p.missed;
                continue;
            }
            rested += p.length;
            if (g > first_ && g <= last_) inside += p.length;
            if (i > 0 && gap_of_[i - 1] == g) continue;  // the gap was looked at with the first of its pauses
            Time begun = 0;
            const Time until = reach(g, begun);
            if (until >= NEVER || !need(g, until)) return;
            if (g == last_ + 1) after = std::max<Time>(0, begun - day[last_].end);
            if (g == n && last_ == n - 1) back = std::max(back, until);
        }
        for (std::size_t i = 0; i < gap_of_.size(); ++i) {
            const int g = gap_of_[i], leg = g == NONE ? NONE : leg_of_[g];
            if (leg == NONE || direct_[g]) continue;
            taken_[leg] += m.pauses[m.pause_of[d_] + static_cast<int>(i)].length;
            const int e = leg_end_[leg];
            if (taken_[leg] > spare_[leg] && !need(e, m.arrive(d_, legs_[leg].from, legs_[leg].to, legs_[leg].ready + taken_[leg]))) return;
        }
        const Time late_back = std::max<Time>(0, back - m.duty_end[d_]);
        Time idle = 0;
        later_.resize(n);
        for (int e = 0; e < n; ++e) later_[e] = day[e].start;
        if (m.prices.waiting > 0) {
            idle = std::max<Time>(0, this->idle(d_, first_, last_) - inside);
            if (movable_ && needs_.empty() && idle > 0) {
                for (int e = last_ - 1; e >= first_; --e) {
                    const Time length = day[e].end - day[e].start;
                    Time at = std::min(day[e].latest, leave(e + 1, later_[e + 1]) - length);
                    if (m.step > 1) at -= ((at % m.step) + m.step) % m.step;
                    later_[e] = std::max(day[e].start, at);
                }
                idle = std::max<Time>(0, idle - (later_[first_] - day[first_].start));
            }
            idle += after;
        }
        price += m.prices.waiting * static_cast<Cost>(idle) + m.prices.overtime * static_cast<Cost>(late_back);
        if (price > best_ || (price == best_ && rested <= rest)) return;
        best_ = price;
        over = late_back, wait = idle, rest = rested;
        missed = 0;
        for (std::size_t i = 0; i < gap_of_.size(); ++i)
            if (gap_of_[i] == NONE) missed += m.pauses[m.pause_of[d_] + static_cast<int>(i)].missed;
        pushes = needs_;
        shifted = later_;
    }
};

}  // namespace versants
