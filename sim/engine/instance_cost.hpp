// The step cost of an instance where it was placed.
#pragma once

#include "engine/scenario.hpp"
#include "engine/step_cost.hpp"

namespace podsim::engine {

// `routes` are those of the instance's part by itself, over which its collectives go.
// `imbalance` of its experts stands in place of the pool's mean; `transfer_planes` of the whole cluster carry what moves between instances.
StepCost step_cost_of(const Scenario& scenario, const Instance& instance, topology::Router& routes,
                      std::optional<double> imbalance = std::nullopt, std::span<const int> transfer_planes = {});

}  // namespace podsim::engine
