#include "engine/ageing_cost.hpp"

#include <cmath>

namespace podsim::engine {

// A step that begins on a boundary, give or take rounding, belongs to the new stage.
std::size_t AgeingCost::stage(Seconds now) const {
  if (stages_.size() == 1) return 0;
  return static_cast<std::size_t>(std::floor(now / every_ * static_cast<double>(stages_.size()) + 1e-9));
}

Seconds AgeingCost::next_change(Seconds now) const {
  if (stages_.size() == 1) return Seconds(std::numeric_limits<double>::infinity());
  return every_ * (static_cast<double>(stage(now) + 1) / static_cast<double>(stages_.size()));
}

Seconds AgeingCost::pause_since(Seconds last, Seconds now) const {
  if (stages_.size() == 1) return Seconds(0);
  return stage(now) / stages_.size() > stage(last) / stages_.size() ? pause_ : Seconds(0);
}

AgeingCost ageing_cost_of(const Scenario& scenario, const Instance& instance, topology::Router& routes,
                          std::span<const int> transfer_planes) {
  const serving::ExpertLoad& load = scenario.pool_of(instance).expert_load;
  if (load.stages.size() == 1) return step_cost_of(scenario, instance, routes, std::nullopt, transfer_planes);
  std::vector<StepCost> stages;
  for (const double imbalance : load.stages) stages.push_back(step_cost_of(scenario, instance, routes, imbalance, transfer_planes));
  return {std::move(stages), load.every, load.pause};
}

}  // namespace podsim::engine
