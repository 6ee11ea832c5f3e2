// How far every vertex of a plane is above the endpoints.
#pragma once

#include <vector>

#include "topology/graph.hpp"

namespace podsim::topology {

// By tier: endpoints that have a link in the plane, then the switches that one link reaches from there, and so on; each by number.
std::vector<std::vector<VertexId>> find_tiers(const Graph& graph, int plane);
// The same by vertex; -1 for a vertex that the plane does not reach.
std::vector<int> tier_of_vertices(const Graph& graph, const std::vector<std::vector<VertexId>>& tiers);

}  // namespace podsim::topology
