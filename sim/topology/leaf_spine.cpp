#include "topology/leaf_spine.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace podsim::topology {

LeafSpine read_leaf_spine(config::Node& node, int default_uplinks) {
  LeafSpine tiers;
  tiers.link = hardware::read_link(node.reference("link", "links"));
  tiers.trunk = node.has("trunk") ? hardware::read_link(node.reference("trunk", "links")) : tiers.link;
  tiers.leaf = hardware::read_switch(node.reference("leaf_switch", "switches"));
  tiers.spine = node.has("spine_switch") ? hardware::read_switch(node.reference("spine_switch", "switches")) : tiers.leaf;
  tiers.uplinks = node.get_within("uplinks", 1, 100000, default_uplinks);
  tiers.spines = node.get_within("spines", 0, 100000, 0);
  return tiers;
}

void LeafSpine::add_spines(PlaneBuilder& plane, const std::vector<VertexId>& leaves) const {
  if (leaves.size() < 2) return;
  const int cables = static_cast<int>(leaves.size()) * uplinks;
  const int count = spines > 0 ? spines : (cables + spine.ports - 1) / spine.ports;
  if (count > uplinks) {
    throw InputError(fmt::format("two tiers are too few: {} leaves of {} uplinks need {} spines of {} ports, more than a leaf can reach",
                                 leaves.size(), uplinks, count, spine.ports));
  }
  std::vector<VertexId> tier;
  for (int i = 0; i < count; ++i) tier.push_back(plane.add_switch("spine", spine));
  int next = 0;
  for (const VertexId vertex : leaves) {
    for (int i = 0; i < uplinks; ++i) plane.connect(vertex, tier[static_cast<std::size_t>(next++ % count)], trunk);
  }
}

}  // namespace podsim::topology
