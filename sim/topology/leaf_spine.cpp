#include "topology/leaf_spine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace podsim::topology {

LeafSpine read_leaf_spine(config::Node& node, int default_uplinks) {
  LeafSpine tiers;
  tiers.link = hardware::read_link(node.reference("link", "links"));
  tiers.trunk = node.has("trunk") ? hardware::read_link(node.reference("trunk", "links")) : tiers.link;
  tiers.leaf = hardware::read_switch(node.reference("leaf_switch", "switches"));
  tiers.spine = node.has("spine_switch") ? hardware::read_switch(node.reference("spine_switch", "switches")) : tiers.leaf;
  tiers.uplinks = node.get_within("uplinks", 1, 100000, default_uplinks);
  tiers.spines = node.get_within("spines", 0, 100000, 0);
  tiers.even_uplinks = node.get("even_uplinks", false);
  if (!node.find("leaves_per_pod")) return tiers;
  tiers.leaves_per_pod = node.get_within("leaves_per_pod", 1, 100000);
  tiers.core = node.has("core_switch") ? hardware::read_switch(node.reference("core_switch", "switches")) : tiers.spine;
  tiers.core_trunk = node.has("core_trunk") ? hardware::read_link(node.reference("core_trunk", "links")) : tiers.trunk;
  if (tiers.spine.ports < 2) node.fail("leaves_per_pod", "a spine of 1 port reaches no core switch");
  tiers.spine_uplinks = node.get_within("spine_uplinks", 1, tiers.spine.ports - 1, tiers.spine.ports / 2);
  return tiers;
}

void LeafSpine::add_spines(PlaneBuilder& plane, const std::vector<VertexId>& leaves) const {
  if (leaves.size() < 2) return;
  const int cables = static_cast<int>(leaves.size()) * uplinks;
  int count = spines > 0 ? spines : (cables + spine.ports - 1) / spine.ports;
  while (spines == 0 && even_uplinks && count <= uplinks && uplinks % count != 0) ++count;
  const bool several_pods = spines > 0 && leaves_per_pod > 0 && static_cast<int>(leaves.size()) > leaves_per_pod;
  if (count <= uplinks && !several_pods) {
    add_tier(plane, leaves, count);
  } else if (leaves_per_pod > 0) {
    add_pods(plane, leaves);
  } else {
    throw DoesNotFit(fmt::format("two tiers are too few: {} leaves of {} uplinks need {} spines of {} ports, more than a leaf can reach",
                                 leaves.size(), uplinks, count, spine.ports));
  }
}

std::vector<VertexId> LeafSpine::add_tier(PlaneBuilder& plane, std::span<const VertexId> leaves, int count) const {
  std::vector<VertexId> tier;
  for (int i = 0; i < count; ++i) tier.push_back(plane.add_switch("spine", spine));
  int next = 0;
  for (const VertexId vertex : leaves) {
    for (int i = 0; i < uplinks; ++i) plane.connect(vertex, tier[static_cast<std::size_t>(next++ % count)], trunk);
  }
  return tier;
}

void LeafSpine::add_pods(PlaneBuilder& plane, const std::vector<VertexId>& leaves) const {
  const int total = static_cast<int>(leaves.size());
  const int pods = (total + leaves_per_pod - 1) / leaves_per_pod;
  const int down = spine.ports - spine_uplinks;
  const int spines_of_pod = spines > 0 ? spines : (leaves_per_pod * uplinks + down - 1) / down;
  const int cores_of_group = (pods * spine_uplinks + core.ports - 1) / core.ports;
  if (spines_of_pod > uplinks) {
    throw DoesNotFit(fmt::format("a pod of {} leaves of {} uplinks needs {} spines of {} ports downwards, more than a leaf can reach",
                                 leaves_per_pod, uplinks, spines_of_pod, down));
  }
  if (cores_of_group > spine_uplinks) {
    throw DoesNotFit(fmt::format("three tiers are too few: {} pods need {} core switches a spine, more than its {} uplinks", pods,
                                 cores_of_group, spine_uplinks));
  }
  std::vector<std::vector<VertexId>> tiers;
  for (int first = 0; first < total; first += leaves_per_pod) {
    const auto size = static_cast<std::size_t>(std::min(leaves_per_pod, total - first));
    tiers.push_back(add_tier(plane, std::span(leaves).subspan(static_cast<std::size_t>(first), size), spines_of_pod));
  }
  for (std::size_t s = 0; s < static_cast<std::size_t>(spines_of_pod); ++s) {
    std::vector<VertexId> group;
    for (int i = 0; i < cores_of_group; ++i) group.push_back(plane.add_switch("core", core));
    int next = 0;
    for (const auto& tier : tiers) {
      for (int i = 0; i < spine_uplinks; ++i) plane.connect(tier[s], group[static_cast<std::size_t>(next++ % cores_of_group)], core_trunk);
    }
  }
}

}  // namespace podsim::topology
