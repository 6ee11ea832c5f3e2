#include "engine/simulation.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "engine/ageing_cost.hpp"
#include "engine/autoscaler.hpp"
#include "engine/frontend.hpp"
#include "engine/link_sharing.hpp"

namespace podsim::engine {
namespace {

metrics::PartPower power_of(const Scenario& scenario, const topology::Part& part, const std::vector<Instance>& instances) {
  const topology::Topology& topology = part.topology;
  std::set<int> packages, nodes;
  for (const Instance& instance : instances) {
    if (&scenario.part_of(instance) != &part) continue;
    for (const int endpoint : instance.endpoints) {
      packages.insert((endpoint - part.first_endpoint) / topology.shape.endpoints_per_package);
      nodes.insert(topology.shape.node_of(endpoint - part.first_endpoint));
    }
  }
  return {.package = topology.chip.power,
          .packages = topology.shape.packages(),
          .used_packages = static_cast<int>(packages.size()),
          .nodes = topology.shape.nodes,
          .used_nodes = static_cast<int>(nodes.size()),
          .node = topology.node_power};
}

metrics::ClusterPower power_of(const Scenario& scenario, const std::vector<Instance>& instances) {
  metrics::ClusterPower power;
  power.parts.clear();
  for (const topology::Part& part : scenario.cluster.parts) power.parts.push_back(power_of(scenario, part, instances));
  power.network = scenario.cluster.whole().network_power();
  power.spare_on = scenario.spare_on;
  power.pue = scenario.pue;
  return power;
}

metrics::InstanceInfo describe(const Scenario& scenario, const Instance& instance) {
  const serving::Pool& pool = scenario.pool_of(instance);
  const Service& service = scenario.service_of(instance);
  return {.pool = scenario.services.size() > 1 ? service.name + "." + pool.name : pool.name,
          .endpoints = static_cast<int>(instance.endpoints.size()),
          .packages = scenario.packages_of(instance),
          .kv_capacity_tokens = instance.kv_blocks * service.deployment.kv_block_tokens,
          .part = pool.part,
          .prefill = pool.role == serving::Role::prefill};
}

// Nodes that only instances use which scale and whose weights come from another when they start: their hosts keep nothing for them.
std::vector<metrics::ScalingNodes> scaling_nodes(const Scenario& scenario, const std::vector<Instance>& instances) {
  std::map<std::pair<const topology::Part*, int>, std::vector<int>> users;  // by node
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const topology::Part& part = scenario.part_of(instances[i]);
    for (const int endpoint : instances[i].endpoints) {
      std::vector<int>& here = users[{&part, part.topology.shape.node_of(endpoint - part.first_endpoint)}];
      if (here.empty() || here.back() != static_cast<int>(i)) here.push_back(static_cast<int>(i));
    }
  }
  const auto scales = [&](int i) {
    const auto& rules = scenario.pool_of(instances[static_cast<std::size_t>(i)]).autoscale;
    return rules && rules->start.weights;
  };
  std::map<std::vector<int>, metrics::ScalingNodes> nodes;  // by who uses them
  for (const auto& [node, here] : users) {
    if (!std::ranges::all_of(here, scales)) continue;
    metrics::ScalingNodes& alike = nodes.try_emplace(here, metrics::ScalingNodes{here, 0, 0}).first->second;
    alike.part = scenario.pool_of(instances[static_cast<std::size_t>(here.front())]).part;
    ++alike.nodes;
  }
  std::vector<metrics::ScalingNodes> all;
  for (const auto& [here, alike] : nodes) all.push_back(alike);
  return all;
}

metrics::RunLog open_log(const Scenario& scenario, const std::vector<Instance>& instances) {
  metrics::RunLog log;
  log.power = power_of(scenario, instances);
  for (const Instance& instance : instances) log.instances.push_back(describe(scenario, instance));
  log.scaling_nodes = scaling_nodes(scenario, instances);
  for (const Service& service : scenario.services) {
    log.services.push_back(service.name);
    for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers)
      log.tiers.push_back({scenario.services.size() > 1 ? service.name + "." + tier.name : tier.name, 0, Bytes(0), Seconds(0)});
  }
  log.clients = scenario.workload->clients;
  for (const workload::ClientClass& client : scenario.workload->classes) {
    log.levels.emplace_back();
    if (client.ttft) log.levels.back() = {*client.ttft, *client.tpot};
  }
  log.open_loop = !scenario.workload->closed_loop;
  log.requests.reserve(scenario.workload->requests.size());
  log.steps.reserve(4 * scenario.workload->requests.size());  // memory that is not used costs nothing, moving records does
  for (const workload::Request& request : scenario.workload->requests) {
    metrics::RequestRecord record;
    record.input = request.input;
    record.output = request.output;
    record.client = static_cast<std::uint16_t>(request.client);
    record.service = static_cast<std::uint16_t>(scenario.service_for(request));
    record.arrival = log.open_loop ? request.arrival : Seconds(-1);  // a closed loop says when it is sent
    log.requests.push_back(record);
  }
  return log;
}

// The routes of the whole cluster, and those of its parts by themselves where it has several.
struct Routes {
  explicit Routes(const Scenario& scenario) : whole(scenario.cluster.whole(), scenario.seed) {
    if (!scenario.cluster.joined) return;
    for (const topology::Part& part : scenario.cluster.parts) parts.emplace_back(part.topology, scenario.seed);
  }
  topology::Router& of(std::size_t part) { return parts.empty() ? whole : parts[part]; }

