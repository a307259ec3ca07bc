// The search of versants_libs.dispatch: ruin and recreate under simulated annealing.
//
// Sources: Schrimpf et al. (2000), ruin and recreate; Christiaens, Vanden Berghe (2020), doi 10.1287/trsc.2019.0914,
// strings and blinks; Drexl (2012), doi 10.1287/trsc.1110.0400, synchronisation as a graph over routes.
#pragma once

#include <chrono>
#include <string>

#include "loosening.hpp"

namespace versants {

struct Stop {
    double seconds = -1;           // negative: no limit
    std::int64_t iterations = -1;  // negative: no limit
};

struct Knobs {
    double hot = 0, cold = 0;  // 0: from the first plan
    double removed = 7;        // mean number of visits taken out
    double blink = 0.01;
    int reheats = 1;
};

class Search : public Loosening {
  public:
    Knobs knobs;
    Routes best;
    std::int64_t iterations = 0;

    Search(const Model& model, std::uint64_t seed, const Knobs& k) : Loosening(model, seed), knobs(k) {
        string_in_.assign(m.n_duties, 0);
        for (int v = 0; v < m.n_visits; ++v)
            if (!m.held[v]) loose_.push_back(v);
        learn_places();
    }

    void construct() {
        if (m.prices.largest_idle > 0) smooth_to(longest_ * SMOOTH);
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
        best.cost = worth();
    }

    template <class Tell>
    void run(const Stop& stop, Tell tell) {
        const auto began = clock::now();
        construct();
        if (!tell(iterations, seconds_since(began), best.cost, static_cast<int>(absent.size()))) return;
        if (!movable()) return;
        const Heat heat = first_heat();
        anneal(stop, heat.hot, heat.cold, began, tell);
    }

    // A plan found elsewhere for the same problem, in place of the one there is.
    void go_on_from(const Routes& plan) {
        now = best = plan;
        list_absent();
        best_absent_ = static_cast<int>(absent.size());
    }

    // The best plan as it is given out.
    void finish() {
        now = best;
        smooth_ = 0;
        weigh_idle();
        if (come_later() && now.cost <= best.cost) best = now;
    }

  protected:
    using clock = std::chrono::steady_clock;

    void list_absent() {
        absent.clear();
        for (int v = 0; v < m.n_visits; ++v)
            if (!served(v)) absent.push_back(v);
    }

    struct Heat {
        double hot, cold;
    };

    static double seconds_since(clock::time_point began) { return std::chrono::duration<double>(clock::now() - began).count(); }

    bool movable() const { return !absent.empty() || !loose_.empty(); }

    // Heat in the price of one leg of the plan there is: four legs are given away at the start, a 200th at the end.
    Heat first_heat() const {
        Cost legs = 0;
        for (int d = 0; d < m.n_duties; ++d)
            if (now.count[d]) legs += m.prices.travel * now.legs[d];
        const double unit = std::max(1.0, static_cast<double>(legs > 0 ? legs : now.cost - bank()) / std::max(1, m.n_nodes));
        return {knobs.hot > 0 ? knobs.hot : unit * 4, knobs.cold > 0 ? knobs.cold : unit / 200};
    }

