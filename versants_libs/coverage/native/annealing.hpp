// Annealing of a covering: one open site is closed, and one of those around it, or anywhere, is opened in its place,
// with the probability of a heat bath. ../annealing.py is the same step by step, in Python, and says it in words.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace versants {

// xorshift128+ (Vigna 2017), seeded by splitmix64.
class Random {
  public:
    explicit Random(std::uint64_t seed) {
        for (std::uint64_t& word : words_) {
            seed += 0x9e3779b97f4a7c15u;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
            word = z ^ (z >> 31);
        }
    }

    std::uint64_t below(std::uint64_t n) { return next() % n; }

    // Between 0 and 1, neither of them.
    double share() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1p-53; }

  private:
    std::uint64_t words_[2];

    std::uint64_t next() {
        std::uint64_t a = words_[0];
        const std::uint64_t b = words_[1];
        words_[0] = b;
        a ^= a << 23;
        words_[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
        return words_[1] + b;
    }
};

struct Covering {
    std::vector<std::int64_t> start, site;        // of each client, its sites
    std::vector<std::int64_t> site_start, client;  // of each site, its clients
    std::vector<double> weight;

    std::size_t sites() const { return site_start.size() - 1; }
};

struct Schedule {
    double hot, cold, local;
    int wide;
    std::int64_t steps;
};

class Annealing {
  public:
    Annealing(const Covering& covering, std::vector<std::int64_t> open, std::uint64_t seed)
        : c_(covering), open_(std::move(open)), random_(seed), slot_(c_.sites(), -1), times_(c_.weight.size(), 0),
          gain_(c_.sites(), 0.0) {
        for (std::size_t j = 0; j < c_.sites(); ++j)
            if (c_.site_start[j] < c_.site_start[j + 1]) any_.push_back(static_cast<std::int64_t>(j));
        for (std::size_t i = 0; i < c_.weight.size(); ++i) {
            left_ += c_.weight[i];
            for (auto k = c_.start[i]; k < c_.start[i + 1]; ++k) gain_[c_.site[k]] += c_.weight[i];
        }
        for (std::size_t k = 0; k < open_.size(); ++k) put(k, open_[k]);
    }

    // The best sites seen. used() tells what share of its time is gone; 1 ends it, as the last step does.
    std::vector<std::int64_t> run(const Schedule& schedule, const std::function<double()>& used) {
        std::vector<std::int64_t> best = open_;
        double least = left_, heat = schedule.hot;
        if (open_.empty() || any_.empty()) return best;
        for (std::int64_t step = 0; step < schedule.steps; ++step) {
            if (step % 1024 == 0) {
                double share = static_cast<double>(step) / static_cast<double>(schedule.steps);
                if (used) share = std::max(share, used());
                if (share >= 1) break;
                heat = schedule.hot * std::pow(schedule.cold / schedule.hot, share);
            }
            const std::size_t slot = random_.below(open_.size());
            const std::int64_t was = open_[slot];
            take(slot);
            top_ = -HUGE_VAL;
            chosen_ = was;
            const auto first = c_.site_start[was], last = c_.site_start[was + 1];
            if (first < last && random_.share() < schedule.local) {
                const auto i = c_.client[first + random_.below(last - first)];
                for (auto k = c_.start[i]; k < c_.start[i + 1]; ++k) consider(c_.site[k], heat);
            } else {
                consider(was, heat);
                for (int k = 0; k < schedule.wide; ++k) {
                    const auto j = any_[random_.below(any_.size())];
                    if (j != was) consider(j, heat);
                }
            }
            put(slot, chosen_);
            if (left_ < least - 1e-9 * least) {
                least = left_;
                best = open_;
            }
        }
        return best;
    }

  private:
    const Covering& c_;
    std::vector<std::int64_t> open_, any_;
    Random random_;
    std::vector<std::int64_t> slot_, times_;  // of each site, where it is open; of each client, how often it is covered
    std::vector<double> gain_;                // of each site, what it would cover that no open one does
    double left_ = 0, top_ = 0;
    std::int64_t chosen_ = 0;

    void consider(std::int64_t j, double heat) {
        if (slot_[j] >= 0 || gain_[j] + 12 * heat < top_) return;
        const double worth = gain_[j] - heat * std::log(-std::log(random_.share()));
        if (worth > top_) {
            top_ = worth;
            chosen_ = j;
        }
    }

    void take(std::size_t slot) {
        const auto j = open_[slot];
        slot_[j] = -1;
        for (auto k = c_.site_start[j]; k < c_.site_start[j + 1]; ++k)
            if (--times_[c_.client[k]] == 0) count(c_.client[k], c_.weight[c_.client[k]]);
    }

    void put(std::size_t slot, std::int64_t j) {
        open_[slot] = j;
        slot_[j] = static_cast<std::int64_t>(slot);
        for (auto k = c_.site_start[j]; k < c_.site_start[j + 1]; ++k)
            if (times_[c_.client[k]]++ == 0) count(c_.client[k], -c_.weight[c_.client[k]]);
    }

    void count(std::int64_t i, double weight) {
        left_ += weight;
        for (auto k = c_.start[i]; k < c_.start[i + 1]; ++k) gain_[c_.site[k]] += weight;
    }
};

}  // namespace versants
