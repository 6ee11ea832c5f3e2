// A rail-optimised leaf and spine network: the r-th endpoints of a group of nodes share a leaf (DGX SuperPOD).
//
//      [spine] [spine] ...                link, trunk, leaf_switch, spine_switch, uplinks, spines, ..., third tier: as a fat tree
//       |   \  /   |                      nodes_per_leaf: nodes of a scalable unit (32)
//   [rail 0] [rail 1] ... of unit 0       sub_planes:     side by side, one cable from each endpoint to each (1)
//     |    \   |    \                     rails_apart:    true: each rail has its own spines, and endpoints of different rails no
//   node 0  node 1 ...                                    path (a multi-plane fat tree; the rails meet inside the nodes) (false)
//
//   node n, endpoint r -> leaf (n / nodes_per_leaf, r)
#include "topology/leaf_spine.hpp"

namespace podsim::topology {
namespace {

// The leaves of one sub-plane, by rail, then unit.
std::vector<std::vector<VertexId>> add_leaves(PlaneBuilder& plane, const LeafSpine& tiers, int nodes_per_leaf) {
  const int rails = plane.shape().endpoints_per_node();
  std::vector<std::vector<VertexId>> leaves(static_cast<std::size_t>(rails));
  for (int n = 0; n < plane.nodes(); ++n) {
    for (int rail = 0; rail < rails; ++rail) {
      auto& of_rail = leaves[static_cast<std::size_t>(rail)];
      if (n % nodes_per_leaf == 0) of_rail.push_back(plane.add_switch("leaf", tiers.leaf));
      plane.connect(plane.first_endpoint() + n * rails + rail, of_rail.back(), tiers.link);
    }
  }
  return leaves;
}

}  // namespace

PlaneFunction read_rail_optimised(config::Node& node) {
  const int nodes_per_leaf = node.get_within("nodes_per_leaf", 1, 100000);
  const LeafSpine tiers = read_leaf_spine(node, nodes_per_leaf);
  const int sub_planes = node.get_within("sub_planes", 1, 1024, 1);
  const bool rails_apart = node.get("rails_apart", false);
  return [=](PlaneBuilder& plane) {
    for (int sub_plane = 0; sub_plane < sub_planes; ++sub_plane) {
      const auto leaves = add_leaves(plane, tiers, nodes_per_leaf);
      if (rails_apart) {
        for (const auto& of_rail : leaves) tiers.add_spines(plane, of_rail);
        continue;
      }
      std::vector<VertexId> by_unit;  // the uplinks of a unit's rails are dealt to the spines one rail after the other
      for (std::size_t unit = 0; !leaves.empty() && unit < leaves.front().size(); ++unit) {
        for (const auto& of_rail : leaves) by_unit.push_back(of_rail[unit]);
      }
      tiers.add_spines(plane, by_unit);
    }
  };
}

}  // namespace podsim::topology
