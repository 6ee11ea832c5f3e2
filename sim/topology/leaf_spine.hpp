// The upper tier that fat trees share: leaves cabled to spines, as many spines as their ports ask for.
#pragma once

#include "topology/plane_builder.hpp"

namespace podsim::topology {

// `uplinks` cables leave each leaf, dealt to the spines in turn. With one leaf there is nothing above it.
// Every leaf must reach every spine. Where the uplinks are too few for that, a third tier joins pods of leaves if the plane has
// one: the s-th spines of all pods share a group of core switches.
struct LeafSpine {
  hardware::LinkSpec link;   // endpoint to leaf
  hardware::LinkSpec trunk;  // leaf to spine
  hardware::SwitchSpec leaf;
  hardware::SwitchSpec spine;
  int uplinks = 0;
  int spines = 0;                 // of a pod where there are several; 0: as few as carry all uplinks
  bool even_uplinks = false;      // as few as that and give every leaf as many cables to each
  int leaves_per_pod = 0;         // 0: no third tier
  hardware::LinkSpec core_trunk;  // spine to core
  hardware::SwitchSpec core;
  int spine_uplinks = 0;  // of a spine below a core

  // Throws DoesNotFit.
  void add_spines(PlaneBuilder& plane, const std::vector<VertexId>& leaves) const;

 private:
  std::vector<VertexId> add_tier(PlaneBuilder& plane, std::span<const VertexId> leaves, int count) const;
  void add_pods(PlaneBuilder& plane, const std::vector<VertexId>& leaves) const;
};

// Reads link, trunk (same as link), leaf_switch, spine_switch (same as leaf_switch), uplinks (`default_uplinks`), spines (0), even_uplinks
// (false); for a third tier leaves_per_pod and then core_switch (same as spine_switch), core_trunk (same as trunk), spine_uplinks (half the
// ports).
LeafSpine read_leaf_spine(config::Node& node, int default_uplinks);

}  // namespace podsim::topology
