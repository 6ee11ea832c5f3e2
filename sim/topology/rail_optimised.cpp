// A rail-optimised leaf and spine network: the r-th endpoints of a group of nodes share a leaf (DGX SuperPOD).
//
//      [spine] [spine] ...                link, trunk, leaf_switch, spine_switch, uplinks, spines, ..., third tier: as a fat tree
//       |   \  /   |                      nodes_per_leaf: nodes of a scalable unit (32)
//   [rail 0] [rail 1] ... of unit 0       sub_planes:     side by side, one cable from each endpoint to each (1)
//     |    \   |    \                     rails_apart:    true: each rail has its own spines, and endpoints of different rails no
//   node 0  node 1 ...                                    path (a multi-plane fat tree; the rails meet inside the nodes) (false)
//
//   node n, endpoint r -> leaf (n / nodes_per_leaf, r)
// In a unit of fewer nodes a leaf takes as many rails as it has endpoints when full; what fits one switch has no more than that.
#include <algorithm>

#include "topology/leaf_spine.hpp"

namespace podsim::topology {
namespace {

// A network of its own for `rails` rails of every node, from `first_rail` on.
void add_rails(PlaneBuilder& plane, const LeafSpine& tiers, int first_rail, int rails) {
  const bool one_switch = plane.nodes() * rails <= tiers.leaf_switch.ports;
  const int unit = one_switch ? plane.nodes() : tiers.full_leaf;
  std::vector<Leaf> leaves;
  for (int first = 0; first < plane.nodes(); first += unit) {
    const int nodes = std::min(unit, plane.nodes() - first);
    const int rails_of_leaf = one_switch ? rails : tiers.full_leaf / nodes;
    for (int rail = 0; rail < rails; ++rail) {
      if (rail % rails_of_leaf == 0) leaves.push_back({plane.add_switch("leaf", tiers.leaf_switch), 0});
      for (int n = first; n < first + nodes; ++n) {
        const int endpoint = n * plane.shape().endpoints_per_node() + first_rail + rail;
        plane.connect(plane.first_endpoint() + endpoint, leaves.back().vertex, tiers.link);
      }
      leaves.back().endpoints += nodes;
    }
  }
  tiers.add_spines(plane, leaves);  // deals the uplinks of a unit's rails to the spines one rail after the other
}

}  // namespace

PlaneFunction read_rail_optimised(config::Node& node) {
  const LeafSpine tiers = read_leaf_spine(node, node.get_within("nodes_per_leaf", 1, 100000));
  const int sub_planes = node.get_within("sub_planes", 1, 1024, 1);
  const bool rails_apart = node.get("rails_apart", false);
  return [=](PlaneBuilder& plane) {
    const int rails = plane.shape().endpoints_per_node();
    if (plane.endpoints() < rails) throw DoesNotFit("rails join nodes, and a package is less than a node");
    const int together = rails_apart ? 1 : rails;
    for (int sub_plane = 0; sub_plane < sub_planes; ++sub_plane) {
      for (int rail = 0; rail < rails; rail += together) add_rails(plane, tiers, rail, together);
    }
  };
}

}  // namespace podsim::topology
