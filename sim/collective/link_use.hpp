// What an operation puts on each link, beside its most loaded one.
#pragma once

#include <span>
#include <vector>

#include "collective/schedule.hpp"
#include "topology/router.hpp"

namespace podsim::collective {

struct LinkUse {
  topology::LinkId link;
  double share;  // of its line rate, while the most loaded links are at theirs; in (0, 1]
  double flows;  // that share it in the step that loads it most: its bytes in units of the step's mean flow
};

// Of every link that the schedule loads, in order of link, all steps together. `group` and `planes` as in link_load_cost().
std::vector<LinkUse> link_uses(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes);

}  // namespace podsim::collective
