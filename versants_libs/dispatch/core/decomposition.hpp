// A large day in parts: some people with all their routes and the visits they serve among themselves become a small
// problem of its own, searched apart, several at once, and put back; then other parts are drawn, overlapping the first.
//
// A visit served by people of the part and by others stays where it is: held, at its very time, with the slots of the
// part's people. So limits, pauses and travel of everybody in the part are exact, and so is its share of the cost, but for
// what others could win when a visit shared with them comes earlier. The day as a whole is recomputed with each part that
// is put back: what it costs is never added up from parts.
//
// Sources: Taillard, Voss (2002), POPMUSIC, doi 10.1007/978-1-4615-1507-4_27 (parts around a seed, drawn again and again);
// Santini, Schneider, Vidal, Vigo (2023), doi 10.1287/ijoc.2023.1288 (what parts of routing problems are worth).
#pragma once

#include <unordered_map>

#include "engine.hpp"

namespace versants {

struct Zoning {
    int visits = 0;    // drawn around a seed; 0: the day as a whole
    int people = 20;   // considered for one slot
    int steps = 1000;  // iterations in a part before it is put back
    int check = 16;    // parts put back before the day is gone through again
    int refresh = 64;  // and before that is done with earlier starts
    double hot = 1;
    bool anneal = true;
};

// Some people of a day and what they do. Lists say what each of its own is in the day.
struct Part {
    Model model;
    std::vector<int> people, duties, visits, nodes, fits;
    std::vector<int> fit;  // by node: the fit it is served with, or NONE
    std::vector<char> shared;  // by visit: somebody who is not in here serves it too
    std::int64_t turn = 0;     // of the day it was cut from
};

class Day : public Search {
  public:
    Day(const Model& model, std::uint64_t seed, const Knobs& k) : Search(model, seed, k) {
        person_at_.assign(m.n_people, NONE);
        visit_at_.assign(m.n_visits, NONE);
        node_at_.assign(m.n_nodes, NONE);
        place_at_.assign(m.n_places, NONE);
        hired_.assign(m.n_people, 0);
        away_.assign(m.n_visits, 0);
        std::unordered_map<std::uint64_t, int> kinds;
        for (int i = 0; i < m.n_nodes; ++i) {
            std::uint64_t hash = 1469598103934665603ULL;
            for (int f = m.fit_of[i]; f < m.fit_of[i + 1]; ++f)
                hash = (hash ^ static_cast<std::uint64_t>(m.fits[f].person)) * 1099511628211ULL;
            kind_.push_back(kinds.emplace(hash, static_cast<int>(kinds.size())).first->second);
        }
    }

    // A part around a visit, marked as taken; false if everything there is taken already.
    bool draw(const Zoning& how, Part& part) {
        few_ = static_cast<std::size_t>(how.people);
        gather(how.visits);
        if (crew_.empty()) return false;
        cut(part);
        for (int p : part.people) hired_[p] = 1;
        for (int v : part.visits) away_[v] = 1;
        return true;
    }

    void release(const Part& part) {
        for (int p : part.people) hired_[p] = 0;
        for (int v : part.visits) away_[v] = 0;
    }

    // The routes of the part's people, as they are in the day.
    void hand_out(const Part& part, Search& one) {
        const Model& small = part.model;
        for (int s = 0; s < small.n_duties; ++s) {
            const int d = part.duties[s];
            int at = small.first(s), fixed = small.n_nodes + small.fixed_of[s];
            for (int i = now.next[m.first(d)]; i != m.last(d); i = now.next[i]) {
                int z = NONE;
                if (i < m.n_nodes) {
                    z = node_at_[i];
                    one.now.fit[z] = part.fit[z];
                    one.now.start[z] = now.start[i];
                    one.now.floor[z] = now.floor[i];
                    if (!small.vehicles.empty() && small.place[z] != NONE) one.to_site(s, 1);
                } else {
                    z = fixed++;
                }
                join_up(one.now, at, z, s);
                at = z;
            }
            join_up(one.now, at, small.last(s), s);
        }
        one.absent.clear();
        for (int v = 0; v < small.n_visits; ++v)
            if (!one.served(v)) one.absent.push_back(v);
        for (int i : part.nodes) node_at_[i] = NONE;
    }

