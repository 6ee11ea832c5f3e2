// A rail-optimised leaf and spine network: the r-th endpoints of a group of nodes share a leaf (DGX SuperPOD).
//
//      [spine] [spine] ...                link, trunk, leaf_switch, spine_switch, uplinks, spines: as a fat tree
//       |   \  /   |                      nodes_per_leaf: nodes of a scalable unit (32)
//   [rail 0] [rail 1] ... of unit 0
//     |    \   |    \                     node n, endpoint r -> leaf (n / nodes_per_leaf, r)
//   node 0  node 1 ...
#include "topology/leaf_spine.hpp"

namespace podsim::topology {

PlaneFunction read_rail_optimised(config::Node& node) {
  const int nodes_per_leaf = node.get_within("nodes_per_leaf", 1, 100000);
  const LeafSpine tiers = read_leaf_spine(node, nodes_per_leaf);
  return [=](PlaneBuilder& plane) {
    const int rails = plane.shape().endpoints_per_node();
    std::vector<VertexId> leaves;
    for (int n = 0; n < plane.nodes(); ++n) {
      if (n % nodes_per_leaf == 0) {
        for (int rail = 0; rail < rails; ++rail) leaves.push_back(plane.add_switch("leaf", tiers.leaf));
      }
      for (int rail = 0; rail < rails; ++rail) {
        const auto leaf = leaves.size() - static_cast<std::size_t>(rails - rail);
        plane.connect(plane.first_endpoint() + n * rails + rail, leaves[leaf], tiers.link);
      }
    }
    tiers.add_spines(plane, leaves);
  };
}

}  // namespace podsim::topology
