// The link-load cost of an all-to-all among all endpoints of a cluster, without a flow for every pair.
#pragma once

#include <span>

#include "collective/link_load.hpp"

namespace podsim::collective {

// The cost of all_to_all(endpoints, bytes) over all endpoints in order. Where the first plane joins and sprays everything, flows are
// followed to one destination of each class of interchangeable endpoints, and a link carries the mean of its class: exact, because
// all links of a class carry the same (topology/symmetry). Elsewhere flows are followed to every destination.
// Throws InputError when no plane joins a pair.
LinkLoadCost uniform_all_to_all_cost(topology::Router& router, std::span<const int> planes, Bytes bytes);

}  // namespace podsim::collective
