// Placement of instances on endpoints and of weights and KV cache in their memory.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/computed_formats.hpp"
#include "engine/scenario.hpp"

namespace podsim::engine {
namespace {

using serving::Pool;
using topology::Shape;

// How messages name a pool: as its place in the system's file.
std::string shown(const Scenario& scenario, const Service& service, const Pool& pool) {
  return (scenario.services.size() > 1 ? service.name + "." : "") + "deployment." + pool.name;
}

void check_expert_endpoints(const Scenario& scenario, const Service& service, const Pool& pool) {
  if (!pool.parallel.disaggregated_experts) return;
  const hardware::ChipSpec& chip = scenario.cluster.parts[pool.part].topology.chip;
  const Bytes weights = model::expert_weight_bytes(service.model, pool.parallel, pool.formats,
                                                   pool.speculation.draft_tokens > 0 ? service.model.mtp_layers : 0);
  if (serving::cache_room(pool.engine, chip.memory_capacity, weights) >= Bytes(0)) return;
  throw InputError(fmt::format("{}: the experts of {} do not fit: an expert endpoint would hold {:.1f} GB of weights and has {:.1f} GB",
                               shown(scenario, service, pool), service.model.name, weights / units::GB,
                               chip.memory_capacity * pool.engine.memory_fraction / units::GB));
}

// KV blocks that one attention group can hold beside the weights.
std::int64_t kv_blocks(const Scenario& scenario, const Service& service, const Pool& pool) {
  const hardware::ChipSpec& chip = scenario.cluster.parts[pool.part].topology.chip;
  const Bytes weights =
      model::weight_bytes(service.model, pool.parallel, pool.formats, pool.speculation.draft_tokens > 0 ? service.model.mtp_layers : 0);
  const Bytes states = model::state_bytes_per_sequence(service.model, pool.parallel) * pool.max_sequences;
  const Bytes room = serving::cache_room(pool.engine, chip.memory_capacity, weights) - states;
  const Bytes block = model::kv_bytes_per_token(service.model, pool.parallel, pool.formats) * service.deployment.kv_block_tokens;
  const auto blocks = static_cast<std::int64_t>(room / block);
  if (blocks < 1) {
    throw InputError(
        fmt::format("{}: {} does not fit: an endpoint would hold {:.1f} GB of weights and has {:.1f} GB ({:.0f} % of {:.1f} GB) "
                    "for weights and KV cache",
                    shown(scenario, service, pool), service.model.name, weights / units::GB,
                    chip.memory_capacity * pool.engine.memory_fraction / units::GB, 100 * pool.engine.memory_fraction,
                    chip.memory_capacity / units::GB));
  }
  return blocks;
}

// The next multiple of the smallest domain (node, rack) that can hold `size` endpoints and would be straddled at `from`.
int aligned(const Shape& shape, int from, int size) {
  const int node = shape.endpoints_per_node();
  for (const int domain : {node, node * shape.nodes_per_rack}) {
    if (size <= domain) return from % domain + size <= domain ? from : (from / domain + 1) * domain;
  }
  return (from + node - 1) / node * node;
}

// First fit; the endpoints from `first` on, or -1.
int find_room(const Shape& shape, const std::vector<bool>& taken, int size) {
  int first = aligned(shape, 0, size);
  while (first + size <= shape.endpoints()) {
    int blocked = -1;
    for (int e = first; e < first + size; ++e) {
      if (taken[static_cast<std::size_t>(e)]) blocked = e;
    }
    if (blocked < 0) return first;
    first = aligned(shape, blocked + 1, size);
  }
  return -1;
}

// The pools of all services, the largest instances first.
struct Order {
  std::size_t service;
  std::size_t pool;
  int size;  // endpoints of an instance
};

std::vector<Order> placing_order(const Scenario& scenario) {
  std::vector<Order> order;
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    const std::vector<Pool>& pools = scenario.services[s].deployment.pools;
    for (std::size_t p = 0; p < pools.size(); ++p) order.push_back({s, p, pools[p].parallel.endpoints()});
  }
  std::stable_sort(order.begin(), order.end(), [](const Order& a, const Order& b) { return a.size > b.size; });
  return order;
}

void place_pool(const Scenario& scenario, const Order& which, std::vector<bool>& taken, std::vector<Instance>& instances) {
  const Service& service = scenario.services[which.service];
  const Pool& pool = service.deployment.pools[which.pool];
  const topology::Part& part = scenario.cluster.parts[pool.part];
  const Shape& shape = part.topology.shape;
  computed_formats(part.topology.chip, pool.formats, pool.engine,
                   scenario.services.size() > 1 ? service.name + ".deployment.formats" : "deployment.formats");
  check_expert_endpoints(scenario, service, pool);
  const std::int64_t blocks = kv_blocks(scenario, service, pool);
  for (int i = 0; i < pool.most_instances(); ++i) {
    const int first = find_room(shape, taken, which.size);
    if (first < 0) {
      throw InputError(fmt::format("{}: only {} of {} instances of {} endpoints fit {} ({} endpoints in {} nodes, {} taken)",
                                   shown(scenario, service, pool), i, pool.most_instances(), which.size, part.topology.name,
                                   shape.endpoints(), shape.nodes, std::count(taken.begin(), taken.end(), true)));
    }
    Instance instance{which.service, which.pool, {}, blocks};
    for (int e = first; e < first + which.size; ++e) {
      taken[static_cast<std::size_t>(e)] = true;
      instance.endpoints.push_back(part.first_endpoint + e);
    }
    instances.push_back(std::move(instance));
  }
}

}  // namespace

std::vector<Instance> place(const Scenario& scenario) {
  check_host_memory(scenario);
  std::vector<std::vector<bool>> taken;
  for (const topology::Part& part : scenario.cluster.parts) taken.emplace_back(static_cast<std::size_t>(part.topology.shape.endpoints()));
  std::vector<Instance> instances;
  for (const Order& order : placing_order(scenario)) {
    const Pool& pool = scenario.services[order.service].deployment.pools[order.pool];
    place_pool(scenario, order, taken[pool.part], instances);
  }
  std::ranges::stable_sort(instances, {}, [](const Instance& i) { return std::pair(i.service, i.pool); });
  return instances;
}

}  // namespace podsim::engine
