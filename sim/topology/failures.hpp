// Links and switches of a plane that are out of order: routes go around them.
#pragma once

#include "topology/topology.hpp"

namespace podsim::topology {

// Reads `failed: {switches: [spine 3], links: [[leaf 0, spine 1], [endpoint 5, leaf 0]]}` and marks what it names. A switch is named by
// its role and its number among those of the plane, counted from 0; a pair names one cable between its two, twice for two cables.
// Throws InputError for what is not there.
void fail_parts(config::Node failed, Topology& topology, int plane);

// Throws InputError at `failed` when a plane no longer joins the endpoints of a group that it was built for. REQUIRES a sealed graph.
void check_joined(const config::Node& failed, const Topology& topology, int plane, int group);

}  // namespace podsim::topology
