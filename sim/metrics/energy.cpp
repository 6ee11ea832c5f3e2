#include "metrics/energy.hpp"

#include <algorithm>
#include <set>

namespace podsim::metrics {
namespace {

template <class Power>
Watts sum_of(const ClusterPower& p, Power power) {
  Watts sum;
  for (const PartPower& part : p.parts) sum += power(part);
  return sum;
}

Watts chip_idle_power(const ClusterPower& p) {
  return sum_of(p, [](const PartPower& part) { return part.package.idle * part.used_packages; });
}

Watts node_power(const ClusterPower& p) {
  return sum_of(p, [](const PartPower& part) { return part.node * part.used_nodes; });
}

Watts spare_power(const ClusterPower& p) {
  if (!p.spare_on) return Watts(0);
  return sum_of(p, [](const PartPower& part) {
    return part.package.idle * (part.packages - part.used_packages) + part.node * (part.nodes - part.used_nodes);
  });
}

// Without spare machines only their part of the network is on.
Watts network_power(const ClusterPower& p) {
  return p.spare_on ? p.network : p.network * (static_cast<double>(p.used_packages()) / p.packages());
}

}  // namespace

const hardware::PowerSpec& package_power(const RunLog& log, int instance) {
  return log.power.parts[log.instances[static_cast<std::size_t>(instance)].part].package;
}

Watts power_of(const StepRecord& step, const RunLog& log) {
  return package_power(log, step.instance).at(step.use) * log.instances[static_cast<std::size_t>(step.instance)].packages;
}

Watts idle_power(const ClusterPower& p) { return (chip_idle_power(p) + node_power(p) + network_power(p) + spare_power(p)) * p.pue; }

std::vector<std::pair<Seconds, bool>> switchings(const RunLog& log, std::span<const int> instances) {
  std::vector<std::pair<Seconds, bool>> changes;
  std::set<int> on(instances.begin(), instances.end());
  bool all_off = false;
  for (const ScaleRecord& record : log.scaling) {
    if (std::ranges::find(instances, record.instance) == instances.end()) continue;
    if (record.state == ScaleState::off) on.erase(record.instance);
    else on.insert(record.instance);
    if (on.empty() != all_off) changes.emplace_back(record.time, all_off = on.empty());
  }
  return changes;
}

namespace {

Seconds all_off(const RunLog& log, std::span<const int> instances, const Window& window) {
  Seconds sum, since = window.to;
  for (const auto& [time, off] : switchings(log, instances)) {
    const Seconds within = std::clamp(time, window.from, window.to);
    if (!off) sum += within - since;
    since = off ? within : window.to;
  }
  return sum + window.to - since;
}

}  // namespace

std::vector<Seconds> time_off(const RunLog& log, const Window& window) {
  std::vector<Seconds> off;
  for (int i = 0; i < static_cast<int>(log.instances.size()); ++i) off.push_back(all_off(log, {&i, 1}, window));
  return off;
}

Energy energy_of(const RunLog& log, const Window& window) {
  const Seconds length = window.to - window.from;
  const ClusterPower& p = log.power;
  Energy energy;
  Joules switched_off;  // that packages would have drawn
  const std::vector<Seconds> off = time_off(log, window);
  for (std::size_t i = 0; i < off.size(); ++i)
    switched_off += package_power(log, static_cast<int>(i)).idle * log.instances[i].packages * off[i];
  energy.chip_idle = chip_idle_power(p) * length - switched_off;
  energy.node = node_power(p) * length;
  for (const ScalingNodes& hosts : log.scaling_nodes) {
    if (!p.spare_on) energy.node -= p.parts[hosts.part].node * hosts.nodes * all_off(log, hosts.instances, window);
  }
  energy.network = network_power(p) * length;
  energy.spare = spare_power(p) * length + (p.spare_on ? switched_off : Joules(0));
  for (const StepRecord& step : log.steps) {
    const double packages = log.instances[static_cast<std::size_t>(step.instance)].packages;
    const hardware::PowerSpec& package = package_power(log, step.instance);
    const Watts active = package.active * step.use.busy, compute = package.compute * step.use.compute;
    const Watts memory = package.memory * step.use.memory, link = package.link * step.use.link;
    const Watts asked = active + compute + memory + link;
    const Watts granted = package.at(step.use) - package.idle;
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
