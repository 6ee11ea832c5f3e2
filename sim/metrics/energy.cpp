#include "metrics/energy.hpp"

#include <algorithm>

namespace podsim::metrics {
namespace {

Watts spare_power(const ClusterPower& p) {
  if (!p.spare_on) return Watts(0);
  return p.package.idle * (p.packages - p.used_packages) + p.node * (p.nodes - p.used_nodes);
}

// Without spare machines only their part of the network is on.
Watts network_power(const ClusterPower& p) {
  return p.spare_on ? p.network : p.network * (static_cast<double>(p.used_packages) / p.packages);
}

}  // namespace

Watts power_of(const StepRecord& step, const RunLog& log) {
  return log.power.package.at(step.use) * log.instances[static_cast<std::size_t>(step.instance)].packages;
}

Watts idle_power(const ClusterPower& p) {
  return (p.package.idle * p.used_packages + p.node * p.used_nodes + network_power(p) + spare_power(p)) * p.pue;
}

Energy energy_of(const RunLog& log, const Window& window) {
  const Seconds length = window.to - window.from;
  const ClusterPower& p = log.power;
  Energy energy;
  energy.chip_idle = p.package.idle * p.used_packages * length;
  energy.node = p.node * p.used_nodes * length;
  energy.network = network_power(p) * length;
  energy.spare = spare_power(p) * length;
  for (const StepRecord& step : log.steps) {
    const double packages = log.instances[static_cast<std::size_t>(step.instance)].packages;
    const Watts active = p.package.active * step.use.busy, compute = p.package.compute * step.use.compute;
    const Watts memory = p.package.memory * step.use.memory, link = p.package.link * step.use.link;
    const Watts asked = active + compute + memory + link;
    const Watts granted = p.package.at(step.use) - p.package.idle;
    const Seconds time = step.duration * share_within(step, window) * packages * (asked > Watts(0) ? granted / asked : 0);
    energy.chip_active += active * time;
    energy.chip_compute += compute * time;
    energy.chip_memory += memory * time;
    energy.chip_link += link * time;
  }
  energy.cooling = energy.total() * (p.pue - 1);
  return energy;
}

}  // namespace podsim::metrics
