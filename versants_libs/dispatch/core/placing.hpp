// Every place of a slot in a plan, by what it costs at least.
#pragma once

#include "loading.hpp"

namespace versants {

class Placing : public Loading {
  protected:
    struct Place {
        Cost bound;
        Time start;  // the earliest, its mates not considered
        Time way;    // added travel that is counted
        int after, fit;
    };

    using Loading::Loading;

    // Whether a place starts later than it has to, for less driving.
    bool later(int node, const Place& place) const {
        int q = place.after;
        Time at = now.start[q] + length_[q], calls = 0;
        for (; where_[q] == NONE && q != m.first(now.duty[q]); q = now.prev[q]) calls += length_[q];
        if (where_[node] != NONE && where_[q] != NONE)
            at = std::max(at, m.arrive(now.duty[q], where_[q], where_[node], now.start[q] + length_[q] + calls));
        return place.start > m.next_start(m.fits[place.fit], std::max(at, linked_[node] ? after_arcs(node) : -NEVER));
    }

    // Every place of a node that may cost less than ``limit``, by what it costs at least.
    void places(int node, Cost limit, double blink, std::vector<Place>& found) {
        timed_ ? list_places<true>(node, limit, blink, found) : list_places<false>(node, limit, blink, found);
    }

    template <bool BY_TIME>
    void list_places(int node, Cost limit, double blink, std::vector<Place>& found) {
        found.clear();
        const int here = where_[node];
        const Time length = length_[node];
        const bool crisis = m.crisis[m.node_visit[node]];
        const bool one_window = m.due_of[node + 1] - m.due_of[node] <= 1;
        const int only = only_person(node);
        const Time not_before = linked_[node] ? after_arcs(node) : -NEVER;
        const bool levelled = m.prices.largest_idle > 0 && smooth_ > 0;
        for (int f = m.fit_of[node]; f < m.fit_of[node + 1]; ++f) {
            const Fit& fit = m.fits[f];
            if (only != NONE && fit.person != only) continue;
            if ((fit.price >= limit && !levelled) || fit.spans == fit.spans_end) continue;
            Cost base = fit.price;
            if (m.prices.imbalance > 0)
                base += m.prices.imbalance * (load_of(fit.person, now.met[fit.person] + length) - load_of(fit.person, now.met[fit.person]));
            for (int d = m.duty_of[fit.person]; d < m.duty_of[fit.person + 1]; ++d) {
                if (m.spans[fit.spans_end - 1].high < m.duty_start[d] || m.spans[fit.spans].low > m.duty_latest[d]) continue;
                if (pooled_ && here != NONE && !has_vehicle(d)) continue;
                const Time room = limited_ ? most_travel(d, length, crisis) : NEVER;
                if (room < 0) continue;
                const Time opening = now.count[d] == 0 ? now.legs[d] - m.duty_credit[d] : 0;
                const double others = levelled ? now.idle_sum - idle_part(idle_of(d)) : 0;
                const Cost gain = levelled ? now.idle_cost - idle_price(others) : 0;
                if (fit.price - gain >= limit) continue;
                Context c;
                const Time* road = m.road(d);
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
                    if constexpr (BY_TIME) {
                        if (here != NONE && c.place != NONE) at = std::max(at, m.arrive(d, c.place, here, c.end + c.calls));
                    } else if (here != NONE) {
                        if (c.place != NONE) {
                            to = m.way(road, c.place, here);
                            at = std::max(at, c.end + c.calls + to);
                        }
                        if (there != NONE) from = m.way(road, here, there);
                        way = to + from - (c.place != NONE && there != NONE ? m.way(road, c.place, there) : 0);
                        if (way > room) continue;
                    }
                    const Time start = m.next_start(fit, std::max(at, not_before));
                    if (start >= NEVER) break;  // later in the day it only gets later
                    if constexpr (BY_TIME) {
                        list_by_time({node, d, f, i, z, calls, start, room, opening, not_before, base, gain, others}, c, limit, blink, found);
                        continue;
                    }
                    const Time late = m.late(node, start);
                    Cost bound = base + m.prices.lateness * late + m.prices.largest_lateness * std::max<Time>(0, late - now.largest);
                    if (bound - gain >= limit) {
                        if (one_window) break;
                        continue;
                    }
                    bound += m.prices.travel * static_cast<Cost>(way + opening);
                    Time next_at = start + length;
                    if (where_[j] != NONE) {
                        if (here != NONE)
                            next_at += from;
                        else if (c.place != NONE)
                            next_at = std::max(next_at, c.end + c.calls + length + m.way(road, c.place, where_[j]));
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
                    if (m.prices.waiting > 0 && way + length > 0)
                        bound -= m.prices.waiting * static_cast<Cost>(std::min(now.wait[d], static_cast<Time>(way + length)));
                    if (gain > 0) bound -= now.idle_cost - idle_price(others + idle_part(idle_of(d, way + length)));
                    if (bound < limit && (blink <= 0 || !blinks(blink))) found.push_back({bound, start, way, i, f});
                }
            }
        }
    }

