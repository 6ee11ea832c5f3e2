#include "topology/router.hpp"

#include <limits>
#include <queue>

#include "base/random.hpp"

namespace podsim::topology {
namespace {
constexpr std::uint16_t unreachable = std::numeric_limits<std::uint16_t>::max();
}

Router::Router(const Topology& topology, std::uint64_t seed) : topology_(topology), seed_(seed), distances_(topology.planes.size()) {}

const Router::Distances& Router::distances(int plane, int to) {
  auto& known = distances_[static_cast<std::size_t>(plane)];
  const auto found = known.find(to);
  if (found != known.end()) return found->second;
  Distances& distance = known[to];
  distance.assign(static_cast<std::size_t>(topology_.graph.vertex_count()), unreachable);
  std::queue<VertexId> frontier;
  distance[static_cast<std::size_t>(to)] = 0;
  frontier.push(to);
  while (!frontier.empty()) {
    const VertexId vertex = frontier.front();
    frontier.pop();
    const auto next = static_cast<std::uint16_t>(distance[static_cast<std::size_t>(vertex)] + 1);
    topology_.graph.for_each_link(vertex, plane, [&](LinkId, VertexId neighbour) {
      auto& d = distance[static_cast<std::size_t>(neighbour)];
      if (d != unreachable) return;
      d = next;
      frontier.push(neighbour);
    });
  }
  return distance;
}

int Router::plane_for(std::span<const int> order, int from, int to) {
  for (const int plane : order) {
    if (distances(plane, to)[static_cast<std::size_t>(from)] != unreachable) return plane;
  }
  return no_plane;
}

template <class Visit>
void Router::for_each_next_hop(const Distances& distance, int plane, VertexId vertex, Visit visit) const {
  const auto here = distance[static_cast<std::size_t>(vertex)];
  topology_.graph.for_each_link(vertex, plane, [&](LinkId link, VertexId neighbour) {
    if (distance[static_cast<std::size_t>(neighbour)] + 1 == here) visit(link, neighbour);
  });
}

Route Router::route(int plane, int from, int to) {
  const Distances& distance = distances(plane, to);
  const bool spray = topology_.planes[static_cast<std::size_t>(plane)].spread == Spread::spray;
  const std::uint64_t pair = mix(mix(seed_, static_cast<std::uint64_t>(from)), static_cast<std::uint64_t>(to));
  Route route;
  std::map<VertexId, double> here = {{from, 1.0}};  // vertices of the current hop and the part of the flow that reaches them
  for (int hop = 0; !here.contains(to); ++hop) {
    std::map<VertexId, double> next;
    for (const auto& [vertex, fraction] : here) {
      std::vector<std::pair<LinkId, VertexId>> choices;
      for_each_next_hop(distance, plane, vertex, [&](LinkId link, VertexId neighbour) { choices.emplace_back(link, neighbour); });
      if (!spray) choices = {choices[mix(pair, static_cast<std::uint64_t>(vertex)) % choices.size()]};
      for (const auto& [link, neighbour] : choices) {
        const double share = fraction / static_cast<double>(choices.size());
        route.links.push_back({link, hop, share});
        next[neighbour] += share;
      }
    }
    route.latency += topology_.graph.link(route.links.back().link).latency;
    here = std::move(next);
  }
  return route;
}

Seconds Router::latency(int plane, int from, int to) {
  const Distances& distance = distances(plane, to);
  Seconds sum;
  VertexId vertex = from;
  while (vertex != to) {
    LinkId first = -1;
    VertexId next = vertex;
    for_each_next_hop(distance, plane, vertex, [&](LinkId link, VertexId neighbour) {
      if (first >= 0) return;
      first = link;
      next = neighbour;
    });
    sum += topology_.graph.link(first).latency;
    vertex = next;
  }
  return sum;
}

void Router::add_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, std::span<double> load) {
  if (topology_.planes[static_cast<std::size_t>(plane)].spread == Spread::ecmp) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      for (const LinkShare& share : route(plane, sources[i], to).links) load[static_cast<std::size_t>(share.link)] += bytes[i];
    }
    return;
  }
  // Sprayed flows to one destination merge: push the sum at each vertex one hop nearer, farthest vertices first.
  const Distances& distance = distances(plane, to);
  std::map<int, std::map<VertexId, double>, std::greater<>> by_distance;
  for (std::size_t i = 0; i < sources.size(); ++i) by_distance[distance[static_cast<std::size_t>(sources[i])]][sources[i]] += bytes[i];
  while (!by_distance.empty() && by_distance.begin()->first > 0) {
    const int hops = by_distance.begin()->first;
    const std::map<VertexId, double> vertices = std::move(by_distance.begin()->second);
    by_distance.erase(by_distance.begin());
    for (const auto& entry : vertices) {
      int choices = 0;
      for_each_next_hop(distance, plane, entry.first, [&](LinkId, VertexId) { ++choices; });
      const double share = entry.second / choices;
      for_each_next_hop(distance, plane, entry.first, [&](LinkId link, VertexId neighbour) {
        load[static_cast<std::size_t>(link)] += share;
        by_distance[hops - 1][neighbour] += share;
      });
    }
  }
}

}  // namespace podsim::topology
