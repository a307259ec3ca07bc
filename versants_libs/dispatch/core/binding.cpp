// versants_libs.dispatch._core: the search for Python. Arrays come as buffers (array.array), answers as tuples.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "portfolio.hpp"

namespace nb = nanobind;
using namespace versants;

namespace {

template <class T>
using Buffer = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class T>
Buffer<T> buffer(const nb::dict& given, const char* name) {
    if (!given.contains(name)) throw nb::value_error((std::string("the model lacks ") + name).c_str());
    return nb::cast<Buffer<T>>(given[name]);
}

template <class To, class From = To>
std::vector<To> list(const nb::dict& given, const char* name) {
    const auto data = buffer<From>(given, name);
    return std::vector<To>(data.data(), data.data() + data.size());
}

std::vector<std::int32_t> columns(const nb::dict& given, const char* name, std::size_t width) {
    auto flat = list<std::int32_t>(given, name);
    if (flat.size() % width) throw nb::value_error((std::string(name) + " has an incomplete row").c_str());
    return flat;
}

int number(const nb::dict& given, const char* name) {
    if (!given.contains(name)) throw nb::value_error((std::string("the model lacks ") + name).c_str());
    return nb::cast<int>(given[name]);
}

Model model_of(const nb::dict& g) {
    Model m;
    m.n_places = number(g, "n_places");
    m.n_people = number(g, "n_people");
    m.step = number(g, "step");
    m.travel = list<Time>(g, "travel");
    m.duty_of = list<int>(g, "duty_of");
    m.duty_person = list<int>(g, "duty_person");
    m.n_duties = static_cast<int>(m.duty_person.size());
    m.duty_from = list<int>(g, "duty_from");
    m.duty_road = list<std::int64_t>(g, "duty_road");
    m.duty_to = list<int>(g, "duty_to");
    m.duty_day = list<int>(g, "duty_day");
    m.duty_week = list<int>(g, "duty_week");
    m.duty_start = list<Time>(g, "duty_start");
    m.duty_end = list<Time>(g, "duty_end");
    m.duty_latest = list<Time>(g, "duty_latest");
    m.duty_credit = list<Time>(g, "duty_credit");
    m.pause_of = list<int>(g, "pause_of");
    const auto pauses = columns(g, "pauses", 3);
    const auto missed = list<Cost, std::int64_t>(g, "pause_missed");
    if (missed.size() * 3 != pauses.size()) throw nb::value_error("the lists of pauses differ in length");
    for (std::size_t i = 0; i < missed.size(); ++i) m.pauses.push_back({pauses[3 * i], pauses[3 * i + 1], pauses[3 * i + 2], missed[i]});
    m.fixed_of = list<int>(g, "fixed_of");
    m.fixed_start = list<Time>(g, "fixed_start");
    m.fixed_length = list<Time>(g, "fixed_length");
    m.fixed_place = list<int>(g, "fixed_place");
    m.n_fixed = static_cast<int>(m.fixed_start.size());
    m.band_start = list<Time>(g, "band_start");
    m.band_road = list<std::int64_t>(g, "band_road");
    m.band_percent = list<int>(g, "band_percent");
    m.duty_band = list<int>(g, "duty_band");
    m.vehicles = list<int>(g, "vehicles");
    const auto stretches = columns(g, "stretches", 2);
    for (std::size_t i = 0; i < stretches.size(); i += 2) {
        m.stretch_from.push_back(stretches[i]);
        m.stretch_to.push_back(stretches[i + 1]);
    }
    const auto limits = columns(g, "limits", 4);  // day, week, driving, crises; negative: none
    for (std::size_t i = 0; i < limits.size(); i += 4) {
        Limits l;
        if (limits[i] >= 0) l.day = limits[i];
        if (limits[i + 1] >= 0) l.week = limits[i + 1];
        if (limits[i + 2] >= 0) l.driving = limits[i + 2];
        if (limits[i + 3] >= 0) l.crises = limits[i + 3];
        m.limits.push_back(l);
    }
    m.worked = list<Time>(g, "worked");
    m.node_of = list<int>(g, "node_of");
    m.n_visits = static_cast<int>(m.node_of.size()) - 1;
    m.node_visit = list<int>(g, "node_visit");
    m.n_nodes = static_cast<int>(m.node_visit.size());
    m.unserved = list<Cost, std::int64_t>(g, "unserved");
    m.crisis = list<std::uint8_t>(g, "crisis");
    m.held = list<std::uint8_t>(g, "held");
    m.duration = list<Time>(g, "duration");
    m.lag_low = list<Time>(g, "lag_low");
    m.lag_high = list<Time>(g, "lag_high");
    m.place = list<int>(g, "place");
    m.due_of = list<int>(g, "due_of");
    const auto due = columns(g, "due", 3);
    for (std::size_t i = 0; i < due.size(); i += 3) m.due.push_back({due[i], due[i + 1], due[i + 2] != 0});
    m.fit_of = list<int>(g, "fit_of");
    const auto people = list<int>(g, "fit_person"), from = list<int>(g, "fit_from"), to = list<int>(g, "fit_to");
    const auto prices = list<Cost, std::int64_t>(g, "fit_prices");
    if (people.size() != prices.size() || from.size() != prices.size() || to.size() != prices.size())
        throw nb::value_error("the lists of fits differ in length");
    m.fits.reserve(prices.size());
    for (std::size_t i = 0; i < prices.size(); ++i) m.fits.push_back({people[i], from[i], to[i], prices[i]});
    const auto spans = columns(g, "spans", 2);
    for (std::size_t i = 0; i < spans.size(); i += 2) m.spans.push_back({spans[i], spans[i + 1]});
    m.arc_of = list<int>(g, "arc_of");
    const auto arcs = columns(g, "arcs", 2);
    for (std::size_t i = 0; i < arcs.size(); i += 2) m.arcs.push_back({arcs[i], arcs[i + 1]});
    m.peer_of = list<int>(g, "peer_of");
    m.peers = list<int>(g, "peers");
    m.union_of = list<int>(g, "union_of");
    m.unions = list<int>(g, "unions");
    m.told_person = list<int>(g, "told_person");
    m.told_start = list<Time>(g, "told_start");
    const auto p = list<Cost, std::int64_t>(g, "prices");
    if (p.size() != 8)
        throw nb::value_error(
            "prices are eight: lateness, largest lateness, travel, waiting, overtime, imbalance, changes, largest idle");
    m.prices = {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]};
    try {
        m.check();
    } catch (const std::invalid_argument& wrong) {
        throw nb::value_error(wrong.what());
    }
    return m;
}

