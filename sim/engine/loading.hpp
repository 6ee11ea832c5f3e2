// The time that prefixes take from memories beyond the accelerator's to an instance.
#pragma once

#include <span>
#include <vector>

#include "engine/scenario.hpp"
#include "engine/step_cost.hpp"

namespace podsim::engine {

class Loading {
 public:
  Loading(const Service& service, double packages);

  // Adds the loading of `tokens` prompt tokens, by tier, to the step that needs them: beside its work as far as the tier can hide it.
  void add_to(StepTime& step, std::span<const double> tokens) const;
  std::size_t tiers() const { return tiers_.size(); }

 private:
  struct Tier {
    Seconds token;
    double hidden;
  };
  std::vector<Tier> tiers_;
};

}  // namespace podsim::engine
