// What a reduction or copy made by the switches puts on the links that it runs over.
#pragma once

#include <map>
#include <span>

#include "collective/schedule.hpp"
#include "topology/router.hpp"

namespace podsim::collective {

struct TreeLoad {
  int plane = topology::no_plane;
  Seconds latency;  // the largest, from a member to the root
  std::map<topology::LinkId, double> loads;
};

// A link on the way of several members carries as much as one of them sends over it, since the switch before it has combined the rest.
// The root's own part goes up its links and comes back. Throws InputError when no one plane joins all members.
TreeLoad tree_load(topology::Router& router, const Tree& tree, std::span<const int> group, std::span<const int> planes);

}  // namespace podsim::collective
