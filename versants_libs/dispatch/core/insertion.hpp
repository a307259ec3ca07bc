// Putting a visit into a plan: every place of every slot by what it costs at least, teams of them, the exact cost of one.
//
// Putting in only ever pushes starts later: the cone of what is pushed is walked, costed, and left as soon as it cannot
// beat the best known. A push that comes back to what was put in is a circle of waiting and refuses it.
#pragma once

#include "placing.hpp"

namespace versants {

class Insertion : public Placing {
  public:
    Insertion(const Model& model, std::uint64_t seed) : Placing(model, seed) { duty_seen_.assign(m.n_duties, 0); }

  protected:
    struct Looked {
        int duty;
        Time over, wait, rest;
        Cost miss;
        Time legs;
    };

    struct Pair {
        Cost sum;
        const Place *one, *two;
    };
    static constexpr int MOST_PAIRS = 100;

    std::vector<std::vector<Place>> lists_;
    std::vector<Pair> pairs_;
    std::vector<const Place*> taken_;
    std::vector<Cost> rest_;
    std::vector<Place> chosen_;
    std::vector<std::pair<int, Time>> moves_;
    std::vector<Looked> looked_, chosen_looked_;
    std::vector<Time> starts_;
    std::vector<std::uint32_t> duty_seen_;
    std::uint32_t look_ = 0;
    bool may_push_ = true, pushed_ = false;
    bool wished_ = false, chosen_wished_ = false, found_ = false;
    Cost best_cost_ = 0;

    // Whether the limits of the people whose duties were looked at hold with the team in taken_.
    bool keeps_limits(int k) {
        auto swap = [&](int sign) {
            for (Looked& one : looked_) std::swap(one.legs, now.legs[one.duty]);
            for (int s = 0; s < k; ++s) {
                const int d = now.duty[taken_[s]->after];
                now.work[d] += sign * length_[m.node_of[fresh_] + s];
                now.count[d] += sign;
            }
        };
        swap(1);
        bool holds = true;
        for (const Looked& one : looked_) holds = holds && within_limits(m.duty_person[one.duty]);
        swap(-1);
        return holds;
    }

    // What the team in taken_ changes in the price of the largest idle time.
    Cost idle_change(int k) const {
        auto more_of = [&](int d) {
            Time more = 0;
            bool looked = false;
            for (const Looked& one : looked_)
                if (one.duty == d) more += one.rest - now.rest[d] + (timed_ ? one.legs - now.legs[d] : 0), looked = true;
            for (int s = 0; s < k; ++s)
                if (now.duty[taken_[s]->after] == d) more += (timed_ && looked ? 0 : taken_[s]->way) + length_[m.node_of[fresh_] + s];
            return more;
        };
        if (smooth_ <= 0) {
            Time most = 0;
            for (int d = 0; d < m.n_duties; ++d) most = std::max(most, idle_of(d, more_of(d)));
            return m.prices.largest_idle * static_cast<Cost>(most) - now.idle_cost;
        }
        double sum = now.idle_sum;
        auto change = [&](int d) { sum += idle_part(idle_of(d, more_of(d))) - idle_part(idle_of(d)); };
        for (int s = 0; s < k; ++s) change(now.duty[taken_[s]->after]);
        for (const Looked& one : looked_) {
            bool counted = false;
            for (int s = 0; s < k; ++s) counted = counted || now.duty[taken_[s]->after] == one.duty;
            if (!counted && (one.rest != now.rest[one.duty] || (timed_ && one.legs != now.legs[one.duty]))) change(one.duty);
        }
        return idle_price(sum) - now.idle_cost;
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
        if (k == 2 && (m.prices.waiting > 0 || m.prices.largest_idle > 0))
            pairs(v);
        else
            team(v, 0, k, 0);
        return found_;
    }

