#include "collective/all_to_all_cost.hpp"

#include <numeric>

#include "collective/class_load.hpp"
#include "topology/link_loads.hpp"

namespace podsim::collective {
namespace {

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
  std::vector<int> endpoints(static_cast<std::size_t>(cluster.shape.endpoints()));
  std::iota(endpoints.begin(), endpoints.end(), 0);
  const double share = bytes.value() / static_cast<double>(endpoints.size());
  const auto symmetry = is_symmetric(router, planes, endpoints) ? router.symmetry(planes.front()) : no_symmetry(cluster.graph);
  ClassLoads loads = class_loads(router, symmetry, planes, [&](int to, std::vector<int>& sources, std::vector<double>& sent) {
    sources = endpoints;
    sources.erase(sources.begin() + to);
    sent.assign(sources.size(), share);
  });
  topology::LinkLoads load(cluster.graph);  // of one link of each class
  for (std::size_t link = 0; link < loads.bytes.size(); ++link) {
    if (loads.bytes[link] > 0) load.add(static_cast<topology::LinkId>(link), loads.bytes[link]);
  }
  const auto [bottleneck, busiest] = load.busiest();
  if (bottleneck < 0) return {};
  return {loads.latency[cluster.graph.link(bottleneck).plane], busiest, bottleneck};
}

}  // namespace podsim::collective
