// Taking over a given plan, as far as it stands.
#pragma once

#include "schedule.hpp"

namespace versants {

// splitmix64: small, fast, the same everywhere.
struct Random {
    std::uint64_t state;
    explicit Random(std::uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL) {}
    std::uint64_t next() {
        std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    int below(int n) { return static_cast<int>((static_cast<unsigned __int128>(next()) * static_cast<unsigned>(n)) >> 64); }
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

class Loading : public Schedule {
  public:
    Random random;
    std::vector<int> absent;

    Loading(const Model& model, std::uint64_t seed) : Schedule(model), random(seed) {
        for (int v = 0; v < m.n_visits; ++v) absent.push_back(v);
    }

    // Take over a plan; what cannot stand is left out. Pinned visits come first, then earlier ones of the list.
    void load(std::vector<Service> services) {
        std::stable_sort(services.begin(), services.end(), [&](const Service& a, const Service& b) {
            const int v = m.node_visit[a.node], w = m.node_visit[b.node];
            if (m.held[v] != m.held[w]) return m.held[v] > m.held[w];
            return v < w;
        });
        std::vector<std::size_t> teams;  // where the services of each visit begin
        for (std::size_t at = 0; at < services.size(); ++at)
            if (at == 0 || m.node_visit[services[at].node] != m.node_visit[services[at - 1].node]) teams.push_back(at);
        teams.push_back(services.size());
        put_all(services, teams, 0, teams.size() - 1);
        for (int v = 0; v < m.n_visits; ++v)
            for (int e = m.union_of[v]; e < m.union_of[v + 1]; ++e)
                if (served(v) && !served(m.unions[e])) unlink(v);
        if (!m.unions.empty()) recompute();
        std::vector<int> left;
        for (int v : absent)
            if (!served(v)) left.push_back(v);
        absent = left;
    }

  protected:
    // Whom a node must have because a visit tied to it has them; NONE is anybody.
    int only_person(int node) const {
        for (int e = m.peer_of[node]; e < m.peer_of[node + 1]; ++e)
            if (now.duty[m.peers[e]] != NONE) return m.duty_person[now.duty[m.peers[e]]];
        return NONE;
    }

  private:
    // Teams ``from`` to ``to`` of a given plan at once; if they cannot stand together, one half and then the other.
    void put_all(const std::vector<Service>& services, const std::vector<std::size_t>& teams, std::size_t from, std::size_t to) {
        if (from == to) return;
        std::vector<int> put_in;
        for (std::size_t t = from; t < to; ++t) {
            const int v = m.node_visit[services[teams[t]].node];
            if (put(v, services.data() + teams[t], static_cast<int>(teams[t + 1] - teams[t]))) put_in.push_back(v);
        }
        if (recompute()) return;
        for (int v : put_in) unlink(v);
        recompute();
        if (to - from == 1) return;
        const std::size_t half = from + (to - from) / 2;
        put_all(services, teams, from, half);
        put_all(services, teams, half, to);
    }

    // One visit of a given plan, at its place in the order of time; false if that is no team for it.
    bool put(int v, const Service* team, int n) {
        const int a = m.node_of[v], k = m.node_of[v + 1] - a;
        if (n != k || served(v)) return false;
        std::vector<std::pair<int, int>> places;  // the duty and the fit of each slot
        for (int s = 0; s < k; ++s) {
            const Service& one = team[s];
            if (one.node != a + s) return false;
            for (int o = 0; o < s; ++o)
                if (team[o].person == one.person) return false;
            int fit = NONE, duty = NONE;
            for (int f = m.fit_of[a + s]; f < m.fit_of[a + s + 1]; ++f)
                if (m.fits[f].person == one.person) fit = f;
            const int only = only_person(a + s);
            if (only != NONE && only != one.person) return false;
            for (int d = m.duty_of[one.person]; d < m.duty_of[one.person + 1]; ++d)
                if (m.duty_start[d] <= one.start && one.start < m.duty_latest[d]) duty = d;
            if (fit == NONE || duty == NONE) return false;
            places.emplace_back(duty, fit);
        }
        for (int s = 0; s < k; ++s) {
            int after = m.first(places[s].first);
            while (!is_end(now.next[after]) && now.start[now.next[after]] <= team[s].start) after = now.next[after];
            link(a + s, after, places[s].second);
            now.start[a + s] = team[s].start;
            now.floor[a + s] = team[s].start;  // a time that people may know already
        }
        for (int s = 0; pooled_ && s < k; ++s) {
            if (where_[a + s] == NONE || enough_vehicles(places[s].first)) continue;
            unlink(v);
            return false;
        }
        return true;
    }
};

}  // namespace versants
