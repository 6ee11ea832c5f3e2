// The largest flow that a plane can carry from some of its endpoints to others.
#pragma once

#include <span>

#include "topology/graph.hpp"

namespace podsim::topology {

// `side` by endpoint: 0 sends, 1 receives, others only forward. Each endpoint sends or receives what its links carry.
// Vertices that can trade places are one vertex with the sum of their links, which changes no flow between the sides.
ByteRate max_flow(const Graph& graph, int plane, std::span<const int> side);

}  // namespace podsim::topology
