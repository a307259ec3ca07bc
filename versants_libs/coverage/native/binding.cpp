// versants_libs.coverage._native: arrays come as buffers; sites go back as a list, shares into arrays that are given.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <stdexcept>

#include "annealing.hpp"
#include "losses.hpp"

namespace nb = nanobind;
using namespace versants;

namespace {

template <class T>
using Buffer = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

using Table = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Filled = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

template <class T>
std::vector<T> list(const Buffer<T>& given) {
    return std::vector<T>(given.data(), given.data() + given.size());
}

// Whether starts rise from 0 to the number of entries, and all entries are from 0 to below n.
bool rows(const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& entry, std::size_t n) {
    const auto inside = [n](std::int64_t one) { return one >= 0 && static_cast<std::size_t>(one) < n; };
    return !start.empty() && start.front() == 0 && static_cast<std::size_t>(start.back()) == entry.size() &&
           std::is_sorted(start.begin(), start.end()) && std::all_of(entry.begin(), entry.end(), inside);
}

}  // namespace

NB_MODULE(_native, module) {
    module.def(
        "anneal",
        [](Buffer<std::int64_t> start, Buffer<std::int64_t> site, Buffer<std::int64_t> site_start,
           Buffer<std::int64_t> client, Buffer<double> weight, Buffer<std::int64_t> open, std::uint64_t seed, double hot,
           double cold, double local, int wide, std::int64_t steps, const nb::object& used) {
            const Covering covering{list(start), list(site), list(site_start), list(client), list(weight)};
            const std::size_t n = covering.weight.size();
            if (covering.start.size() != n + 1 || covering.site_start.empty() ||
                !rows(covering.start, covering.site, covering.sites()) || !rows(covering.site_start, covering.client, n) ||
                covering.site.size() != covering.client.size())
                throw std::invalid_argument("the lists of clients and sites do not fit each other");
            auto sites = list(open);
            auto sorted = sites;
            std::sort(sorted.begin(), sorted.end());
            if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end() ||
                (!sorted.empty() && (sorted.front() < 0 || static_cast<std::size_t>(sorted.back()) >= covering.sites())))
                throw std::invalid_argument("an open site is there twice or not at all");
            if (!(hot > 0) || !(cold > 0) || wide < 0 || steps < 0)
                throw std::invalid_argument("heat is above 0, and steps are 0 or more");
            std::function<double()> ask;
            if (!used.is_none()) {
                const auto python = nb::cast<std::function<double()>>(used);
                ask = [python] {
                    nb::gil_scoped_acquire held;
                    return python();
                };
            }
            nb::gil_scoped_release free;
            return Annealing(covering, std::move(sites), seed).run({hot, cold, local, wide, steps}, ask);
        },
        nb::arg("start"), nb::arg("site"), nb::arg("site_start"), nb::arg("client"), nb::arg("weight"), nb::arg("open"),
        nb::arg("seed"), nb::arg("hot"), nb::arg("cold"), nb::arg("local"), nb::arg("wide"), nb::arg("steps"),
        nb::arg("used") = nb::none(), "The best sites seen. Raises ValueError where the lists do not fit.");
    module.def(
        "steady",
        [](const Table& there, const Buffer<double>& usual, const Table& own, const Table& other, double yes,
           const Buffer<double>& again, const Table& back, int tries, const Filled& lost, const Filled& later,
           const Filled& calls) {
            const std::size_t loads = own.shape(0), systems = own.shape(1), wide = there.shape(1);
            const auto fits = [loads, systems](const auto& one) { return one.shape(0) == loads && one.shape(1) == systems; };
            if (there.shape(0) != systems || !wide || usual.size() != systems || again.size() != systems ||
                back.shape(0) != systems || back.shape(1) != wide || !fits(other) || !fits(lost) || !fits(later) ||
                !fits(calls))
                throw std::invalid_argument("the tables of the loss systems do not fit each other");
            if (!(yes >= 0 && yes <= 1) || tries < 0)
                throw std::invalid_argument("yes is a share from 0 to 1, and tries are 0 or more");
            nb::gil_scoped_release free;
            const Losses losses(yes, wide - 1, tries);
            for (std::size_t s = 0; s < systems; ++s) {
                const Presence presence{there.data() + s * wide, back.data() + s * wide, wide - 1, usual.data()[s]};
                for (std::size_t i = 0; i < loads; ++i) {
                    const std::size_t at = i * systems + s;
                    const Shares shares = losses.of(presence, own.data()[at], other.data()[at], again.data()[s]);
                    lost.data()[at] = shares.lost;
                    later.data()[at] = shares.later;
                    calls.data()[at] = shares.calls;
                }
            }
        },
        nb::arg("there"), nb::arg("usual"), nb::arg("own"), nb::arg("other"), nb::arg("yes"), nb::arg("again"),
        nb::arg("back"), nb::arg("tries"), nb::arg("lost"), nb::arg("later"), nb::arg("calls"),
        "Shares lost, and served by calling again. Raises ValueError where tables do not fit.");
}
