#include "serving/engine_profile.hpp"

#include <algorithm>

namespace podsim::serving {
namespace {

EngineDefaults read_defaults(config::Node node) {
  EngineDefaults defaults;
  defaults.max_sequences = node.get_within("max_sequences", 1, 1 << 20, defaults.max_sequences);
  defaults.token_budget = node.get_within<std::int64_t>("token_budget", 1, 1 << 30, defaults.token_budget);
  defaults.tuned_budget = node.get("tuned_budget", false);
  defaults.kv_block_tokens = node.get_within("kv_block_tokens", 1, 65536, defaults.kv_block_tokens);
  defaults.quantised_kv = node.get("quantised_kv", defaults.quantised_kv);
  defaults.tensor_library = node.get<std::string>("tensor_library", "");
  defaults.expert_library = node.get<std::string>("expert_library", "");
  node.done();
  return defaults;
}

Preemption read_preemption(config::Node node, KvAllocation allocation) {
  Preemption preemption;
  preemption.swaps = node.one_of("kind", {"recompute", "swap"}) == 1;
  if (preemption.swaps) {
    if (allocation == KvAllocation::whole)
      node.fail("kind", "nobody is preempted with kv_allocation: whole; swap needs kv_allocation: grow");
    preemption.space = node.get_within<Bytes>("space", Bytes(0), Bytes(1e15));
    preemption.rate = node.get_within<ByteRate>("rate", ByteRate(1), ByteRate(1e13));
  }
  node.done();
  return preemption;
}

FirstUse read_first_use(config::Node node) {
  FirstUse first;
  first.tokens = node.get_within<std::int64_t>("tokens", 1, 1 << 30);
  first.time = node.get_within<Seconds>("time", Seconds(0), Seconds(86400));
  first.again = node.get_within<Seconds>("again", Seconds(0), Seconds(86400), Seconds(0));
  node.done();
  return first;
}

std::vector<int> read_graph_sizes(config::Node& engine) {
  std::vector<int> sizes;
  auto list = engine.find("graph_sizes");
  if (!list) return sizes;
  for (config::Node size : list->items()) {
    sizes.push_back(size.as<int>());
    if (sizes.back() < 1 || (sizes.size() > 1 && sizes.back() <= sizes[sizes.size() - 2])) size.fail("graph sizes are positive and rise");
  }
  return sizes;
}

std::vector<NumberFormat> read_weight_only(config::Node& engine) {
  std::vector<NumberFormat> formats;
  if (auto list = engine.find("weight_only")) {
    for (const config::Node& format : list->items()) formats.push_back(format.as<NumberFormat>());
  }
  return formats;
}

}  // namespace

GraphSize graph_size(const EngineProfile& engine, double sequences) {
  if (engine.graph_sizes.empty()) return {sequences, engine.graphs};
  const auto next = std::lower_bound(engine.graph_sizes.begin(), engine.graph_sizes.end(), sequences);
  if (!engine.graphs || next == engine.graph_sizes.end()) return {sequences, false};
  return {sequences > 0 ? static_cast<double>(*next) : 0, true};
}

Bytes cache_room(const EngineProfile& engine, Bytes capacity, Bytes weights) {
  if (engine.of_free_memory) return (capacity - engine.memory_reserve - weights) * engine.memory_fraction;
  return capacity * engine.memory_fraction - weights;
}

EngineProfile read_engine_profile(config::Node node) {
  EngineProfile engine;
  engine.name = node.get<std::string>("name");
  engine.step_overhead = node.get_within<Seconds>("step_overhead", Seconds(0), units::s);
  engine.sequence_overhead = node.get_within<Seconds>("sequence_overhead", Seconds(0), units::s);
  engine.output_overhead = node.get_within<Seconds>("output_overhead", Seconds(0), units::ms, Seconds(0));
  engine.request_overhead = node.get_within<Seconds>("request_overhead", Seconds(0), units::s, Seconds(0));
  engine.prompt_overhead = node.get_within<Seconds>("prompt_overhead", Seconds(0), units::s, Seconds(0));
  engine.host_call = node.get_within<Seconds>("host_call", Seconds(0), units::ms, Seconds(0));
  engine.graphs = node.get("graphs", true);
  engine.host = static_cast<Host>(node.one_of("host", {"serial", "overlapped"}, 0));
  engine.routing_overhead = node.get_within<Seconds>("routing_overhead", Seconds(0), units::ms, Seconds(0));
  engine.rank_jitter = node.get_within<Seconds>("rank_jitter", Seconds(0), units::ms, Seconds(0));
  engine.graph_sizes = read_graph_sizes(node);
  if (auto first = node.find("first_use")) engine.first_use = read_first_use(std::move(*first));
  engine.shared_experts = static_cast<SharedExperts>(node.one_of("shared_experts", {"separate", "fused"}, 0));
  engine.weight_only = read_weight_only(node);
  engine.kernels = node.find_as<std::string>("kernels").value_or("");
  engine.kernel_rate = node.get_within("kernel_rate", 0.1, 10.0, 1.0);
  engine.kernel_fusion = node.get_within("kernel_fusion", 0.0, 1.0);
  engine.memory_fraction = node.get_within("memory_fraction", 0.05, 1.0);
  engine.of_free_memory = node.one_of("memory_of", {"total", "free"}, 0) == 1;
  engine.memory_reserve = node.get_within<Bytes>("memory_reserve", Bytes(0), units::TB, Bytes(0));
  config::Node overlap = node.at("overlap");
  engine.overlap = static_cast<Overlap>(overlap.one_of("kind", {"none", "two_batch", "core_partitions"}));
  if (engine.overlap == Overlap::core_partitions) engine.expert_cores = overlap.get_within("expert_cores", 0.01, 0.99);
  engine.split_from = overlap.get_within("from", 0.0, 1e9, 0.0);
  engine.overlap_efficiency = overlap.get_within("efficiency", 0.0, 1.0, 1.0);
  overlap.done();
  engine.scheduling = static_cast<Scheduling>(node.one_of("scheduling", {"mixed", "prefill_first", "static_batch"}, 0));
  engine.kv_allocation = static_cast<KvAllocation>(node.one_of("kv_allocation", {"whole", "grow"}, 0));
  if (auto preemption = node.find("preemption")) engine.preemption = read_preemption(std::move(*preemption), engine.kv_allocation);
  engine.queue = read_queue_order(node);
  if (auto admission = node.find("admission")) engine.admission = read_admission(std::move(*admission));
  engine.gate = read_gate_policy(node);
  engine.prefix_cache = node.get("prefix_cache", true);
  if (auto defaults = node.find("defaults")) engine.defaults = read_defaults(std::move(*defaults));
  node.done();
  return engine;
}

}  // namespace podsim::serving
