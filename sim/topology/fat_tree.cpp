// A folded Clos of two tiers (leaf, spine) or three (core), built `sub_planes` times side by side with one cable from each endpoint to
// each.
//
//      [spine] [spine] ...          link:               endpoint to leaf
//       |  \   /  |                 trunk:              leaf to spine (as link)
//      [leaf]  [leaf] ...           leaf_switch, spine_switch
//      e e e    e e e               endpoints_per_leaf: neighbours in number order (16 = one CloudMatrix node)
//                                   uplinks:            cables from a full leaf upwards (endpoints_per_leaf: no oversubscription)
//                                   spines:             0 = as few as their ports allow; even_uplinks: true = and with as many
//                                                       cables from a leaf to each (false); above, of a pod
//   [core] [core] ...               sub_planes:         1
//    |   \ /   |                    leaves_per_pod:     a third tier where two are too few: the spines of a pod join its leaves,
//   pod 0     pod 1                                     the s-th spines of all pods share core switches
//                                   core_switch (as spine_switch), core_trunk (as trunk), spine_uplinks (half the ports)
#include "topology/leaf_spine.hpp"

namespace podsim::topology {

PlaneFunction read_fat_tree(config::Node& node) {
  const int endpoints_per_leaf = node.get_within("endpoints_per_leaf", 1, 100000);
  const LeafSpine tiers = read_leaf_spine(node, endpoints_per_leaf);
  const int sub_planes = node.get_within("sub_planes", 1, 1024, 1);
  return [=](PlaneBuilder& plane) {
    for (int sub_plane = 0; sub_plane < sub_planes; ++sub_plane) {
      std::vector<Leaf> leaves;
      for (int i = 0; i < plane.endpoints(); ++i) {
        if (i % endpoints_per_leaf == 0) leaves.push_back({plane.add_switch("leaf", tiers.leaf_switch), 0});
        plane.connect(plane.first_endpoint() + i, leaves.back().vertex, tiers.link);
        ++leaves.back().endpoints;
      }
      tiers.add_spines(plane, leaves);
    }
  };
}

}  // namespace podsim::topology
