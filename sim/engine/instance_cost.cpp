#include "engine/instance_cost.hpp"

#include "engine/computed_formats.hpp"

namespace podsim::engine {

StepCost step_cost_of(const Scenario& scenario, const Instance& instance, topology::Router& routes, std::optional<double> imbalance,
                      std::span<const int> transfer_planes) {
  serving::Pool pool = scenario.pool_of(instance);
  pool.expert_imbalance = imbalance.value_or(pool.expert_imbalance);
  const model::ModelSpec& model = scenario.service_of(instance).model;
  const topology::Part& part = scenario.part_of(instance);
  std::vector<int> endpoints = instance.endpoints;
  for (int& endpoint : endpoints) endpoint -= part.first_endpoint;
  const model::Formats formats = computed_formats(part.topology.chip, pool.formats, pool.engine, pool.name);
  return {part.topology.chip, model, formats, pool,
          InstanceNetwork(routes, pool, model, endpoints, scenario.cluster.planes_of(part, transfer_planes))};
}

}  // namespace podsim::engine
