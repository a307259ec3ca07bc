// Loss systems side by side: what share of requests finds nobody, and of those what share calling again would serve.
// ../losses.py is the same in Python and says it in words.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace versants {

// Chances of so many there below this are not looked at.
constexpr double never = 1e-9;

// Of one loss system: how many may be there at once, and how likely.
struct Presence {
    const double* chance;  // of 0, 1, ... most
    const double* back;    // how many more are there at the next call, where so many are
    std::size_t most;
    double usual;  // how many are there in the mean
};

struct Shares {
    double lost, later, calls;
};

class Losses {
  public:
    Losses(double yes, std::size_t most, int tries) : yes_(yes), tries_(tries), none_(most + 1) {
        for (std::size_t i = 0; i <= most; ++i) none_[i] = std::pow(1 - yes, static_cast<double>(i));
    }

    // `own`, `other`: erlangs; `again`: minutes until the next call over those of a talk.
    Shares of(const Presence& there, double own, double other, double again) const {
        Shares found{0.0, 0.0, 0.0};
        const double most = static_cast<double>(there.most);
        const double step = std::min(again, 1.0);
        for (std::size_t n = 0; n <= there.most; ++n) {
            if (!(there.chance[n] > never)) continue;
            const double many = static_cast<double>(n);
            const double load = own + other * many / there.usual, come = there.back[n];
            double weight = 1.0, total = 0.0, missed = 0.0, later = 0.0, calls = 0.0;
            for (std::size_t busy = 0; busy <= n; ++busy) {
                const double held = static_cast<double>(busy);
                if (busy) weight *= load * ((1 - none_[n - busy + 1]) / held);
                total += weight;
                double refused = weight * none_[n - busy];
                missed += refused;
                if (!tries_) continue;
                for (int one = 1; one <= tries_; ++one) {
                    // Who is there stays there; of the busy, all talks being as long, more have ended the longer one has called.
                    const double ended = step / std::max(1 - (one - 1) * step, step);
                    const double free = std::clamp(many - held * (1 - ended) + come, 0.0, most);
                    const double found_one = takes(std::clamp(free - load * step * takes(free / 2), 0.0, most));
                    later += refused * found_one;
                    calls += refused * found_one * one;
                    refused *= 1 - found_one;
                }
            }
            found.lost += there.chance[n] * missed / total;
            found.later += there.chance[n] * later / total;
            found.calls += there.chance[n] * calls / total;
        }
        return found;
    }

  private:
    double yes_;
    int tries_;
    std::vector<double> none_;  // that none of so many free says yes

    // That one of so many free says yes, straight between whole numbers.
    double takes(double free) const {
        const double whole = std::floor(free);
        const double none = none_[static_cast<std::size_t>(whole)];
        return 1 - none + (free - whole) * yes_ * none;
    }
};

}  // namespace versants
