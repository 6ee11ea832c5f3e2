#include "topology/statistics.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "topology/islands.hpp"
#include "topology/max_flow.hpp"
#include "topology/tiers.hpp"

namespace podsim::topology {
namespace {

class Counter {
 public:
  Counter(const Graph& graph, int plane, const std::vector<int>& tier_of) : graph_(graph), plane_(plane), tier_of_(tier_of) {}

  void count(PlaneStatistics& result) const {
    std::map<std::pair<int, std::string>, int> switches;
    for (VertexId v = 0; v < graph_.vertex_count(); ++v) {
      if (graph_.vertex(v).plane == plane_ && !graph_.vertex(v).device) ++switches[{tier(v), graph_.vertex(v).role}];
    }
    for (const auto& [key, number] : switches) result.switches.push_back({key.second, number});
    std::map<std::tuple<int, int, std::string, std::string, ByteRate, Seconds>, int> links;
    std::map<std::pair<int, std::string>, ByteRate> upwards;
    for (LinkId id = 0; id < graph_.link_count(); ++id) {
      const Link& link = graph_.link(id);
      if (link.plane != plane_) continue;
      if (link.failed) {
        result.failed_links += id % 2;
        continue;
      }
      const int from = tier(link.from), to = tier(link.to);
      const std::string &lower = graph_.vertex(link.from).role, &upper = graph_.vertex(link.to).role;
      if (from < to || (from == to && id % 2 == 0)) ++links[{from, to, lower, upper, link.bandwidth, link.latency}];
      if (from == 0) result.injection += link.bandwidth;
      if (from > 0 && to > from) upwards[{from, lower}] += link.bandwidth;
    }
    for (const auto& [key, number] : links) {
      const auto& [from, to, lower, upper, bandwidth, latency] = key;
      result.links.push_back({lower, upper, bandwidth, latency, number});
    }
    for (const auto& [key, rate] : upwards) result.oversubscription.push_back({key.second, result.injection / rate});
  }

 private:
  int tier(VertexId v) const { return tier_of_[static_cast<std::size_t>(v)]; }

  const Graph& graph_;
  int plane_;
  const std::vector<int>& tier_of_;
};

int longest_route(Router& router, int plane, const std::vector<int>& island) {
  const Symmetry& symmetry = router.symmetry(plane);
  int longest = 0;
  for (const int to : island) {
    if (symmetry.vertex_class[static_cast<std::size_t>(to)] != to && to != island.front()) continue;  // another one stands for it
    for (const int from : island) longest = std::max(longest, router.hops(plane, from, to));
  }
  return longest;
}

// The most links between nodes on the shortest way from one node to another.
int longest_walk_between_nodes(const Topology& topology, int plane) {
  const auto nodes = static_cast<std::size_t>(topology.shape.nodes);
  std::vector<std::vector<int>> neighbours(nodes);
  for (LinkId id = 0; id < topology.graph.link_count(); ++id) {
    const Link& link = topology.graph.link(id);
    const int from = topology.shape.node_of(link.from), to = topology.shape.node_of(link.to);
    if (link.plane == plane && !link.failed && from != to) neighbours[static_cast<std::size_t>(from)].push_back(to);
  }
  int longest = 0;
  for (std::size_t start = 0; start < nodes; ++start) {
    std::vector<int> hops(nodes, -1), queue = {static_cast<int>(start)};
    hops[start] = 0;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const auto here = static_cast<std::size_t>(queue[i]);
      longest = std::max(longest, hops[here]);
      for (const int next : neighbours[here]) {
        if (hops[static_cast<std::size_t>(next)] >= 0) continue;
        hops[static_cast<std::size_t>(next)] = hops[here] + 1;
        queue.push_back(next);
      }
    }
  }
  return longest;
}

// Whether endpoints alone make up a plane whose routes prefer the links of inner levels.
bool is_direct_dragonfly(const Plane& plane) { return plane.switches == 0 && plane.routing >= Routing::minimal; }

}  // namespace

PlaneStatistics plane_statistics(Router& router, int plane) {
  const Topology& topology = router.topology();
  const std::vector<int> tier_of = tier_of_vertices(topology.graph, find_tiers(topology.graph, plane));
  PlaneStatistics result;
  Counter(topology.graph, plane, tier_of).count(result);
  result.link_power = topology.planes[static_cast<std::size_t>(plane)].link_power;
  result.switch_power = topology.planes[static_cast<std::size_t>(plane)].power - result.link_power;
  const auto islands = find_islands(topology.graph, plane).members;
  result.islands = static_cast<int>(islands.size());
  if (islands.empty()) return result;
  const auto& island = *std::max_element(islands.begin(), islands.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  result.island_endpoints = static_cast<int>(island.size());
  result.diameter = longest_route(router, plane, island);
  if (is_direct_dragonfly(topology.planes[static_cast<std::size_t>(plane)]) && topology.shape.endpoints_per_node() > 1 &&
      topology.shape.nodes > 1)
    result.router_diameter = longest_walk_between_nodes(topology, plane) + 2;
  std::vector<int> side(static_cast<std::size_t>(topology.shape.endpoints()), 2);
  for (std::size_t i = 0; i < island.size(); ++i) side[static_cast<std::size_t>(island[i])] = i < island.size() / 2 ? 0 : 1;
  result.bisection = max_flow(topology.graph, plane, side);
  return result;
}

}  // namespace podsim::topology
