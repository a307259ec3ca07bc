// versants_libs.dispatch._core: the search for Python. Arrays come as buffers (array.array), answers as tuples.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "engine.hpp"

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
using Tell = std::function<bool(std::int64_t, double, std::int64_t, int)>;

struct Answer {
    std::vector<Service> services;
    Cost cost = 0;
    std::int64_t iterations = 0;
};

// One search per thread, each with a seed of its own; the best plan wins (the lowest seed among equals).
Answer search(const Model& m, const std::vector<Service>& start, std::uint64_t seed, const Stop& stop, const Knobs& knobs,
              int threads, const Tell& tell) {
    std::vector<Answer> answers(threads);
    std::vector<std::string> failures(threads);
    std::atomic<bool> over{false};
    std::mutex told;
    Cost best = IMPOSSIBLE;
    auto work = [&](int t) {
        try {
            Search one(m, seed + static_cast<std::uint64_t>(t) * 1000003ULL, knobs);
            if (!start.empty()) one.load(start);
            one.run(stop, [&](std::int64_t iteration, double seconds, Cost cost, int absent) {
                if (over) return false;
                if (tell) {
                    std::lock_guard<std::mutex> guard(told);
                    best = std::min(best, cost);
                    nb::gil_scoped_acquire python;
                    if (!tell(iteration, seconds, best, absent)) over = true;
                }
                return !over;
            });
            one.finish();
            answers[t] = {one.services(one.best), one.best.cost, one.iterations};
        } catch (const std::exception& failed) {
            failures[t] = failed.what();
            over = true;
        }
    };
    if (threads == 1) {
        work(0);
    } else {
        std::vector<std::thread> crew;
        for (int t = 0; t < threads; ++t) crew.emplace_back(work, t);
        for (auto& one : crew) one.join();
    }
    for (const auto& failed : failures)
        if (!failed.empty()) throw nb::value_error(failed.c_str());
    int winner = 0;
    std::int64_t iterations = 0;
    for (int t = 0; t < threads; ++t) {
        iterations += answers[t].iterations;
        if (answers[t].cost < answers[winner].cost) winner = t;
    }
    answers[winner].iterations = iterations;
    return answers[winner];
}

}  // namespace

NB_MODULE(_core, module) {
    module.doc() = "The native search of versants_libs.dispatch. See core/engine.hpp.";
    module.def(
        "solve",
        [](const nb::dict& given, const std::vector<Triple>& start, std::uint64_t seed, double seconds, std::int64_t iterations,
           int threads, const std::tuple<double, double, double, double, int>& knobs, const nb::object& tell) {
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
            Tell call;
            if (!tell.is_none()) call = nb::cast<Tell>(tell);
            Answer answer;
            {
                nb::gil_scoped_release free;
                answer = search(m, services, seed, stop, k, threads, call);
            }
            std::vector<Triple> found;
            for (const Service& s : answer.services) found.emplace_back(s.node, s.person, s.start);
            return std::make_tuple(found, answer.cost, answer.iterations);
        },
        nb::arg("model"), nb::arg("start"), nb::arg("seed"), nb::arg("seconds"), nb::arg("iterations"), nb::arg("threads"),
        nb::arg("knobs"), nb::arg("tell") = nb::none(),
        "Returns (services, cost, iterations); services are (node, person, start). Raises ValueError on a wrong model.");
}
