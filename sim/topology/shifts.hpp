// Symmetries of networks without switches: endpoints moved on by one place along every ring, line or group of a grid at once.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "topology/graph.hpp"

namespace podsim::topology {

// Where a symmetry takes everything; vertices and links of other planes stay where they are.
struct Shift {
  std::vector<VertexId> vertex;  // by vertex
  std::vector<LinkId> link;      // by link
};

// Calls visit(Shift) for every way to number the endpoints 0 .. `endpoints`-1 as blocks of n x s of them in which moving all on by s, the
// last s becoming the first, is a symmetry of `plane`: every link lands on a link of the same rate, latency and level, which is checked
// link by link, and every endpoint on one of its `colour` (by endpoint; empty: one colour). Nothing is assumed of the kind of network:
// tori, full meshes and dragonflies have such shifts, numbered as their kinds number them or as a file of the user does.
void for_each_shift(const Graph& graph, int plane, int endpoints, std::span<const int> colour,
                    const std::function<void(const Shift&)>& visit);

}  // namespace podsim::topology
