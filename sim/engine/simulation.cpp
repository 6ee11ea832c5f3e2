#include "engine/simulation.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "engine/frontend.hpp"

namespace podsim::engine {
namespace {

metrics::ClusterPower power_of(const Scenario& scenario, const std::vector<Instance>& instances) {
  const topology::Topology& topology = scenario.topology;
  std::set<int> packages, nodes;
  for (const Instance& instance : instances) {
    for (const int endpoint : instance.endpoints) {
      packages.insert(endpoint / topology.shape.endpoints_per_package);
      nodes.insert(topology.shape.node_of(endpoint));
    }
  }
  metrics::ClusterPower power;
  power.package = topology.chip.power;
  power.packages = topology.shape.packages();
  power.used_packages = static_cast<int>(packages.size());
  power.nodes = topology.shape.nodes;
  power.used_nodes = static_cast<int>(nodes.size());
  power.node = topology.node_power;
  power.network = topology.network_power();
  power.spare_on = scenario.spare_on;
  power.pue = scenario.pue;
  return power;
}

metrics::RunLog open_log(const Scenario& scenario, const std::vector<Instance>& instances) {
  metrics::RunLog log;
  log.power = power_of(scenario, instances);
  for (const Instance& instance : instances) {
    const auto endpoints = static_cast<int>(instance.endpoints.size());
    log.instances.push_back({scenario.deployment.pools[instance.pool].name, endpoints,
                             static_cast<double>(endpoints) / scenario.topology.shape.endpoints_per_package,
                             instance.kv_blocks * scenario.deployment.kv_block_tokens});
  }
  for (const workload::RequestClass& kind : scenario.workload->classes) {
    log.classes.push_back({kind.name, {}});
    if (kind.ttft) log.classes.back().level = {*kind.ttft, *kind.tpot};
  }
  for (const serving::PrefixTierSpec& tier : scenario.deployment.prefix_tiers) log.tiers.push_back({tier.name, 0, Bytes(0), Seconds(0)});
  log.open_loop = !scenario.workload->closed_loop;
  for (const workload::Request& request : scenario.workload->requests) {
    metrics::RequestRecord record;
    record.input = request.input;
    record.output = request.output;
    record.kind = static_cast<std::int32_t>(request.client);
    record.arrival = log.open_loop ? request.arrival : Seconds(-1);  // a closed loop says when it is sent
    log.requests.push_back(record);
  }
  return log;
}

}  // namespace

metrics::RunLog simulate(const Scenario& scenario) {
  const std::vector<Instance> instances = place(scenario);
  topology::Router routes(scenario.topology, scenario.seed);
  metrics::RunLog log = open_log(scenario, instances);
  platform::Simulation simulation;

  std::unique_ptr<platform::Fabric> fabric;
  if (scenario.deployment.kv) {
    std::vector<int> members;
    for (const Instance& instance : instances) members.insert(members.end(), instance.endpoints.begin(), instance.endpoints.end());
    fabric = std::make_unique<platform::Fabric>(simulation, routes, scenario.deployment.kv->planes, members);
  }
  Frontend frontend(scenario, instances, fabric.get(), log);
  std::deque<Replica> replicas;
  std::vector<serving::PrefixTiers> tiers =
      serving::make_prefix_tiers(scenario.deployment.prefix_tiers, instances.size(),
                                 scenario.model.kv_bytes_per_token(scenario.deployment.formats.kv), scenario.workload->block_tokens);
  const TierRates tier_rates = make_tier_rates(scenario.deployment.prefix_tiers);
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const serving::Pool& pool = scenario.deployment.pools[instances[i].pool];
    StepCost cost(scenario.topology.chip, scenario.model, scenario.deployment.formats, pool,
                  InstanceNetwork(routes, pool, scenario.model, instances[i].endpoints));
    replicas.emplace_back(static_cast<int>(i), scenario, instances[i], std::move(cost), log, frontend.events(),
                          pool.engine.prefix_cache && pool.role != serving::Role::decode ? &tiers[i] : nullptr, tier_rates);
  }
  frontend.set_replicas(replicas);
  for (Replica& replica : replicas) simulation.spawn_service("replica", [&replica] { replica.run(); });
  simulation.spawn("frontend", [&] {
    frontend.run();
    log.end = platform::Simulation::now();
  });
  simulation.run();
  return log;
}

}  // namespace podsim::engine
