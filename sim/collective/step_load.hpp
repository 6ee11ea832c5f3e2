// What a step of a schedule puts on links.
#pragma once

#include <map>
#include <span>

#include "collective/schedule.hpp"
#include "topology/link_loads.hpp"

namespace podsim::collective {

// Adds the bytes of all repetitions of a step. Returns the smallest latency of each plane that it uses.
// Throws InputError when no plane joins the ends of a flow.
std::map<int, Seconds> add_loads(topology::Router& router, const Step& step, std::span<const int> group, std::span<const int> planes,
                                 topology::LinkLoads& load);

}  // namespace podsim::collective