    // The routes of a part searched elsewhere, in place of those they were cut from; ``more`` is what they cost more.
    // False, and nothing changed, if a visit shared with others is not served in them, another part took the vehicles they
    // need, or the day is another one by now.
    bool take_back(const Part& part, const Routes& found, Cost more) {
        const Model& small = part.model;
        if (part.turn != turn_) return false;
        for (int v = 0; v < small.n_visits; ++v)
            if (part.shared[v] && found.duty[small.node_of[v]] == NONE) return false;
        if (pooled_ && !take_vehicles_back(part, found)) return false;
        for (int z = 0; z < small.n_nodes; ++z) {
            const int i = part.nodes[z];
            now.duty[i] = now.fit[i] = NONE;
            now.floor[i] = -NEVER;
        }
        for (int s = 0; s < small.n_duties; ++s) {
            const int d = part.duties[s];
            int at = m.first(d), fixed = m.n_nodes + m.fixed_of[d];
            for (int z = found.next[small.first(s)]; z != small.last(s); z = found.next[z]) {
                int i = NONE;
                if (z < small.n_nodes) {
                    i = part.nodes[z];
                    now.fit[i] = part.fits[found.fit[z]];
                    now.start[i] = found.start[z];
                    now.floor[i] = found.floor[z];
                } else {
                    i = fixed++;
                }
                join_up(now, at, i, d);
                at = i;
            }
            join_up(now, at, m.last(d), d);
            now.start[m.last(d)] = found.start[small.last(s)];
            now.legs[d] = found.legs[s];
            now.work[d] = found.work[s];
            now.over[d] = found.over[s];
            now.wait[d] = found.wait[s];
            now.rest[d] = found.rest[s];
            now.miss[d] = found.miss[s];
            now.count[d] = found.count[s];
        }
        for (int z = 0; z < small.n_people; ++z) {
            now.met[part.people[z]] = found.met[z];
            now.crises[part.people[z]] = found.crises[z];
        }
        now.cost += more;
        list_absent();
        return true;
    }

    // Goes through the whole day again, and keeps it if it is the best so far. ``earlier``: with all starts as early as the
    // routes allow, if that holds; no part may be out then.
    void certify(bool earlier) {
        before_ = now;
        if (!earlier || !recompute() || now.cost > before_.cost) {
            now = before_;
            if (!recompute(true)) {
                now = best;
                list_absent();
                ++turn_;
            }
        }
        if (now.start != before_.start) ++turn_;  // a part that is out was cut from another day
        if (now.cost < best.cost) best = now;
    }

    Heat heat() const { return first_heat(); }
    bool anything() const { return movable(); }

  private:
    static constexpr Cost MUST = Cost{1} << 42;  // what a part pays for leaving out a visit it shares

    std::vector<int> person_at_, visit_at_, node_at_, place_at_, kind_;
    std::vector<char> hired_, away_;  // people and visits of parts that are being searched
    std::vector<int> crew_, chosen_visits_, inside_, places_;
    std::vector<int> stops_, stops_of_;  // places of the days of a part's people
    std::vector<std::pair<double, int>> order_by_;
    std::size_t few_ = 20;
    std::vector<Place> options_;
    Routes before_;
    std::int64_t turn_ = 0;  // goes up when the day changes but for parts put back

    // The vehicles the part's people have by now go back, those they have in ``found`` are taken; false if there are too few.
    bool take_vehicles_back(const Part& part, const Routes& found) {
        std::vector<int> taken = without(part);
        for (std::size_t s = 0; s < part.duties.size(); ++s)
            for (int d = part.duties[s], z = m.stretch_from[d]; z < m.stretch_to[d]; ++z) taken[z] += found.sites[s] > 0;
        for (std::size_t z = 0; z < taken.size(); ++z)
            if (taken[z] > m.vehicles[z]) return false;
        now.taken = std::move(taken);
        for (std::size_t s = 0; s < part.duties.size(); ++s) now.sites[part.duties[s]] = found.sites[s];
        return true;
    }

    // Vehicles taken by people who are not in the part.
    std::vector<int> without(const Part& part) const {
        std::vector<int> taken = now.taken;
        for (int d : part.duties)
            for (int z = m.stretch_from[d]; z < m.stretch_to[d]; ++z) taken[z] -= now.sites[d] > 0;
        return taken;
    }

    static void join_up(Routes& routes, int at, int i, int duty) {
        routes.next[at] = i;
        routes.prev[i] = at;
        routes.duty[i] = duty;
    }

    bool free(int v) const {
        if (away_[v]) return false;
        if (!served(v)) return true;
        for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i)
            if (hired_[m.duty_person[now.duty[i]]]) return false;
        return true;
    }

    void hire(int p) {
        if (person_at_[p] != NONE || hired_[p]) return;
        person_at_[p] = static_cast<int>(crew_.size());
        crew_.push_back(p);
    }

