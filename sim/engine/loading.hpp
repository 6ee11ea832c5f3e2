// Prefixes on their way from memories beyond the accelerator's to an instance.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/scenario.hpp"
#include "engine/step_cost.hpp"
#include "platform/fabric.hpp"

namespace podsim::engine {

class Loading {
 public:
  // Of each tier of a deployment, the rate that all who read it share; none where each has its own whatever the others do.
  using TotalRates = std::vector<std::optional<platform::Fabric::Port>>;
  static TotalRates total_rates(const Service& service, platform::Fabric* fabric);

  // For an instance of `packages` packages that reads the tiers alone.
  Loading(const Service& service, double packages);
  // For one that reads them beside others. `fabric` may be null where no tier is shared by rate or comes over planes; it outlives this.
  // Throws InputError when a tier's planes do not join its hosts to the instance.
  Loading(const Scenario& scenario, const Instance& instance, platform::Fabric* fabric, const TotalRates& totals);

  // How long each tier takes for `tokens` prompt tokens, by tier, when nobody else reads it.
  std::vector<Seconds> times_alone(std::span<const double> tokens) const;
  // Brings them as flows, while others read and send too, and returns how long each tier took. From a tier that comes over planes every
  // endpoint takes its part from another host; instances begin with the hosts after their own.
  platform::Process<std::vector<Seconds>> bring(std::vector<double> tokens);
  // Adds that to the step that needs the tokens: beside its work as far as the tiers can hide it.
  void add_to(StepTime& step, std::span<const Seconds> times) const;
  std::size_t tiers() const { return tiers_.size(); }
  Bytes bytes_of(double tokens) const { return token_ * tokens; }

 private:
  struct Tier {
    ByteRate rate;  // of the instance
    double hidden;
    topology::PlaneOrder planes;
    std::vector<int> hosts;  // where it comes from over planes, in turn
    std::size_t next_host = 0;
    std::vector<std::vector<platform::Fabric::Port>> ports;  // that each of its flows passes; none where nothing is shared
  };

  platform::Process<> flow(Tier& tier, Bytes bytes);

  Bytes token_;
  std::vector<Tier> tiers_;
  std::vector<int> endpoints_;
  platform::Fabric* fabric_ = nullptr;
};

}  // namespace podsim::engine
