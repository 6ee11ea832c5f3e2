// What a step puts on links when many of its ranks do the same: flows are followed to one destination of each kind.
#pragma once

#include <optional>
#include <span>
#include <utility>

#include "collective/schedule.hpp"
#include "topology/link_loads.hpp"

namespace podsim::collective {

// Adds the bytes of the flows of a step in all its repetitions, and returns their plane and the smallest latency there. Nothing is added
// and the answer is empty where flows are few, where bytes depend on more than the kinds of sender and receiver, or where the first plane
// does not join and spray all of the group.
// Exact: endpoints and links that trade places under symmetries which keep the kinds of ranks carry the same (topology/symmetry).
std::optional<std::pair<int, Seconds>> add_symmetric_loads(topology::Router& router, const Step& step, std::span<const int> group,
                                                           std::span<const int> planes, topology::LinkLoads& load);

}  // namespace podsim::collective
