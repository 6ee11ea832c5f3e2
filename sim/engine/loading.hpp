// The time that prefixes take from memories beyond the accelerator's to an instance.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/scenario.hpp"
#include "engine/step_cost.hpp"
#include "platform/shared_rate.hpp"

namespace podsim::engine {

// Of each tier of a deployment, what all who read it share; null where each has its own rate whatever the others do.
using TierRates = std::vector<std::unique_ptr<platform::SharedRate>>;
TierRates make_tier_rates(const std::vector<serving::PrefixTierSpec>& tiers);

class Loading {
 public:
  // For an instance of `packages` packages. Without `rates` nobody else reads the tiers; they outlive it.
  Loading(const Service& service, double packages, const TierRates* rates = nullptr);

  // How long each tier takes for `tokens` prompt tokens, by tier, when nobody else reads it.
  std::vector<Seconds> times_alone(std::span<const double> tokens) const;
  // Brings them, while others read shared tiers too, and returns how long each tier took.
  platform::Process<std::vector<Seconds>> bring(std::vector<double> tokens) const;
  // Adds that to the step that needs the tokens: beside its work as far as the tiers can hide it.
  void add_to(StepTime& step, std::span<const Seconds> times) const;
  std::size_t tiers() const { return tiers_.size(); }
  Bytes bytes_of(double tokens) const { return token_ * tokens; }

 private:
  struct Tier {
    ByteRate rate;  // of the instance
    double hidden;
    platform::SharedRate* shared;
  };
  Bytes token_;
  std::vector<Tier> tiers_;
};

}  // namespace podsim::engine
