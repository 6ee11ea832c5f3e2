#include "collective/all_to_all_cost.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "topology/link_loads.hpp"
#include "topology/symmetry.hpp"

namespace podsim::collective {
namespace {

// Symmetries speak of one plane, and a hash of the pair knows none.
bool is_symmetric(topology::Router& router, std::span<const int> planes) {
  const topology::Topology& cluster = router.topology();
  if (planes.empty()) return false;
  const topology::Plane& plane = cluster.planes[static_cast<std::size_t>(planes.front())];
  const bool hashed = plane.spread != topology::Spread::spray || plane.routing == topology::Routing::valiant;
  if (hashed || plane.forward_over != topology::no_plane) return false;
  for (int e = 1; e < cluster.shape.endpoints(); ++e) {
    if (router.hops(planes.front(), e, 0) < 0) return false;
  }
  return true;
}

topology::Symmetry no_symmetry(const topology::Graph& graph) {
  topology::Symmetry none;
  none.vertex_class.resize(static_cast<std::size_t>(graph.vertex_count()));
  none.link_class.resize(static_cast<std::size_t>(graph.link_count()));
  std::iota(none.vertex_class.begin(), none.vertex_class.end(), 0);
  std::iota(none.link_class.begin(), none.link_class.end(), 0);
  return none;
}

}  // namespace

LinkLoadCost uniform_all_to_all_cost(topology::Router& router, std::span<const int> planes, Bytes bytes) {
  const topology::Topology& cluster = router.topology();
  const int n = cluster.shape.endpoints();
  const auto symmetry = is_symmetric(router, planes) ? router.symmetry(planes.front()) : no_symmetry(cluster.graph);
  std::vector<int> members(symmetry.link_class.size());
  for (const topology::LinkId link_class : symmetry.link_class) ++members[static_cast<std::size_t>(link_class)];

  topology::LinkLoads load(cluster.graph);  // of one link of each class, under the name of the class
  std::map<int, Seconds> latency;           // the smallest of each plane
  std::vector<int> sources(static_cast<std::size_t>(n - 1));
  const std::vector<double> shares(sources.size(), bytes.value() / n);
  for (const auto& [to, alike] : symmetry.endpoint_classes(n)) {
    std::iota(sources.begin(), sources.begin() + to, 0);
    std::iota(sources.begin() + to, sources.end(), to + 1);
    for (const topology::Inflow& inflow : router.inflow(planes, to, sources, shares)) {
      const auto known = latency.emplace(inflow.plane, inflow.latency).first;
      known->second = std::min(known->second, inflow.latency);
      for (const topology::EqualLoads& run : inflow.loads) {
        for (int i = 0; i < run.count; ++i) {
          const topology::LinkId link_class = symmetry.link_class[static_cast<std::size_t>(run.first + i * run.stride)];
          load.add(link_class, run.bytes * alike / members[static_cast<std::size_t>(link_class)]);
        }
      }
    }
  }
  const auto [bottleneck, busiest] = load.busiest();
  if (bottleneck < 0) return {};
  return {latency[cluster.graph.link(bottleneck).plane], busiest, bottleneck};
}

}  // namespace podsim::collective
