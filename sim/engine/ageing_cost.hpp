// The step cost of an instance whose experts grow uneven until they are rebalanced.
#pragma once

#include <limits>
#include <vector>

#include "engine/instance_cost.hpp"

namespace podsim::engine {

class AgeingCost {
 public:
  // One step cost that never changes.
  AgeingCost(StepCost cost) { stages_.push_back(std::move(cost)); }
  // Those of the stages between two rebalancings, `every` apart, from the start of the run on; see serving::ExpertLoad.
  AgeingCost(std::vector<StepCost> stages, Seconds every, Seconds pause) : stages_(std::move(stages)), every_(every), pause_(pause) {}

  StepCost& at(Seconds now) { return stages_[stage(now) % stages_.size()]; }
  // When the next stage begins.
  Seconds next_change(Seconds now) const;
  // What is added to a step that begins now: rebalancings since the last step, which began at `last`.
  Seconds pause_since(Seconds last, Seconds now) const;

 private:
  std::size_t stage(Seconds now) const;  // counted from the start of the run

  std::vector<StepCost> stages_;
  Seconds every_{0};
  Seconds pause_{0};
};

// As step_cost_of(), stage by stage of the pool's expert load.
AgeingCost ageing_cost_of(const Scenario& scenario, const Instance& instance, topology::Router& routes,
                          std::span<const int> transfer_planes);

}  // namespace podsim::engine
