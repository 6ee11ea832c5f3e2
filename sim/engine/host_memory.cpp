// Whether the memory of the hosts holds what deployments keep there: prefix tiers and the caches of preempted sequences.
#include <fmt/format.h>

#include "base/error.hpp"
#include "engine/scenario.hpp"

namespace podsim::engine {
namespace {

struct Needs {
  Bytes tiers;  // the instance's own
  Bytes swap;
  Bytes sum() const { return tiers + swap; }
};

Needs needs_of(const Service& service, const serving::Pool& pool) {
  Needs needs;
  const bool has_tiers = pool.engine.prefix_cache && pool.role != serving::Role::decode;
  for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers) {
    if (has_tiers && !tier.shared && !tier.on_disk) needs.tiers += tier.capacity;
  }
  if (pool.engine.preemption.swaps) needs.swap = pool.engine.preemption.space * pool.parallel.attention_endpoints();
  return needs;
}

Bytes shared_tiers(const Service& service) {
  Bytes sum;
  for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers) {
    if (tier.shared && !tier.on_disk) sum += tier.capacity;
  }
  return sum;
}

}  // namespace

void check_host_memory(const Scenario& scenario) {
  Bytes wanted, present;
  bool known = true;
  for (const topology::Part& part : scenario.cluster.parts) {
    if (part.topology.node_memory) present += *part.topology.node_memory * part.topology.shape.nodes;
    else known = false;
  }
  for (const Service& service : scenario.services) {
    wanted += shared_tiers(service);
    for (const serving::Pool& pool : service.deployment.pools) {
      const Needs needs = needs_of(service, pool);
      const topology::Topology& topology = scenario.cluster.parts[pool.part].topology;
      wanted += needs.sum() * pool.most_instances();
      if (!topology.node_memory) continue;
      const double nodes = pool.parallel.endpoints() / static_cast<double>(topology.shape.endpoints_per_node());
      if (needs.sum() > *topology.node_memory * nodes)
        throw InputError(
            fmt::format("{}deployment.{}: wants {:.4g} GB of its hosts' memory ({:.4g} GB for prefix_tiers, {:.4g} GB for "
                        "preemption.space), and {:.4g} nodes of {:.4g} GB are its part; a tier on disks says medium: disk",
                        scenario.services.size() > 1 ? service.name + "." : "", pool.name, needs.sum() / units::GB, needs.tiers / units::GB,
                        needs.swap / units::GB, nodes, *topology.node_memory / units::GB));
    }
  }
  if (known && wanted > present)
    throw InputError(
        fmt::format("deployment: prefix_tiers and preemption.space want {:.4g} GB of the hosts' memory, and {} has {:.4g} GB; a "
                    "tier on disks says medium: disk",
                    wanted / units::GB, scenario.cluster.whole().name, present / units::GB));
}

}  // namespace podsim::engine
