// Which endpoints and links of a plane can trade places without anybody noticing: routes and loads are the same within a class.
#pragma once

#include <span>
#include <vector>

#include "topology/graph.hpp"

namespace podsim::topology {

// Classes are named by their smallest member. Each is an orbit of symmetries that were checked link by link, so what holds for a
// member holds for all; where a network has no symmetry that is found, every class has one member.
struct Symmetry {
  std::vector<VertexId> vertex_class;  // by vertex
  std::vector<LinkId> link_class;      // by link

  // The classes of those endpoints, in order.
  struct Class {
    VertexId representative;
    int members;
  };
  std::vector<Class> endpoint_classes(int endpoints) const;
};

// Cut at any tier, a network falls into parts: endpoints, racks, pods. Two parts that are wired alike and reach the same switches above
// the cut can be swapped; endpoints cabled to each other can be shifted along the rings and lines of their grid. `colour` (by endpoint;
// empty: one colour) keeps endpoints apart that must not change places.
Symmetry find_symmetry(const Graph& graph, int plane, std::span<const int> colour = {});

}  // namespace podsim::topology