    // Two slots where bounds are loose (idle time has a price): pairs by what they cost at least, only so many of them.
    void pairs(int v) {
        pairs_.clear();
        for (const Place& one : lists_[0])
            for (const Place& two : lists_[1]) {
                const Cost sum = one.bound + two.bound - largest_part(one, m.node_of[v]) - largest_part(two, m.node_of[v] + 1);
                if (sum < best_cost_ && m.fits[one.fit].person != m.fits[two.fit].person) pairs_.push_back({sum, &one, &two});
            }
        auto more = [](const Pair& x, const Pair& y) { return x.sum > y.sum; };
        std::make_heap(pairs_.begin(), pairs_.end(), more);
        auto end = pairs_.end();
        for (int tried = 0; tried < MOST_PAIRS && end != pairs_.begin() && pairs_.front().sum < best_cost_; ++tried, --end) {
            std::pop_heap(pairs_.begin(), end, more);
            taken_[0] = (end - 1)->one;
            taken_[1] = (end - 1)->two;
            exact(v, 2);
        }
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

    // Whether there are vehicles for all of the team in taken_.
    bool vehicles_for(int v, int k) {
        int s = 0;
        bool enough = true;
        for (; s < k && enough; ++s) {
            if (where_[m.node_of[v] + s] == NONE) continue;
            const int d = now.duty[taken_[s]->after];
            enough = has_vehicle(d);
            to_site(d, 1);
        }
        for (--s; s >= 0; --s)
            if (where_[m.node_of[v] + s] != NONE) to_site(now.duty[taken_[s]->after], -1);
        return enough;
    }

    // The team in taken_, costed exactly; kept if it is the best so far.
    void exact(int v, int k) {
        if (pooled_ && k > 1 && !vehicles_for(v, k)) return;
        starts_.resize(k);
        pushed_ = false;
        for (const bool may_push : {true, false}) {
            may_push_ = may_push;
            for (int s = 0; s < k; ++s) starts_[s] = taken_[s]->start;
            // A pause may ask that what is put in starts later: once more, from there.
            for (int tries = 0; tries < 8 && !costed(v, k); ++tries) {
            }
            if (!pushed_) break;  // else once more, the pause given up if it may be
        }
    }

    // False if starts_ was moved and the team is to be costed again.
    bool costed(int v, int k) {
        const int a = m.node_of[v];
        looked_.clear();
        if (k > 1 && !join(a, k)) return true;
        wished_ = told_of_[v] > 0 && wish(a, k);
        fresh_ = v;
        Cost cost = 0, guess = 0;  // guess: the price of driving as it seems before times are known
        Time largest = now.largest;
        for (int s = 0; s < k; ++s) {
            const Place& place = *taken_[s];
            const int d = now.duty[place.after], p = m.duty_person[d];
            const Time late = m.late(a + s, starts_[s]);
            cost += m.prices.lateness * late + m.fits[place.fit].price + m.prices.travel * static_cast<Cost>(place.way);
            if (timed_) guess += m.prices.travel * static_cast<Cost>(place.way);
            if (now.count[d] == 0) cost += m.prices.travel * static_cast<Cost>(now.legs[d] - m.duty_credit[d]);
            if (m.prices.imbalance > 0) cost += m.prices.imbalance * (load_of(p, now.met[p] + length_[a + s]) - load_of(p, now.met[p]));
            if (told_) cost += changed(a + s, starts_[s], p);
            largest = std::max(largest, late);
        }
        Cost won = 0;  // waiting that may go
        if (m.prices.waiting > 0)
            for (int s = 0; s < k; ++s) won += m.prices.waiting * static_cast<Cost>(now.wait[now.duty[taken_[s]->after]]);
        Cost balance = m.prices.largest_idle > 0 ? idle_change(k) : 0;
        auto total = [&] { return cost + m.prices.largest_lateness * (largest - now.largest) - won + balance; };
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
                const int answer = slot == NONE ? look(d, NONE, NONE, 0, NONE, may_push_ && round < 4)
                                                : look(d, a + slot, taken_[slot]->after, starts_[slot], taken_[slot]->fit, may_push_ && round < 4);
                if (answer == BROKEN || round > 8) {
                    return drain(), true;
                }
                if (answer == PUSH) {
                    pushed_ = pushed_ || soft_[d];
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
                extra += m.prices.overtime * static_cast<Cost>(over_ - now.over[d]) + m.prices.waiting * static_cast<Cost>(wait_ - now.wait[d]) +
                         miss_ - now.miss[d];
                if (timed_) extra += m.prices.travel * static_cast<Cost>(legs_ - now.legs[d]);
                looked_.push_back({d, over_, wait_, rested_, miss_, legs_});
            }
            if (head_ < queue_.size()) continue;
            if (timed_ && limited_ && !keeps_limits(k)) return true;
            cost += extra - guess;
            won = 0;
            if (m.prices.largest_idle > 0) balance = idle_change(k);
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
        return push_to(z, m.arrive(now.duty[after], where_[q], where_[z], at_now(q) + length_[q] + calls));
    }

    void insert(int v) {
        const int a = m.node_of[v], k = m.node_of[v + 1] - a;
        for (int s = 0; s < k; ++s) {
            const int i = a + s, d = now.duty[chosen_[s].after], p = m.duty_person[d];
            const bool later = timed_ && this->later(i, chosen_[s]);
            link(i, chosen_[s].after, chosen_[s].fit);
            if (!timed_) now.legs[d] += chosen_[s].way;
            if (later) now.floor[i] = chosen_[s].start;
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
        for (const Looked& one : chosen_looked_)
            now.over[one.duty] = one.over, now.wait[one.duty] = one.wait, now.rest[one.duty] = one.rest, now.miss[one.duty] = one.miss;
        for (const Looked& one : chosen_looked_)
            if (timed_) now.legs[one.duty] = one.legs;
        if (m.prices.largest_idle > 0) weigh_idle();
        now.cost += best_cost_ - left_out(v);
    }
};

}  // namespace versants
