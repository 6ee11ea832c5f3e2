// Placement of instances on endpoints and of weights and KV cache in their memory.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "engine/scenario.hpp"

namespace podsim::engine {
namespace {

using serving::Pool;
using topology::Shape;

void check_formats(const Scenario& scenario) {
  const model::Formats& f = scenario.deployment.formats;
  const hardware::ChipSpec& chip = scenario.topology.chip;
  const std::pair<const char*, NumberFormat> used[] = {
      {"activations", f.activations}, {"expert_activations", f.expert_activations}, {"attention", f.attention}};
  for (const auto& [key, format] : used) {
    if (!chip.peak_of(format)) {
      throw InputError(
          fmt::format("deployment.formats.{}: {} does not compute in {} (it has {})", key, chip.name, name_of(format), chip.formats()));
    }
  }
  const std::tuple<const char*, NumberFormat, NumberFormat> products[] = {{"weights", f.weights, f.activations},
                                                                          {"experts", f.experts, f.expert_activations}};
  for (const auto& [key, format, activations] : products) {
    if (!chip.peak_of(arithmetic_of(format, activations))) {
      throw InputError(
          fmt::format("deployment.formats.{}: {} does not compute in {} (it has {})", key, chip.name, name_of(format), chip.formats()));
    }
  }
  if (!chip.peak_of(NumberFormat::bf16)) throw InputError(fmt::format("{} does not compute in bf16, which the LM head needs", chip.name));
}

// KV blocks that one attention group can hold beside the weights.
std::int64_t kv_blocks(const Scenario& scenario, const Pool& pool) {
  const hardware::ChipSpec& chip = scenario.topology.chip;
  const model::Formats& formats = scenario.deployment.formats;
  const Bytes weights =
      model::weight_bytes(scenario.model, pool.parallel, formats, pool.speculation.draft_tokens > 0 ? scenario.model.mtp_layers : 0);
  const Bytes states = model::state_bytes_per_sequence(scenario.model, pool.parallel) * pool.max_sequences;
  const Bytes room = serving::cache_room(pool.engine, chip.memory_capacity, weights) - states;
  const Bytes block = model::kv_bytes_per_token(scenario.model, pool.parallel, formats) * scenario.deployment.kv_block_tokens;
  const auto blocks = static_cast<std::int64_t>(room / block);
  if (blocks < 1) {
    throw InputError(
        fmt::format("deployment.{}: {} does not fit: an endpoint would hold {:.1f} GB of weights and has {:.1f} GB ({:.0f} % of {:.1f} GB) "
                    "for weights and KV cache",
                    pool.name, scenario.model.name, weights / units::GB, chip.memory_capacity * pool.engine.memory_fraction / units::GB,
                    100 * pool.engine.memory_fraction, chip.memory_capacity / units::GB));
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

}  // namespace

std::vector<Instance> place(const Scenario& scenario) {
  check_formats(scenario);
  const std::vector<Pool>& pools = scenario.deployment.pools;
  const Shape& shape = scenario.topology.shape;
  std::vector<std::size_t> order(pools.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return pools[a].parallel.endpoints() > pools[b].parallel.endpoints(); });
  std::vector<bool> taken(static_cast<std::size_t>(shape.endpoints()));
  std::vector<std::vector<Instance>> by_pool(pools.size());
  for (const std::size_t p : order) {
    const int size = pools[p].parallel.endpoints();
    for (int i = 0; i < pools[p].instances; ++i) {
      const int first = find_room(shape, taken, size);
      if (first < 0) {
        throw InputError(fmt::format("deployment.{}: only {} of {} instances of {} endpoints fit {} ({} endpoints in {} nodes, {} taken)",
                                     pools[p].name, i, pools[p].instances, size, scenario.topology.name, shape.endpoints(), shape.nodes,
                                     std::count(taken.begin(), taken.end(), true)));
      }
      Instance instance{p, {}, kv_blocks(scenario, pools[p])};
      for (int e = first; e < first + size; ++e) {
        taken[static_cast<std::size_t>(e)] = true;
        instance.endpoints.push_back(e);
      }
      by_pool[p].push_back(std::move(instance));
    }
  }
  std::vector<Instance> instances;
  for (auto& pool : by_pool) std::move(pool.begin(), pool.end(), std::back_inserter(instances));
  return instances;
}

}  // namespace podsim::engine
