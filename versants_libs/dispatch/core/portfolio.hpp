// One problem on several cores: searches side by side, each with a seed of its own, or a large day in parts.
#pragma once

#include <functional>

#include "parts.hpp"

namespace versants {

// Called with iterations, seconds, the best cost and the visits left out; false ends the search. Never twice at once.
using Tell = std::function<bool(std::int64_t, double, Cost, int)>;

struct Answer {
    std::vector<Service> services;
    Cost cost = 0;
    std::int64_t iterations = 0;
};

// What searches side by side know of each other: from time to time the worst of them goes on from the best plan there is.
class Exchange {
  public:
    Exchange(int threads, double every) : every_(every), costs_(threads, IMPOSSIBLE), next_(threads, every) {}

    // Called by search t, between two of its iterations.
    void meet(int t, double seconds, Search& one) {
        std::lock_guard<std::mutex> guard(lock_);
        costs_[t] = one.best.cost;
        if (one.best.cost < best_.cost) best_ = one.best;
        if (seconds < next_[t]) return;
        next_[t] = seconds + every_;
        if (best_.cost >= one.best.cost || *std::max_element(costs_.begin(), costs_.end()) > costs_[t]) return;
        one.go_on_from(best_);
        costs_[t] = best_.cost;
    }

  private:
    double every_;
    std::mutex lock_;
    Routes best_ = worst();
    std::vector<Cost> costs_;
    std::vector<double> next_;

    static Routes worst() {
        Routes routes;
        routes.cost = IMPOSSIBLE;
        return routes;
    }
};

// One search per thread; the best plan wins (the lowest seed among equals). With one thread seed and iterations decide the
// plan; with more of them the clock too, because it says when they exchange.
inline Answer search_side_by_side(const Model& m, const std::vector<Service>& start, std::uint64_t seed, const Stop& stop,
                                  const Knobs& knobs, int threads, double exchange_s, const Tell& tell) {
    std::vector<Answer> answers(threads);
    std::vector<std::exception_ptr> failures(threads);
    std::atomic<bool> over{false};
    std::mutex told;
    Cost best = IMPOSSIBLE;
    Exchange exchange(threads, exchange_s);
    auto work = [&](int t) {
        try {
            Search one(m, seed + static_cast<std::uint64_t>(t) * 1000003ULL, knobs);
            if (!start.empty()) one.load(start);
            one.run(stop, [&](std::int64_t iteration, double seconds, Cost cost, int absent) {
                if (over) return false;
                if (threads > 1 && exchange_s > 0) exchange.meet(t, seconds, one);
                if (tell) {
                    std::lock_guard<std::mutex> guard(told);
                    best = std::min(best, cost);
                    if (!tell(iteration, seconds, best, absent)) over = true;
                }
                return !over;
            });
            one.finish();
            answers[t] = {one.services(one.best), one.best.cost, one.iterations};
        } catch (...) {
            failures[t] = std::current_exception();
            over = true;
        }
    };
    side_by_side(threads, work);
    for (const auto& failed : failures)
        if (failed) std::rethrow_exception(failed);
    int winner = 0;
    std::int64_t iterations = 0;
    for (int t = 0; t < threads; ++t) {
        iterations += answers[t].iterations;
        if (answers[t].cost < answers[winner].cost) winner = t;
    }
    answers[winner].iterations = iterations;
    return answers[winner];
}

inline Answer search(const Model& m, const std::vector<Service>& start, std::uint64_t seed, const Stop& stop, const Knobs& knobs,
                     const Zoning& zoning, int threads, double exchange_s, const Tell& tell) {
    // Links and the largest idle time join what a part would hold apart.
    const bool joined = !m.arcs.empty() || !m.peers.empty() || !m.unions.empty() || m.prices.largest_idle > 0;
    if (zoning.visits <= 0 || joined) return search_side_by_side(m, start, seed, stop, knobs, threads, exchange_s, tell);
    Day day(m, seed, knobs);
    if (!start.empty()) day.load(start);
    search_in_parts(day, seed, stop, zoning, threads, [&](std::int64_t iteration, double seconds, Cost cost, int absent) {
        return !tell || tell(iteration, seconds, cost, absent);
    });
    day.finish();
    return {day.services(day.best), day.best.cost, day.iterations};
}

}  // namespace versants