using Triple = std::tuple<int, int, int>;
}  // namespace

NB_MODULE(_core, module) {
    module.doc() = "The native search of versants_libs.dispatch. See core/engine.hpp.";
    module.def(
        "solve",
        [](const nb::dict& given, const std::vector<Triple>& start, std::uint64_t seed, double seconds, std::int64_t iterations,
           int threads, const std::tuple<double, double, double, double, int>& knobs, const nb::object& tell,
           const std::tuple<int, int, int>& parts, double exchange) {
            const Model m = model_of(given);
            std::vector<Service> services;
            for (const auto& [node, person, at] : start) {
                if (node < 0 || node >= m.n_nodes || person < 0 || person >= m.n_people)
                    throw nb::value_error("the start names an unknown slot or person");
                services.push_back({node, person, at});
            }
            Stop stop{seconds, iterations};
            if (seconds < 0 && iterations < 0 && tell.is_none()) throw nb::value_error("a search needs an end");
            if (threads < 1 || threads > 256) throw nb::value_error("threads are 1 to 256");
            Knobs k;
            std::tie(k.hot, k.cold, k.removed, k.blink, k.reheats) = knobs;
            Zoning z;
            std::tie(z.visits, z.people, z.steps) = parts;
            if (z.visits < 0 || z.people < 1 || z.steps < 1) throw nb::value_error("a part has visits, people and iterations");
            Tell call;
            if (!tell.is_none()) {
                const auto python = nb::cast<Tell>(tell);
                call = [python](std::int64_t iteration, double at, Cost cost, int absent) {
                    nb::gil_scoped_acquire held;
                    return python(iteration, at, cost, absent);
                };
            }
            Answer answer;
            {
                nb::gil_scoped_release free;
                answer = search(m, services, seed, stop, k, z, threads, exchange, call);
            }
            std::vector<Triple> found;
            for (const Service& s : answer.services) found.emplace_back(s.node, s.person, s.start);
            return std::make_tuple(found, answer.cost, answer.iterations);
        },
        nb::arg("model"), nb::arg("start"), nb::arg("seed"), nb::arg("seconds"), nb::arg("iterations"), nb::arg("threads"),
        nb::arg("knobs"), nb::arg("tell") = nb::none(), nb::arg("parts") = std::make_tuple(0, 1, 1), nb::arg("exchange") = 0.0,
        "Returns (services, cost, iterations); services are (node, person, start). Raises ValueError on a wrong model.");
}
