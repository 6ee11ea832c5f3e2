#include "topology/leaf_spine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace podsim::topology {
namespace {

int divide_up(std::int64_t a, std::int64_t b) { return static_cast<int>((a + b - 1) / b); }

// As few as have `ports` for all cables, from the number that cables(0) ask for; cables(n) may grow with n. `most` + 1: none has.
template <class Cables>
int fewest_switches(int ports, int most, Cables cables) {
  int count = std::max(1, divide_up(cables(0), ports));
  while (count <= most && cables(count) > count * ports) ++count;
  return count;
}

}  // namespace

LeafSpine read_leaf_spine(config::Node& node, int full_leaf) {
  LeafSpine tiers;
  tiers.link = hardware::read_link(node.reference("link", "links"));
  tiers.trunk = node.has("trunk") ? hardware::read_link(node.reference("trunk", "links")) : tiers.link;
  tiers.leaf_switch = hardware::read_switch(node.reference("leaf_switch", "switches"));
  tiers.spine_switch = node.has("spine_switch") ? hardware::read_switch(node.reference("spine_switch", "switches")) : tiers.leaf_switch;
  tiers.full_leaf = full_leaf;
  tiers.uplinks = node.get_within("uplinks", 1, 100000, full_leaf);
  tiers.spines = node.get_within("spines", 0, 100000, 0);
  tiers.even_uplinks = node.get("even_uplinks", false);
  if (!node.find("leaves_per_pod")) return tiers;
  tiers.leaves_per_pod = node.get_within("leaves_per_pod", 1, 100000);
  tiers.core_switch = node.has("core_switch") ? hardware::read_switch(node.reference("core_switch", "switches")) : tiers.spine_switch;
  tiers.core_trunk = node.has("core_trunk") ? hardware::read_link(node.reference("core_trunk", "links")) : tiers.trunk;
  if (tiers.spine_switch.ports < 2) node.fail("leaves_per_pod", "a spine of 1 port reaches no core switch");
  tiers.spine_uplinks = node.get_within("spine_uplinks", 1, tiers.spine_switch.ports - 1, tiers.spine_switch.ports / 2);
  return tiers;
}

// In proportion to the leaf's endpoints, but one to each spine at least, and where they are to be even as many to each.
int LeafSpine::uplinks_of(const Leaf& leaf, int spine_count) const {
  const int share = std::max(divide_up(std::int64_t{uplinks} * leaf.endpoints, full_leaf), spine_count);
  return even_uplinks && spine_count > 0 && uplinks % spine_count == 0 ? divide_up(share, spine_count) * spine_count : share;
}

int LeafSpine::uplinks_of(std::span<const Leaf> leaves, int spine_count) const {
  int sum = 0;
  for (const Leaf& leaf : leaves) sum += uplinks_of(leaf, spine_count);
  return sum;
}

int LeafSpine::spines_for(std::span<const Leaf> leaves) const {
  if (spines > 0) return spines;
  int count = fewest_switches(spine_switch.ports, uplinks, [&](int n) { return uplinks_of(leaves, n); });
  while (even_uplinks && count <= uplinks && uplinks % count != 0) ++count;
  return count;
}

void LeafSpine::add_spines(PlaneBuilder& plane, std::span<const Leaf> leaves) const {
  if (leaves.size() < 2) return;
  const int count = spines_for(leaves);
  const bool several_pods = spines > 0 && leaves_per_pod > 0 && static_cast<int>(leaves.size()) > leaves_per_pod;
  if (count <= uplinks && !several_pods) {
    add_tier(plane, leaves, count);
  } else if (leaves_per_pod > 0) {
    add_pods(plane, leaves);
  } else {
    throw DoesNotFit(fmt::format("two tiers are too few: {} leaves of {} uplinks need {} spines of {} ports, more than a leaf can reach",
                                 leaves.size(), uplinks, count, spine_switch.ports));
  }
}

std::vector<VertexId> LeafSpine::add_tier(PlaneBuilder& plane, std::span<const Leaf> leaves, int count) const {
  std::vector<VertexId> tier;
  for (int i = 0; i < count; ++i) tier.push_back(plane.add_switch("spine", spine_switch));
  int next = 0;
  for (const Leaf& leaf : leaves) {
    const int cables = uplinks_of(leaf, count);
    for (int i = 0; i < cables; ++i) plane.connect(leaf.vertex, tier[static_cast<std::size_t>(next++ % count)], trunk);
  }
  return tier;
}

void LeafSpine::add_pods(PlaneBuilder& plane, std::span<const Leaf> leaves) const {
  const int down = spine_switch.ports - spine_uplinks;
  const int spines_of_pod = spines > 0 ? spines : divide_up(std::int64_t{leaves_per_pod} * uplinks, down);
  if (spines_of_pod > uplinks) {
    throw DoesNotFit(fmt::format("a pod of {} leaves of {} uplinks needs {} spines of {} ports downwards, more than a leaf can reach",
                                 leaves_per_pod, uplinks, spines_of_pod, down));
  }
  const int full_spine = divide_up(std::int64_t{leaves_per_pod} * uplinks, spines_of_pod);  // cables below a spine of a full pod
  std::vector<std::vector<VertexId>> tiers;
  std::vector<int> pod_uplinks;  // of each spine of a pod
  for (std::size_t first = 0; first < leaves.size(); first += static_cast<std::size_t>(leaves_per_pod)) {
    const auto pod = leaves.subspan(first, std::min(static_cast<std::size_t>(leaves_per_pod), leaves.size() - first));
    tiers.push_back(add_tier(plane, pod, spines_of_pod));
    pod_uplinks.push_back(divide_up(std::int64_t{spine_uplinks} * divide_up(uplinks_of(pod, spines_of_pod), spines_of_pod), full_spine));
  }
  add_cores(plane, tiers, pod_uplinks);
}

void LeafSpine::add_cores(PlaneBuilder& plane, const std::vector<std::vector<VertexId>>& tiers, const std::vector<int>& pod_uplinks) const {
  const int count = fewest_switches(core_switch.ports, spine_uplinks, [&](int n) {
    int sum = 0;
    for (const int cables : pod_uplinks) sum += std::max(cables, n);
    return sum;
  });
  if (count > spine_uplinks) {
    throw DoesNotFit(fmt::format("three tiers are too few: {} pods need {} core switches a spine, more than its {} uplinks", tiers.size(),
                                 count, spine_uplinks));
  }
  for (std::size_t s = 0; s < tiers.front().size(); ++s) {
    std::vector<VertexId> group;
    for (int i = 0; i < count; ++i) group.push_back(plane.add_switch("core", core_switch));
    int next = 0;
    for (std::size_t pod = 0; pod < tiers.size(); ++pod) {
      const int cables = std::max(pod_uplinks[pod], count);
      for (int i = 0; i < cables; ++i) plane.connect(tiers[pod][s], group[static_cast<std::size_t>(next++ % count)], core_trunk);
    }
  }
}

}  // namespace podsim::topology
