// The upper tier that fat trees share: leaves cabled to spines, as many spines as their ports ask for.
#pragma once

#include "topology/plane_builder.hpp"

namespace podsim::topology {

// `uplinks` cables leave each leaf, dealt to the spines in turn. With one leaf there is nothing above it.
// Every leaf must reach every spine: more spines than uplinks would need a third tier.
struct LeafSpine {
  hardware::LinkSpec link;   // endpoint to leaf
  hardware::LinkSpec trunk;  // leaf to spine
  hardware::SwitchSpec leaf;
  hardware::SwitchSpec spine;
  int uplinks = 0;
  int spines = 0;  // 0: as few as carry all uplinks

  // Throws InputError.
  void add_spines(PlaneBuilder& plane, const std::vector<VertexId>& leaves) const;
};

// Reads link, trunk (same as link), leaf_switch, spine_switch (same as leaf_switch), uplinks (`default_uplinks`), spines (0).
LeafSpine read_leaf_spine(config::Node& node, int default_uplinks);

}  // namespace podsim::topology
