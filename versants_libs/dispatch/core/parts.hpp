// The parts of a large day searched side by side, put back, and drawn anew. See decomposition.hpp for what a part is.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "decomposition.hpp"

namespace versants {

// One part of a day, searched for some iterations at the heat of the day.
class PartSearch : public Search {
  public:
    Cost given = 0;  // what the routes handed out cost

    using Search::Search;

    // False if there is nothing to be done.
    template <class Going>
    bool search(const Stop& stop, double heat, Going going) {
        if (!recompute(true)) return false;
        given = now.cost;
        best = now;
        if (!recompute() || now.cost > given) now = best;
        best = now;
        wide_ = 40;
        if (!movable()) return false;
        anneal(stop, heat, heat, clock::now(), going);
        return true;
    }

    // The plan there is now, if it holds.
    bool settled() { return recompute(true); }
};

// ``work(t)`` for each thread t, in this one if it is alone.
template <class Work>
void side_by_side(int threads, Work work) {
    std::vector<std::thread> crew;
    for (int t = 1; t < threads; ++t) crew.emplace_back(work, t);
    work(0);
    for (auto& one : crew) one.join();
}

// ``tell`` as in Search::run.
template <class Tell>
void search_in_parts(Day& day, std::uint64_t seed, const Stop& stop, const Zoning& how, int threads, Tell tell) {
    using clock = std::chrono::steady_clock;
    const auto began = clock::now();
    auto elapsed = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
    day.construct();
    int best_absent = static_cast<int>(day.absent.size());
    bool over = !tell(0, elapsed(), day.best.cost, best_absent) || !day.anything();
    const auto [hot, cold] = day.heat();
    std::mutex lock;
    std::condition_variable freed;
    std::int64_t drawn = 0;
    int out = 0, since = 0, since_all = 0;
    double told_at = elapsed();
    auto spent = [&] {  // the share of the time or of the iterations that is gone
        double share = stop.seconds > 0 ? elapsed() / stop.seconds : stop.seconds < 0 ? 0 : 1;
        if (stop.iterations >= 0) share = std::max(share, static_cast<double>(day.iterations) / std::max<double>(1, static_cast<double>(stop.iterations)));
        if (stop.seconds < 0 && stop.iterations < 0) share = static_cast<double>(day.iterations % 2'000'000) / 2'000'000;
        return share;
    };
    auto certify = [&](bool earlier) {
        const Cost was = day.best.cost;
        day.certify(earlier);
        if (day.best.cost < was) best_absent = static_cast<int>(day.absent.size());
    };
    auto work = [&] {
        std::unique_lock<std::mutex> hold(lock);
        while (!over) {
            const double share = spent();
            if (share >= 1) break;
            if (since_all >= how.refresh) {
                if (out > 0) {
                    freed.wait_for(hold, std::chrono::milliseconds(5));
                    continue;
                }
                certify(true);
                since = since_all = 0;
            }
            Part part;
            if (!day.draw(how, part)) {
                if (out == 0) day.iterations += 1;  // nothing to do around this visit
                else freed.wait_for(hold, std::chrono::milliseconds(5));
                continue;
            }
            ++out;
            PartSearch one(part.model, seed + 7919ULL * static_cast<std::uint64_t>(++drawn), day.knobs);
            day.hand_out(part, one);
            Stop until;
            until.iterations = how.steps;
            if (stop.iterations >= 0) until.iterations = std::min(until.iterations, stop.iterations - day.iterations);
            const double heat = how.hot * hot * std::pow(cold / hot / how.hot, share);
            hold.unlock();
            bool searched = one.search(until, heat, [&](std::int64_t, double, Cost, int) {
                std::lock_guard<std::mutex> guard(lock);
                if (!over && elapsed() - told_at > 0.02) {
                    told_at = elapsed();
                    over = !tell(day.iterations, elapsed(), day.best.cost, best_absent);
                }
                return !over && spent() < 1;
            });
            const bool go_on = how.anneal && searched && one.settled();
            hold.lock();
            --out;
            day.iterations += std::max<std::int64_t>(1, one.iterations);
            if (searched) day.take_back(part, go_on ? one.now : one.best, (go_on ? one.now.cost : one.best.cost) - one.given);
            day.release(part);
            ++since_all;
            if (++since >= how.check || day.m.prices.largest_lateness > 0) {
                certify(false);
                since = 0;
            }
            freed.notify_all();
        }
    };
    std::exception_ptr failure;
    side_by_side(threads, [&](int) {
        try {
            work();
        } catch (...) {
            std::lock_guard<std::mutex> guard(lock);
            failure = std::current_exception();
            over = true;
        }
    });
    if (failure) std::rethrow_exception(failure);
    certify(true);
    tell(day.iterations, elapsed(), day.best.cost, best_absent);
}

}  // namespace versants
