#include "engine/link_sharing.hpp"

#include <algorithm>

namespace podsim::engine {

void LinkSharing::add(std::size_t instance, const std::vector<collective::LinkUse>& uses, topology::LinkId first_link) {
  transfers_.resize(std::max(transfers_.size(), instance + 1));
  for (const collective::LinkUse& use : uses) uses_[first_link + use.link].push_back({instance, use.share, use.flows});
}

platform::CrossTraffic LinkSharing::cross_traffic() {
  return {[this](const topology::LinkShare& transfer) { return leaves(transfer); },
          [this](const topology::Route& route, int change) { pass(route, change); }};
}

double LinkSharing::leaves(const topology::LinkShare& transfer) const {
  const auto found = uses_.find(transfer.link);
  if (found == uses_.end()) return 1;
  double left = 1, flows = 0;
  for (const Use& use : found->second) {
    left -= use.share * replicas_[use.instance].shared_time();
    flows += use.flows;
  }
  // However busy, the exchanges' flows leave a transfer as much as one of them has.
  return std::max(left, transfer.fraction / (transfer.fraction + flows));
}

void LinkSharing::pass(const topology::Route& route, int change) {
  touched_.clear();
  for (const topology::LinkShare& hop : route.links) {
    const auto found = uses_.find(hop.link);
    if (found == uses_.end()) continue;
    for (const Use& use : found->second) {
      std::vector<Carried>& carried = transfers_[use.instance];
      auto known = std::ranges::find(carried, hop.link, &Carried::link);
      if (known == carried.end()) known = carried.insert(known, {hop.link, 0});
      known->flows += hop.fraction * change;
      if (known->flows < 1e-9) carried.erase(known);
      if (std::ranges::find(touched_, use.instance) == touched_.end()) touched_.push_back(use.instance);
    }
  }
  for (const std::size_t instance : touched_) replicas_[instance].set_stretch(stretch_of(instance));
}

double LinkSharing::stretch_of(std::size_t instance) const {
  double stretch = 1;
  for (const auto& [link, flows] : transfers_[instance]) {
    for (const Use& use : uses_.at(link)) {
      if (use.instance == instance) stretch = std::max(stretch, use.share * (use.flows + flows) / use.flows);
    }
  }
  return stretch;
}

}  // namespace podsim::engine