    // People of a part: those who serve the visits near a seed (in place, in time, or that ask for the same people), and
    // who else could come to them at the least cost.
    void gather(int size) {
        crew_.clear();
        chosen_visits_.clear();
        int seed = NONE;
        for (int tries = 0; tries < 50 && seed == NONE; ++tries) {
            int v = random.below(m.n_visits);
            if (!absent.empty() && random.unit() < 0.3) v = absent[random.below(static_cast<int>(absent.size()))];
            if (free(v)) seed = v;
        }
        if (seed == NONE) return;
        const double in_time = random.unit() < 0.5 ? 0.05 : 0.5;
        int kind = NONE;
        if (random.unit() < 0.3) {
            int scarce = m.node_of[seed];
            for (int i = scarce; i < m.node_of[seed + 1]; ++i)
                if (m.fit_of[i + 1] - m.fit_of[i] < m.fit_of[scarce + 1] - m.fit_of[scarce]) scarce = i;
            kind = kind_[scarce];
        }
        order_by_.clear();
        for (int v = 0; v < m.n_visits; ++v) {
            if (away_[v]) continue;
            double far = v == seed ? -1 : road(seed, v) + in_time * std::abs(centre_[seed] - centre_[v]);
            if (kind != NONE) {
                bool same = false;
                for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) same = same || kind_[i] == kind;
                if (!same) far = far * 4 + 1800;
            }
            order_by_.emplace_back(far, v);
        }
        const std::size_t width = std::min<std::size_t>(order_by_.size(), 2 * size);
        std::partial_sort(order_by_.begin(), order_by_.begin() + width, order_by_.end());
        for (std::size_t r = 0; r < width && static_cast<int>(chosen_visits_.size()) < size; ++r) {
            const int v = order_by_[r].second;
            if (!free(v)) continue;
            chosen_visits_.push_back(v);
            if (served(v))
                for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i) hire(m.duty_person[now.duty[i]]);
        }
        for (int v : chosen_visits_)
            for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i)
                if (!served(v) || random.unit() < 0.3) invite(i);
    }

    // Who else could come to a slot: by what it would cost if it has nobody, else those who live nearest.
    void invite(int i) {
        const bool alone = now.duty[i] == NONE;
        order_by_.clear();
        if (alone) {
            places(i, left_out(m.node_visit[i]), 0, options_);
            for (const Place& place : options_) order_by_.emplace_back(static_cast<double>(place.bound), m.fits[place.fit].person);
        } else if (m.place[i] != NONE) {
            for (int f = m.fit_of[i]; f < m.fit_of[i + 1]; ++f) {
                const int p = m.fits[f].person;
                if (person_at_[p] != NONE || hired_[p] || m.duty_of[p] == m.duty_of[p + 1]) continue;
                const int home = m.duty_from[m.duty_of[p]];
                if (home != NONE) order_by_.emplace_back(m.way(m.place[i], home), p);
            }
        }
        const std::size_t few = std::min<std::size_t>(order_by_.size(), alone ? 12 : 2);
        std::partial_sort(order_by_.begin(), order_by_.begin() + few, order_by_.end());
        for (std::size_t o = 0; o < few; ++o) hire(order_by_[o].second);
    }

    int place_of(int place) {
        if (place == NONE) return NONE;
        if (place_at_[place] == NONE) {
            place_at_[place] = static_cast<int>(places_.size());
            places_.push_back(place);
        }
        return place_at_[place];
    }

    void cut(Part& part) {
        part = Part{};
        part.turn = turn_;
        Model& s = part.model;
        places_.clear();
        s.step = m.step;
        s.prices = m.prices;
        s.n_people = static_cast<int>(crew_.size());
        part.people = crew_;
        s.duty_of = s.pause_of = s.fixed_of = {0};
        for (int z = 0; z < s.n_people; ++z) {
            const int p = crew_[z];
            s.limits.push_back(m.limits[p]);
            s.worked.push_back(m.worked[p]);
            for (int d = m.duty_of[p]; d < m.duty_of[p + 1]; ++d) {
                part.duties.push_back(d);
                s.duty_person.push_back(z);
                s.duty_from.push_back(place_of(m.duty_from[d]));
                s.duty_to.push_back(place_of(m.duty_to[d]));
                s.duty_day.push_back(m.duty_day[d]);
                s.duty_week.push_back(m.duty_week[d]);
                s.duty_start.push_back(m.duty_start[d]);
                s.duty_end.push_back(m.duty_end[d]);
                s.duty_latest.push_back(m.duty_latest[d]);
                s.duty_credit.push_back(m.duty_credit[d]);
                s.stretch_from.push_back(m.stretch_from[d]);
                s.stretch_to.push_back(m.stretch_to[d]);
                s.pauses.insert(s.pauses.end(), m.pauses.begin() + m.pause_of[d], m.pauses.begin() + m.pause_of[d + 1]);
                s.pause_of.push_back(static_cast<int>(s.pauses.size()));
                for (int f = m.fixed_of[d]; f < m.fixed_of[d + 1]; ++f) {
                    s.fixed_start.push_back(m.fixed_start[f]);
                    s.fixed_length.push_back(m.fixed_length[f]);
                    s.fixed_place.push_back(place_of(m.fixed_place[f]));
                }
                s.fixed_of.push_back(static_cast<int>(s.fixed_start.size()));
            }
            s.duty_of.push_back(static_cast<int>(part.duties.size()));
        }
        stops_.clear();
        stops_of_ = {0};
        for (int p : crew_) {
            for (int d = m.duty_of[p]; d < m.duty_of[p + 1]; ++d)
                for (int i = m.first(d); i != NONE; i = i == m.last(d) ? NONE : now.next[i])
                    if (where_[i] != NONE) stops_.push_back(where_[i]);
            stops_of_.push_back(static_cast<int>(stops_.size()));
        }
        s.n_duties = static_cast<int>(part.duties.size());
        s.n_fixed = static_cast<int>(s.fixed_start.size());
        if (pooled_) {
            s.vehicles = m.vehicles;
            const std::vector<int> others = without(part);
            for (std::size_t z = 0; z < others.size(); ++z) s.vehicles[z] -= others[z];
        }
        cut_visits(part);
        s.n_places = static_cast<int>(places_.size());
        // Every way to move that somebody of the part has.
        std::unordered_map<std::int64_t, std::int64_t> roads;
        for (int d : part.duties) {
            const auto [known, fresh] = roads.emplace(m.duty_road[d], static_cast<std::int64_t>(s.travel.size()));
            if (fresh)
                for (int a : places_)
                    for (int b : places_) s.travel.push_back(m.way(d, a, b));
            s.duty_road.push_back(known->second);
        }
        if (timed_) cut_bands(part, roads);
        s.arc_of.assign(s.n_nodes + 1, 0);
        s.peer_of.assign(s.n_nodes + 1, 0);
        s.union_of.assign(s.n_visits + 1, 0);
        for (int place : places_) place_at_[place] = NONE;
        for (int p : crew_) person_at_[p] = NONE;
        if (m.prices.largest_lateness > 0)
            for (int i = 0; i < m.n_nodes; ++i)
                if (now.duty[i] != NONE && node_at_[i] == NONE) s.largest_before = std::max(s.largest_before, m.late(i, now.start[i]));
    }

    // Every way to move by time that somebody of the part has; ``roads``: where the matrices already are.
    void cut_bands(Part& part, std::unordered_map<std::int64_t, std::int64_t>& roads) {
        Model& s = part.model;
        s.band_start = m.band_start;
        std::unordered_map<int, int> bands;
        for (int d : part.duties) {
            const auto [known, fresh] = bands.emplace(m.duty_band[d], static_cast<int>(s.band_road.size()));
            s.duty_band.push_back(known->second);
            if (!fresh) continue;
            for (std::size_t k = 0; k < m.band_start.size(); ++k) {
                const std::int64_t from = m.band_road[m.duty_band[d] + k];
                const auto [road, missing] = roads.emplace(from, static_cast<std::int64_t>(s.travel.size()));
                if (missing)
                    for (int a : places_)
                        for (int b : places_) s.travel.push_back(m.way(m.travel.data() + from, a, b));
                s.band_road.push_back(road->second);
                s.band_percent.push_back(m.band_percent[m.duty_band[d] + k]);
            }
        }
    }

    void cut_visits(Part& part) {
        inside_.clear();
        auto enter = [&](int v) {
            if (visit_at_[v] != NONE) return;
            visit_at_[v] = 0;
            inside_.push_back(v);
        };
        for (int d : part.duties)
            for (int i = now.next[m.first(d)]; i != m.last(d); i = now.next[i])
                if (i < m.n_nodes) enter(m.node_visit[i]);
        for (int v : chosen_visits_)
            if (!served(v)) enter(v);
        std::sort(inside_.begin(), inside_.end());
        Model& s = part.model;
        std::unordered_map<std::uint64_t, int> spans;  // where the spans of a fit went
        s.node_of = s.due_of = s.fit_of = {0};
        for (int v : inside_) {
            visit_at_[v] = NONE;
            const int a = m.node_of[v], b = m.node_of[v + 1];
            int ours = 0;
            for (int i = a; i < b; ++i) ours += now.duty[i] != NONE && person_at_[m.duty_person[now.duty[i]]] != NONE;
            const bool shared = served(v) && ours < b - a;
            const int visit = static_cast<int>(part.visits.size());
            int anchor = NONE;
            for (int i = a; i < b; ++i) {
                if (shared && person_at_[m.duty_person[now.duty[i]]] == NONE) continue;
                if (anchor == NONE) anchor = i;
                node_at_[i] = static_cast<int>(part.nodes.size());
                part.nodes.push_back(i);
                part.fit.push_back(NONE);
                s.node_visit.push_back(visit);
                s.duration.push_back(m.duration[i]);
                s.lag_low.push_back(shared ? now.start[i] - now.start[anchor] : m.lag_low[i]);
                s.lag_high.push_back(shared ? now.start[i] - now.start[anchor] : m.lag_high[i]);
                s.place.push_back(place_of(m.place[i]));
                s.due.insert(s.due.end(), m.due.begin() + m.due_of[i], m.due.begin() + m.due_of[i + 1]);
                s.due_of.push_back(static_cast<int>(s.due.size()));
                cut_fits(part, i, shared, spans);
                s.fit_of.push_back(static_cast<int>(s.fits.size()));
                const int told = m.told_person[i], known = told == NONE ? NONE : person_at_[told];
                // Told to somebody who is not in here is a change whoever comes: a start nobody can have says so.
                s.told_person.push_back(told == NONE ? NONE : std::max(known, 0));
                s.told_start.push_back(told != NONE && known == NONE ? -NEVER / 8 : m.told_start[i]);
            }
            part.visits.push_back(v);
            part.shared.push_back(shared);
            s.node_of.push_back(static_cast<int>(part.nodes.size()));
            s.unserved.push_back(shared ? MUST : m.unserved[v]);
            s.crisis.push_back(m.crisis[v]);
            s.held.push_back(m.held[v]);
        }
        s.n_visits = static_cast<int>(part.visits.size());
        s.n_nodes = static_cast<int>(part.nodes.size());
    }

    // Who of the part may take a slot: those who come nearest to it in their day, a few of many.
    void cut_fits(Part& part, int i, bool shared, std::unordered_map<std::uint64_t, int>& spans) {
        Model& s = part.model;
        const int z = node_at_[i];
        order_by_.clear();
        for (int f = m.fit_of[i]; f < m.fit_of[i + 1]; ++f) {
            const Fit& fit = m.fits[f];
            if (person_at_[fit.person] == NONE) continue;
            if (f != now.fit[i] && shared && m.next_start(fit, now.start[i]) != now.start[i]) continue;
            order_by_.emplace_back(f == now.fit[i] ? -1 : distance(fit.person, m.place[i]), f);
        }
        if (order_by_.size() > few_) {
            std::nth_element(order_by_.begin(), order_by_.begin() + few_, order_by_.end());
            order_by_.resize(few_);
        }
        std::sort(order_by_.begin(), order_by_.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
        const int fixed = static_cast<int>(s.spans.size());
        if (shared) s.spans.push_back({now.start[i], now.start[i]});
        for (const auto& [far, f] : order_by_) {
            const Fit& fit = m.fits[f];
            if (f == now.fit[i]) part.fit[z] = static_cast<int>(s.fits.size());
            int at = fixed;
            if (!shared) {
                const std::uint64_t key = static_cast<std::uint64_t>(fit.spans) << 32 | static_cast<std::uint32_t>(fit.spans_end);
                const auto [known, fresh] = spans.emplace(key, static_cast<int>(s.spans.size()));
                if (fresh) s.spans.insert(s.spans.end(), m.spans.begin() + fit.spans, m.spans.begin() + fit.spans_end);
                at = known->second;
            }
            part.fits.push_back(f);
            s.fits.push_back({person_at_[fit.person], at, at + (shared ? 1 : fit.spans_end - fit.spans), fit.price});
        }
    }

    double distance(int p, int place) const {
        if (place == NONE) return 0;
        Time least = NEVER;
        const int z = person_at_[p];
        for (int at = stops_of_[z]; at < stops_of_[z + 1]; ++at) least = std::min(least, m.way(stops_[at], place));
        return least;
    }
};

}  // namespace versants