  private:
    int until_blink_ = 1;
    std::vector<Time> candidates_;

    // Whether this place is overlooked; how many are seen until the next one is drawn at once.
    bool blinks(double blink) {
        if (--until_blink_ > 0) return false;
        until_blink_ = 1 + static_cast<int>(std::log(1.0 - random.unit()) / std::log1p(-blink));
        return true;
    }

    // Not before what other visits ask of this node.
    Time after_arcs(int node) const {
        Time at = -NEVER;
        for (const Arc& arc : into_[node])
            if (now.duty[arc.to] != NONE) at = std::max(at, now.start[arc.to] + arc.low);
        return at;
    }

    // One place of a node in a duty where ways depend on the time.
    struct Site {
        int node, duty, fit, after, next_place;
        Time calls, start, room, opening, not_before;  // calls until the next place; start: the earliest
        Cost base, gain;
        double others;
    };

    // The earliest start there, and later ones if that makes for less driving: when a peak is over, there or after.
    void list_by_time(const Site& s, const Context& c, Cost limit, double blink, std::vector<Place>& found) {
        const Fit& fit = m.fits[s.fit];
        const int here = where_[s.node], there = where_[s.next_place], j = now.next[s.after], d = s.duty;
        const Time length = length_[s.node], ready = c.end + c.calls, last = is_end(j) ? m.duty_latest[d] : now.start[j];
        candidates_.assign(1, s.start);
        for (int k = 1; here != NONE && k < static_cast<int>(m.band_start.size()) && m.band_start[k] <= last; ++k) {
            const Time b = m.band_start[k];
            if (c.place != NONE && b > ready)
                candidates_.push_back(m.next_start(fit, std::max({b + m.way_in(d, k, c.place, here), s.not_before, s.start})));
            if (there != NONE && b > s.start + length + s.calls) candidates_.push_back(m.next_start(fit, b - length - s.calls));
        }
        std::sort(candidates_.begin() + 1, candidates_.end());
        Time least = NEVER;
        for (std::size_t n = 0; n < candidates_.size(); ++n) {
            const Time start = candidates_[n];
            if (start >= NEVER) break;
            if (n > 0 && (start <= s.start || start + length > last)) continue;
            const Time way = more_driving(s.node, d, c, start, s.next_place, s.calls);
            if (way >= least || way > s.room) continue;
            const Time late = m.late(s.node, start);
            Cost bound = s.base + m.prices.lateness * late + m.prices.largest_lateness * std::max<Time>(0, late - now.largest) +
                         m.prices.travel * static_cast<Cost>(way + s.opening);
            Time next_at = start + length;
            if (where_[j] != NONE) {
                if (here != NONE)
                    next_at = m.arrive(d, here, where_[j], next_at);
                else if (c.place != NONE)
                    next_at = std::max(next_at, m.arrive(d, c.place, where_[j], ready + length));
            }
            if (j < m.n_nodes && next_at > now.start[j]) {
                const Time pushed = allowed(j, next_at);
                if (pushed >= NEVER) continue;
                bound += m.prices.lateness * (m.late(j, pushed) - m.late(j, now.start[j]));
            } else if (j >= m.n_nodes && next_at > last) {
                continue;
            }
            least = way;
            if (m.prices.waiting > 0 && way + length > 0)
                bound -= m.prices.waiting * static_cast<Cost>(std::min(now.wait[d], static_cast<Time>(way + length)));
            if (s.gain > 0) bound -= now.idle_cost - idle_price(s.others + idle_part(idle_of(d, way + length)));
            if (bound < limit && (blink <= 0 || !blinks(blink))) found.push_back({bound, start, way, s.after, s.fit});
        }
    }

    // Where ways depend on the time: the driving that a node at ``start`` adds between what is behind it and the next place
    // z, as those stand.
    Time more_driving(int node, int d, const Context& c, Time start, int z, Time calls) const {
        const int here = where_[node], there = where_[z];
        auto leg = [&](int from, Time ready) {
            return is_end(z) ? m.home(d, from, there, ready) : m.drive(d, from, there, ready, now.start[z]);
        };
        const Time ready = c.end + c.calls, before = c.place != NONE && there != NONE ? leg(c.place, ready + calls) : 0;
        if (here == NONE) return c.place != NONE && there != NONE ? leg(c.place, ready + calls + length_[node]) - before : 0;
        const Time to = c.place != NONE ? m.drive(d, c.place, here, ready, start) : 0;
        return to + (there != NONE ? leg(here, start + length_[node] + calls) : 0) - before;
    }
};

}  // namespace versants