    // Ruin and recreate from the plan there is, from ``hot`` to ``cold`` as the time or the iterations go by; ``best``
    // is the cheapest plan met, never dearer than it was.
    template <class Tell>
    void anneal(const Stop& stop, double hot, double cold, clock::time_point began, Tell tell) {
        auto elapsed = [&] { return seconds_since(began); };
        double heat = hot;
        Routes before = now;
        std::vector<int> absent_before = absent;
        best_absent_ = static_cast<int>(absent.size());
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
                if (m.prices.largest_idle > 0) smooth_to(longest_ * SMOOTH * std::pow(SHARP / SMOOTH, std::min(1.0, share)));
                if (at - told_at > 0.02) {
                    if (!tell(iterations, at, best.cost, best_absent_)) break;
                    told_at = at;
                }
            }
            ++iterations;
            before = now;
            absent_before = absent;
            begin_taking();
            ruin();
            bool holds = settle_down(before);
            if (holds) {
                shuffle();
                recreate(knobs.blink);
                if (worth() < best.cost) holds = recompute(true);  // never keep what was only summed up
            }
            if (!holds) {  // where a detour is shorter than the direct way, taking out can break a day
                now = before;
                absent = absent_before;
                continue;
            }
            const Cost cost = worth();
            if (cost < best.cost) {
                best = now;
                best.cost = cost;
                best_absent_ = static_cast<int>(absent.size());
            }
            const double worse = static_cast<double>(now.cost - before.cost);
            if (worse > 0 && worse > -heat * std::log(random.unit() + 1e-300)) {
                std::swap(now, before);
                std::swap(absent, absent_before);
            }
        }
        tell(iterations, elapsed(), best.cost, best_absent_);
    }

    // How much the largest idle time is smoothed at the start and at the end, in parts of the longest duty.
    static constexpr double SMOOTH = 0.08, SHARP = 0.004;
    double span_ = 1;
    std::vector<double> centre_;
    int wide_ = 120;  // neighbours of a visit that are kept

    double road(int v, int w) const {
        const int a = m.place[m.node_of[v]], b = m.place[m.node_of[w]];
        return a == NONE || b == NONE ? 0 : 0.5 * (m.way(a, b) + m.way(b, a));
    }

  private:
    std::vector<int> loose_;  // visits that may be taken out
    int best_absent_ = 0;
    std::vector<std::vector<int>> near_;
    Routes union_before_;
    std::vector<char> string_in_;
    std::vector<int> string_;
    std::vector<std::pair<double, int>> ranked_;

    Cost bank() const {
        Cost sum = 0;
        for (int v : absent) sum += left_out(v);
        return sum;
    }

    void recreate(double blink) {
        if (!m.unions.empty()) return recreate_unions(blink);
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

    // Visits that are served together or not at all come one after the other; if one finds nobody, none has come.
    void recreate_unions(double blink) {
        std::vector<int> members;
        for (const int v : absent) {
            if (served(v)) continue;
            members.assign(1, v);
            members.insert(members.end(), m.unions.begin() + m.union_of[v], m.unions.begin() + m.union_of[v + 1]);
            if (members.size() == 1) {
                if (cheapest(v, left_out(v), blink)) insert(v);
                continue;
            }
            Cost limit = 0;
            for (int w : members) limit += left_out(w);
            union_before_ = now;
            bool all = true;
            for (int w : members) {
                const Cost spent = now.cost - union_before_.cost;
                Cost saved = 0;
                for (int u : members) saved += served(u) ? left_out(u) : 0;
                all = all && cheapest(w, limit - spent - saved, blink);
                if (!all) break;
                insert(w);
            }
            if (!all) std::swap(now, union_before_);
        }
        absent.erase(std::remove_if(absent.begin(), absent.end(), [&](int v) { return served(v); }), absent.end());
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
        lift(v);
        absent.push_back(v);
        for (int e = m.union_of[v]; e < m.union_of[v + 1]; ++e) take(m.unions[e]);
        // Half of the time those who need the same person go along, so that it may be another.
        if (m.peers.empty() || random.unit() < 0.5) return;
        for (int i = m.node_of[v]; i < m.node_of[v + 1]; ++i)
            for (int e = m.peer_of[i]; e < m.peer_of[i + 1]; ++e) take(m.node_visit[m.peers[e]]);
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

    const std::vector<int>& near(int v) {
        std::vector<int>& list = near_[v];
        if (!list.empty()) return list;
        const int size = static_cast<int>(loose_.size()), width = std::min(size, wide_);
        ranked_.resize(size);
        for (std::size_t i = 0; i < loose_.size(); ++i) {
            const int w = loose_[i];
            ranked_[i] = {w == v ? -1 : road(v, w) + 0.2 * std::abs(centre_[v] - centre_[w]), w};
        }
        std::nth_element(ranked_.begin(), ranked_.begin() + width, ranked_.end());
        std::sort(ranked_.begin(), ranked_.begin() + width);
        list.resize(width);
        for (int i = 0; i < width; ++i) list[i] = ranked_[i].second;
        return list;
    }

    void ruin() {
        const int size = static_cast<int>(loose_.size()), n = size - static_cast<int>(absent.size());
        if (n <= 0) return;
        int count = 1 + static_cast<int>(-std::log(1.0 - random.unit()) * (knobs.removed - 1));
        count = std::min({count, n, static_cast<int>(knobs.removed * 3) + 1});
        int at = random.below(size), seed = loose_[at];
        const bool around = !absent.empty() && random.unit() < 0.5;  // make room for somebody left out
        if (around)
            seed = absent[random.below(static_cast<int>(absent.size()))];
        else
            for (int tries = 0; !served(seed) && tries < size; ++tries) seed = loose_[++at % size];
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
            for (int i = 1; i < count; ++i) take(loose_[random.below(size)]);
        } else if (way < 0.96) {
            worst(count);
        } else {  // a slice of the day
            const double half = span_ * 0.06, when = served(seed) ? now.start[m.node_of[seed]] : centre_[seed];
            const int from = random.below(size);
            int left = count;
            for (int i = 0; i < size && left > 0; ++i) {
                const int v = loose_[(from + i) % size];
                if (served(v) && std::abs(now.start[m.node_of[v]] - when) < half) take(v), --left;
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
            if (now.duty[i] == NONE || m.held[m.node_visit[i]]) continue;
            const int h = now.prev[i], j = now.next[i];
            double pain = m.prices.lateness * static_cast<double>(m.late(i, now.start[i])) + m.fits[now.fit[i]].price;
            if (where_[h] != NONE && where_[i] != NONE && where_[j] != NONE)
                pain += m.prices.travel * static_cast<double>(m.way(now.duty[i], where_[h], where_[i]) + m.way(now.duty[i], where_[i], where_[j]) -
                                                              m.way(now.duty[i], where_[h], where_[j]));
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
