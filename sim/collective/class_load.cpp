#include "collective/class_load.hpp"

#include <algorithm>

namespace podsim::collective {

bool is_symmetric(topology::Router& router, std::span<const int> planes, std::span<const int> endpoints) {
  if (planes.empty() || endpoints.empty()) return false;
  const topology::Plane& plane = router.topology().planes[static_cast<std::size_t>(planes.front())];
  const bool hashed = plane.spread != topology::Spread::spray || plane.routing == topology::Routing::valiant;
  if (hashed || plane.forward_over != topology::no_plane) return false;
  const int first = endpoints.front();
  return std::ranges::all_of(endpoints.subspan(1), [&](int e) { return router.hops(planes.front(), e, first) >= 0; });
}

ClassLoads class_loads(topology::Router& router, const topology::Symmetry& symmetry, std::span<const int> planes, const FlowsTo& flows_to) {
  ClassLoads loads;
  loads.bytes.resize(symmetry.link_class.size());
  std::vector<int> sources;
  std::vector<double> bytes;
  for (const auto& [to, alike] : symmetry.endpoint_classes(router.topology().shape.endpoints())) {
    sources.clear();
    bytes.clear();
    flows_to(to, sources, bytes);
    for (const topology::Inflow& inflow : router.inflow(planes, to, sources, bytes)) {
      const auto known = loads.latency.emplace(inflow.plane, inflow.latency).first;
      known->second = std::min(known->second, inflow.latency);
      for (const topology::EqualLoads& run : inflow.loads) {
        for (int i = 0; i < run.count; ++i) {
          const topology::LinkId link_class = symmetry.link_class[static_cast<std::size_t>(run.first + i * run.stride)];
          loads.bytes[static_cast<std::size_t>(link_class)] += run.bytes * alike;
        }
      }
    }
  }
  std::vector<int> members(loads.bytes.size());
  for (const topology::LinkId link_class : symmetry.link_class) ++members[static_cast<std::size_t>(link_class)];
  for (std::size_t c = 0; c < members.size(); ++c) {
    if (members[c] > 0) loads.bytes[c] /= members[c];
  }
  return loads;
}

}  // namespace podsim::collective
