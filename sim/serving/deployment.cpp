#include "serving/deployment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/suggest.hpp"

namespace podsim::serving {
namespace {

// One probability for all drafts, or a list with one for each.
std::vector<double> read_acceptance(config::Node node, int drafts) {
  const auto probability = [](const config::Node& value) {
    const auto p = value.as<double>();
    if (!(p >= 0 && p <= 1)) value.fail(fmt::format("must lie between 0 and 1, not {:g}", p));
    return p;
  };
  if (!node.is_list()) return std::vector<double>(static_cast<std::size_t>(drafts), probability(node));
  std::vector<double> acceptance;
  for (const config::Node& value : node.items()) acceptance.push_back(probability(value));
  if (static_cast<int>(acceptance.size()) != drafts)
    node.fail(fmt::format("names {} probabilities for {} drafts", acceptance.size(), drafts));
  return acceptance;
}

Speculation read_speculation(config::Node node, const model::ModelSpec& model) {
  Speculation speculation;
  speculation.draft_tokens = node.get_within("draft_tokens", 0, 16);
  speculation.acceptance = read_acceptance(node.at("acceptance"), speculation.draft_tokens);
  if (speculation.draft_tokens > 0 && model.mtp_layers == 0) node.fail("draft_tokens", "the model has no multi-token prediction module");
  node.done();
  return speculation;
}

std::size_t read_part(config::Node& node, const topology::Cluster& cluster) {
  if (cluster.parts.size() == 1) return 0;
  std::vector<std::string> names;
  for (const topology::Part& part : cluster.parts) names.push_back(part.name);
  return node.one_of("part", names);
}

// The collectives of an instance, over planes of its part.
void read_channels(config::Node& node, const topology::Topology& topology, Pool& pool) {
  using collective::Operation;
  const bool tensor = pool.parallel.group() > 1 || pool.parallel.pipeline > 1;
  if (tensor || node.has("tensor")) {
    std::vector<Operation> needed;
    if (pool.parallel.tensor > 1) needed.push_back(Operation::all_reduce);
    if (pool.parallel.sequence > 1) needed.insert(needed.end(), {Operation::all_gather, Operation::all_to_all});
    if (pool.parallel.pipeline > 1) needed.push_back(Operation::send);
    pool.tensor = read_channel(node.at("tensor"), topology, needed, topology::TrafficClass::tensor);
  }
  if (pool.parallel.dispatches() || node.has("expert")) {
    const Operation together[] = {Operation::dispatch, Operation::combine};
    const Operation apart[] = {Operation::attention_to_expert, Operation::expert_to_attention};
    pool.expert =
        read_channel(node.at("expert"), topology, pool.parallel.disaggregated_experts ? apart : together, topology::TrafficClass::expert);
  }
}

void read_instances(config::Node& node, const topology::Cluster& cluster, Pool& pool) {
  if (auto autoscale = node.find("autoscale")) {
    pool.autoscale = read_autoscale(std::move(*autoscale), cluster.whole());
    pool.instances = node.get_within("instances", pool.autoscale->min, pool.autoscale->max, pool.autoscale->min);
  } else {
    pool.instances = node.get_within("instances", 1, 1 << 20);
  }
}

Pool read_pool(const std::string& name, Role role, config::Node node, const topology::Cluster& cluster, const model::ModelSpec& model,
               const std::optional<model::Formats>& formats) {
  Pool pool;
  pool.name = name;
  pool.role = role;
  pool.part = read_part(node, cluster);
  read_instances(node, cluster, pool);
  if (node.has("formats") || !formats) pool.formats = model::read_formats(node.at("formats"));
  else pool.formats = *formats;
  pool.parallel = model::read_parallel(node.at("parallel"));
  model::check_parallel(pool.parallel, model, node.at("parallel"));
  pool.engine = read_engine_profile(node.reference("engine", "engines"));
  pool.max_sequences = node.get_within("max_sequences", 1, 1 << 20, pool.engine.defaults.max_sequences);
  pool.token_budget = node.get_within<std::int64_t>("token_budget", 1, 1 << 30, pool.engine.defaults.token_budget);
  if (auto speculation = node.find("speculation")) pool.speculation = read_speculation(std::move(*speculation), model);
  pool.expert_imbalance = node.get_within("expert_imbalance", 1.0, 100.0, 1.0);
  if (auto load = node.find("expert_load")) {
    pool.expert_load = read_expert_load(std::move(*load), model, pool.parallel);
    pool.expert_imbalance = pool.expert_load.mean();
  }
  if (role != Role::prefill && pool.token_budget < static_cast<std::int64_t>(pool.max_sequences) * (1 + pool.speculation.draft_tokens)) {
    node.fail("token_budget", fmt::format("must hold max_sequences decoding sequences of {} tokens", 1 + pool.speculation.draft_tokens));
  }
  read_channels(node, cluster.parts[pool.part].topology, pool);
  node.done();
  return pool;
}

}  // namespace

double Speculation::tokens_per_step() const {
  double sum = 1, chance = 1;
  for (const double accepted : acceptance) sum += chance *= accepted;
  return sum;
}

namespace {

const std::vector<std::string> role_names = {"colocated", "prefill", "decode"};

// The pools in the order colocated, prefill, decode; `pools` gives them names of their own.
std::vector<Pool> read_pools(config::Node& node, const topology::Cluster& cluster, const model::ModelSpec& model,
                             const std::optional<model::Formats>& formats) {
  std::vector<Pool> pools;
  const auto read = [&](Role role) {
    const std::string& name = role_names[static_cast<std::size_t>(role)];
    pools.push_back(read_pool(name, role, node.at(name), cluster, model, formats));
  };
  if (auto named = node.find("pools")) {
    for (const std::string& key : role_names)
      if (node.has(key)) node.fail(key, "stands alone; `pools` names all pools");
    for (auto& [name, pool] : named->entries()) {
      const auto role = static_cast<Role>(pool.one_of("role", role_names));
      pools.push_back(read_pool(name, role, std::move(pool), cluster, model, formats));
    }
    std::stable_sort(pools.begin(), pools.end(), [](const Pool& a, const Pool& b) { return a.role < b.role; });
    if (pools.empty()) named->fail("names no pool");
    if (pools.front().role == Role::colocated && pools.back().role != Role::colocated)
      named->fail("colocated pools stand alone; prefill and decode are for separate pools");
    if (pools.front().role == Role::decode || pools.back().role == Role::prefill) named->fail("prefill needs decode, and decode prefill");
  } else if (node.has("colocated")) {
    read(Role::colocated);
    if (node.has("prefill") || node.has("decode")) node.fail("colocated", "stands alone; prefill and decode are for separate pools");
  } else {
    read(Role::prefill);
    read(Role::decode);
  }
  return pools;
}

void check_kv_format(const config::Node& node, const std::vector<Pool>& pools) {
  const NumberFormat format = pools.front().formats.kv;
  for (const Pool& pool : pools) {
    if (pool.formats.kv != format)
      node.fail(fmt::format("the KV cache moves as it is, but {} keeps it in {} and {} in {}: formats.kv must be one", pools.front().name,
                            name_of(format), pool.name, name_of(pool.formats.kv)));
  }
}

}  // namespace

Deployment read_deployment(config::Node node, const topology::Cluster& cluster, const model::ModelSpec& model,
                           std::span<const Router> routers) {
  Deployment deployment;
  std::optional<model::Formats> formats;
  if (auto common = node.find("formats")) formats = model::read_formats(std::move(*common));
  std::vector<std::string> router_names;
  for (const Router& router : routers) router_names.push_back(router.name);
  deployment.router = routers[node.one_of("router", router_names, 0)];
  deployment.kv_block_tokens = node.get_within("kv_block_tokens", 1, 65536, 64);
  if (auto tiers = node.find("prefix_tiers")) deployment.prefix_tiers = read_prefix_tiers(std::move(*tiers), cluster.whole());
  deployment.pools = read_pools(node, cluster, model, formats);
  if (deployment.pools.back().role == Role::decode) {
    const collective::Operation needed[] = {collective::Operation::send};
    config::Node kv = node.at("kv");
    deployment.kv_mode = static_cast<KvMode>(kv.one_of("mode", {"pull", "push_per_layer"}, 0));
    deployment.kv = read_channel(std::move(kv), cluster.whole(), needed, topology::TrafficClass::kv);
    check_kv_format(node, deployment.pools);
  }
  node.done();
  return deployment;
}

}  // namespace podsim::serving
