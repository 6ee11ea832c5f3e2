#include "engine/loading.hpp"

#include <algorithm>

namespace podsim::engine {

TierRates make_tier_rates(const std::vector<serving::PrefixTierSpec>& tiers) {
  TierRates rates;
  for (const serving::PrefixTierSpec& tier : tiers)
    rates.push_back(tier.total_rate ? std::make_unique<platform::SharedRate>(*tier.total_rate) : nullptr);
  return rates;
}

Loading::Loading(const Service& service, double packages, const TierRates* rates)
    : token_(service.model.kv_bytes_per_token(service.deployment.first().formats.kv)) {
  const auto& tiers = service.deployment.prefix_tiers;
  for (std::size_t t = 0; t < tiers.size(); ++t)
    tiers_.push_back({tiers[t].rate * packages, tiers[t].hidden, rates ? (*rates)[t].get() : nullptr});
}

std::vector<Seconds> Loading::times_alone(std::span<const double> tokens) const {
  std::vector<Seconds> times;
  for (std::size_t t = 0; t < tiers_.size(); ++t) times.push_back(bytes_of(tokens[t]) / tiers_[t].rate);
  return times;
}

platform::Process<std::vector<Seconds>> Loading::bring(std::vector<double> tokens) const {
  std::vector<Seconds> times = times_alone(tokens);
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    if (!tiers_[t].shared) continue;
    const Seconds start = platform::Simulation::now();
    co_await tiers_[t].shared->move(bytes_of(tokens[t]), tiers_[t].rate);
    times[t] = platform::Simulation::now() - start;
  }
  co_return times;
}

void Loading::add_to(StepTime& step, std::span<const Seconds> times) const {
  Seconds hidden, exposed;
  for (std::size_t t = 0; t < times.size(); ++t) {
    hidden += times[t] * tiers_[t].hidden;
    exposed += times[t] * (1 - tiers_[t].hidden);
  }
  step.total = std::max(step.total, hidden) + exposed;
}

}  // namespace podsim::engine
