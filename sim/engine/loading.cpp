#include "engine/loading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace podsim::engine {

using platform::Fabric;
using platform::Process;
using platform::Simulation;

namespace {

// The ends of planes behind which the hosts' memory lies: CPUs where they are on the planes, else the endpoints.
std::vector<int> hosts_on(const topology::Topology& topology, const topology::PlaneOrder& planes) {
  std::vector<int> hosts;
  for (topology::VertexId v = 0; v < topology.graph.vertex_count(); ++v) {
    const topology::Vertex& vertex = topology.graph.vertex(v);
    if (vertex.device && std::ranges::find(planes, vertex.plane) != planes.end()) hosts.push_back(v);
  }
  if (!hosts.empty()) return hosts;
  for (int e = 0; e < topology.shape.endpoints(); ++e) hosts.push_back(e);
  return hosts;
}

}  // namespace

Loading::TotalRates Loading::total_rates(const Service& service, Fabric* fabric) {
  TotalRates totals;
  for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers) {
    totals.emplace_back();
    if (tier.total_rate) totals.back() = fabric->add_port(*tier.total_rate);
  }
  return totals;
}

Loading::Loading(const Service& service, double packages)
    : token_(service.model.kv_bytes_per_token(service.deployment.first().formats.kv)) {
  for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers)
    tiers_.push_back({tier.rate * packages, tier.hidden, tier.planes, {}, 0, {}});
}

Loading::Loading(const Scenario& scenario, const Instance& instance, Fabric* fabric, const TotalRates& totals)
    : Loading(scenario.service_of(instance), scenario.packages_of(instance)) {
  endpoints_ = instance.endpoints;
  fabric_ = fabric;
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    Tier& tier = tiers_[t];
    if (!tier.planes.empty()) {
      const topology::Topology& cluster = scenario.cluster.whole();
      tier.hosts = hosts_on(cluster, tier.planes);
      tier.next_host =
          static_cast<std::size_t>(endpoints_.back() + 1) * tier.hosts.size() / static_cast<std::size_t>(cluster.shape.endpoints());
    }
    const std::size_t flows = !tier.planes.empty() ? endpoints_.size() : totals[t] ? 1 : 0;
    for (std::size_t i = 0; i < flows; ++i) {
      tier.ports.push_back({fabric->add_port(tier.rate / static_cast<double>(flows))});
      if (totals[t]) tier.ports.back().push_back(*totals[t]);
    }
    for (const int host : tier.hosts) {
      if (host == endpoints_.front() || fabric->joins(host, endpoints_.front(), tier.planes)) continue;
      throw InputError(fmt::format("deployment.prefix_tiers: the planes of {} do not join endpoint {} to all hosts",
                                   scenario.service_of(instance).deployment.prefix_tiers[t].name, endpoints_.front()));
    }
  }
}

std::vector<Seconds> Loading::times_alone(std::span<const double> tokens) const {
  std::vector<Seconds> times;
  for (std::size_t t = 0; t < tiers_.size(); ++t) times.push_back(bytes_of(tokens[t]) / tiers_[t].rate);
  return times;
}

Process<std::vector<Seconds>> Loading::bring(std::vector<double> tokens) {
  std::vector<Seconds> times = times_alone(tokens);
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    if (tiers_[t].ports.empty() || tokens[t] <= 0) continue;
    const Seconds start = Simulation::now();
    co_await flow(tiers_[t], bytes_of(tokens[t]));
    times[t] = Simulation::now() - start;
  }
  co_return times;
}

// A share for each of the tier's flows; ends with the last of them.
Process<> Loading::flow(Tier& tier, Bytes bytes) {
  platform::Signal arrived;
  std::size_t missing = tier.ports.size();
  const Bytes share = bytes / static_cast<double>(missing);
  const auto done = [&] {
    if (--missing == 0) arrived.notify();
  };
  for (std::size_t i = 0; i < tier.ports.size(); ++i) {
    if (tier.planes.empty()) {
      fabric_->pass(share, tier.ports[i], done);
      continue;
    }
    int host = tier.hosts[tier.next_host++ % tier.hosts.size()];
    if (host == endpoints_[i]) host = tier.hosts[tier.next_host++ % tier.hosts.size()];
    fabric_->transfer(host, endpoints_[i], share, Seconds(0), done, tier.planes, tier.ports[i]);
  }
  co_await arrived.wait();
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