  topology::Router whole;
  std::deque<topology::Router> parts;
};

// The planes over which KV caches, prefixes and weights move.
std::vector<int> transfer_planes(const Scenario& scenario) {
  std::vector<int> planes;
  const auto add = [&](const topology::PlaneOrder& order) {
    for (const int plane : order)
      if (std::ranges::find(planes, plane) == planes.end()) planes.push_back(plane);
  };
  for (const Service& service : scenario.services) {
    if (service.deployment.kv) add(service.deployment.kv->planes);
    for (const serving::PrefixTierSpec& tier : service.deployment.prefix_tiers) add(tier.planes);
    for (const serving::Pool& pool : service.deployment.pools) {
      if (pool.autoscale && pool.autoscale->start.weights) add(pool.autoscale->start.weights->planes);
    }
  }
  return planes;
}

// Where exchanges and transfers share links, they take bandwidth from each other.
void share_links(LinkSharing& sharing, const Scenario& scenario, const std::vector<Instance>& instances, std::deque<Replica>& replicas,
                 platform::Fabric* fabric) {
  for (std::size_t i = 0; i < instances.size(); ++i) sharing.add(i, replicas[i].shared_links(), scenario.part_of(instances[i]).first_link);
  if (fabric != nullptr && !sharing.empty()) fabric->set_cross_traffic(sharing.cross_traffic());
}

// The tiers behind each instance, service by service.
std::vector<serving::PrefixTiers> make_tiers(const Scenario& scenario, const std::vector<Instance>& instances) {
  std::vector<serving::PrefixTiers> tiers;
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    const Service& service = scenario.services[s];
    const auto count = static_cast<std::size_t>(std::ranges::count(instances, s, &Instance::service));
    auto of_service = serving::make_prefix_tiers(service.deployment.prefix_tiers, count,
                                                 service.model.kv_bytes_per_token(service.deployment.first().formats.kv),
                                                 scenario.workload->block_tokens);
    std::ranges::move(of_service, std::back_inserter(tiers));
  }
  return tiers;
}

std::deque<Autoscaler> make_autoscalers(const Scenario& scenario, const std::vector<Instance>& instances,
                                        std::deque<ModelService>& services, platform::Fabric* fabric, metrics::RunLog& log) {
  std::deque<Autoscaler> autoscalers;
  for (std::size_t i = 0; i < instances.size();) {
    std::vector<int> pool;
    for (const Instance& first = instances[i]; i < instances.size() && &scenario.pool_of(instances[i]) == &scenario.pool_of(first); ++i)
      pool.push_back(static_cast<int>(i));
    const Instance& member = instances[i - 1];
    if (scenario.pool_of(member).autoscale) autoscalers.emplace_back(scenario, instances, pool, services[member.service], *fabric, log);
  }
  return autoscalers;
}

}  // namespace

bool has_transfers(const Scenario& scenario) {
  const auto flows_from = [](const serving::PrefixTierSpec& tier) { return tier.total_rate || !tier.planes.empty(); };
  return std::ranges::any_of(scenario.services, [&](const Service& service) {
    return service.deployment.kv || std::ranges::any_of(service.deployment.prefix_tiers, flows_from) ||
           std::ranges::any_of(service.deployment.pools, [](const serving::Pool& pool) { return pool.autoscale.has_value(); });
  });
}

metrics::RunLog simulate(const Scenario& scenario) {
  const std::vector<Instance> instances = place(scenario);
  Routes routes(scenario);
  metrics::RunLog log = open_log(scenario, instances);
  platform::Simulation simulation;
  const std::vector<int> planes = transfer_planes(scenario);
  std::unique_ptr<platform::Fabric> fabric;
  if (has_transfers(scenario)) fabric = std::make_unique<platform::Fabric>(simulation, routes.whole, planes);
  std::deque<ModelService> services;
  for (std::size_t s = 0; s < scenario.services.size(); ++s) services.emplace_back(scenario, s, instances, fabric.get(), log);
  Frontend frontend(scenario, services, log);
  std::deque<Replica> replicas;
  std::vector<serving::PrefixTiers> tiers = make_tiers(scenario, instances);
  std::vector<Loading::TotalRates> tier_rates;
  for (const Service& service : scenario.services) tier_rates.push_back(Loading::total_rates(service, fabric.get()));
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const serving::Pool& pool = scenario.pool_of(instances[i]);
    replicas.emplace_back(static_cast<int>(i), scenario, instances[i], ageing_cost_of(scenario, instances[i], routes.of(pool.part), planes),
                          log, frontend.events(instances[i].service),
                          pool.engine.prefix_cache && pool.role != serving::Role::decode ? &tiers[i] : nullptr,
                          Loading(scenario, instances[i], fabric.get(), tier_rates[instances[i].service]));
  }
  LinkSharing sharing(replicas);
  share_links(sharing, scenario, instances, replicas, fabric.get());
  for (ModelService& service : services) service.set_replicas(replicas);
  std::deque<Autoscaler> autoscalers = make_autoscalers(scenario, instances, services, fabric.get(), log);
  for (Replica& replica : replicas) simulation.spawn_service([&replica] { return replica.run(); });
  for (Autoscaler& autoscaler : autoscalers) simulation.spawn_service([&autoscaler] { return autoscaler.run(); });
  simulation.spawn([&frontend] { return frontend.run(); });
  simulation.run();
  log.end = platform::Simulation::now();
  return log;
}

}  // namespace podsim::engine
