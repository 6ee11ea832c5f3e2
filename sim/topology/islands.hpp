// The groups of endpoints that a plane joins.
#pragma once

#include <vector>

#include "topology/graph.hpp"

namespace podsim::topology {

struct Islands {
  std::vector<std::vector<int>> members;  // in order of number; endpoints without a link in the plane are on no island
  std::vector<int> of;                    // by vertex: the island, or -1
};

Islands find_islands(const Graph& graph, int plane);

}  // namespace podsim::topology
