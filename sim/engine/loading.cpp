#include "engine/loading.hpp"

#include <algorithm>

namespace podsim::engine {

Loading::Loading(const Service& service, double packages) {
  const Bytes token = service.model.kv_bytes_per_token(service.deployment.first().formats.kv);
  for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers)
    tiers_.push_back({token / (tier.rate * packages), tier.hidden});
}

void Loading::add_to(StepTime& step, std::span<const double> tokens) const {
  Seconds hidden, exposed;
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    hidden += tiers_[t].token * tokens[t] * tiers_[t].hidden;
    exposed += tiers_[t].token * tokens[t] * (1 - tiers_[t].hidden);
  }
  step.total = std::max(step.total, hidden) + exposed;
}

}  // namespace podsim::engine
