// The link-load cost of a schedule: each step, or pipeline of steps, takes as long as its most loaded link, plus latency.
#pragma once

#include <span>

#include "collective/schedule.hpp"
#include "topology/router.hpp"

namespace podsim::collective {

// For flows of equal size that start together this equals the max-min fair completion time: the most loaded link
// saturates first and stays saturated. Elsewhere it is a lower bound.
struct LinkLoadCost {
  Seconds latency;                   // of all steps
  Seconds transfer;                  // bytes over the bottleneck link of each step, at line rate
  topology::LinkId bottleneck = -1;  // of the longest step or pipeline; -1 without flows

  Seconds total() const { return latency + transfer; }
};

// `group[rank]` is the endpoint of a rank; a flow rides the first plane of `planes` that joins its ends.
// `share`, by plane: the part of the line rate that is reached; empty: all of it. Throws InputError when no plane joins a flow's ends.
LinkLoadCost link_load_cost(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes,
                            std::span<const double> share = {});

}  // namespace podsim::collective
