// The link-load cost of a schedule: each step takes as long as its most loaded link, plus latency.
#pragma once

#include <span>

#include "collective/library.hpp"
#include "collective/schedule.hpp"
#include "topology/router.hpp"

namespace podsim::collective {

// For flows of equal size that start together this equals the max-min fair completion time: the most loaded link
// saturates first and stays saturated. Elsewhere it is a lower bound.
struct LinkLoadCost {
  Seconds latency;                   // of all steps
  Seconds transfer;                  // bytes over the bottleneck link of each step, at line rate
  topology::LinkId bottleneck = -1;  // of the longest step; -1 without flows

  Seconds total() const { return latency + transfer; }
};

// `group[rank]` is the endpoint of a rank; a flow rides the first plane of `planes` that joins its ends.
// Throws InputError when none does.
LinkLoadCost link_load_cost(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes);

// Time of one operation as a function of its bytes, exact because loads are linear in bytes.
struct OperationCost {
  Seconds fixed;
  Seconds per_destination;
  int destinations = 0;
  double seconds_per_byte = 0;

  // `messages` spread evenly reach D * (1 - (1 - 1/D)^messages) of the D destinations; 0 stands for all of them.
  Seconds operator()(Bytes bytes, double messages = 0) const;
};

// The cost of `unit` (the schedule for 1 byte) under a library's profile. destinations: ranks that one rank sends to.
OperationCost operation_cost(topology::Router& router, const Schedule& unit, std::span<const int> group, std::span<const int> planes,
                             const OperationProfile& profile, int destinations);

}  // namespace podsim::collective
