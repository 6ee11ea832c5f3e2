// The upper tier that fat trees share: leaves cabled to spines, as many spines as their ports ask for.
#pragma once

#include "topology/plane_builder.hpp"

namespace podsim::topology {

// A switch of the lowest tier and how many cables come to it from endpoints.
struct Leaf {
  VertexId vertex;
  int endpoints;
};

// `uplinks` cables leave a full leaf, and in proportion fewer one that is not full, dealt to the spines in turn. With one leaf there is
// nothing above it. Every leaf must reach every spine. Where the uplinks are too few for that, a third tier joins pods of leaves if the
// plane has one: the s-th spines of all pods share a group of core switches, a pod that is not full with in proportion fewer cables.
struct LeafSpine {
  hardware::LinkSpec link;   // endpoint to leaf
  hardware::LinkSpec trunk;  // leaf to spine
  hardware::SwitchSpec leaf_switch;
  hardware::SwitchSpec spine_switch;
  int full_leaf = 0;              // endpoints below a leaf that is full
  int uplinks = 0;                // of such a leaf
  int spines = 0;                 // of a pod where there are several; 0: as few as carry all uplinks
  bool even_uplinks = false;      // as few as that and give every leaf as many cables to each
  int leaves_per_pod = 0;         // 0: no third tier
  hardware::LinkSpec core_trunk;  // spine to core
  hardware::SwitchSpec core_switch;
  int spine_uplinks = 0;  // of a spine of a full pod, to cores

  // Throws DoesNotFit.
  void add_spines(PlaneBuilder& plane, std::span<const Leaf> leaves) const;

 private:
  int uplinks_of(const Leaf& leaf, int spine_count) const;
  int uplinks_of(std::span<const Leaf> leaves, int spine_count) const;
  int spines_for(std::span<const Leaf> leaves) const;
  std::vector<VertexId> add_tier(PlaneBuilder& plane, std::span<const Leaf> leaves, int count) const;
  void add_pods(PlaneBuilder& plane, std::span<const Leaf> leaves) const;
  void add_cores(PlaneBuilder& plane, const std::vector<std::vector<VertexId>>& tiers, const std::vector<int>& pod_uplinks) const;
};

// Reads link, trunk (same as link), leaf_switch, spine_switch (same as leaf_switch), uplinks (`full_leaf`), spines (0), even_uplinks
// (false); for a third tier leaves_per_pod and then core_switch (same as spine_switch), core_trunk (same as trunk), spine_uplinks (half the
// ports).
LeafSpine read_leaf_spine(config::Node& node, int full_leaf);

}  // namespace podsim::topology
