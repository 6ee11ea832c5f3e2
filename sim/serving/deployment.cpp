#include "serving/deployment.hpp"

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "serving/expert_placement.hpp"

namespace podsim::serving {
namespace {

void check_carries(const config::Node& item, const topology::Topology& topology, int plane, topology::TrafficClass traffic) {
  const topology::Plane& chosen = topology.planes[static_cast<std::size_t>(plane)];
  if (chosen.can_carry(traffic)) return;
  std::vector<std::string> carried;
  for (std::size_t i = 0; i < chosen.carries.size(); ++i) {
    if (chosen.carries[i]) carried.emplace_back(topology::traffic_class_names[i]);
  }
  item.fail(fmt::format("plane {} of {} does not carry {} traffic (it carries: {})", chosen.name, topology.name,
                        topology::traffic_class_names[static_cast<std::size_t>(traffic)], config::join(carried)));
}

topology::PlaneOrder read_planes(const config::Node& list, const topology::Topology& topology,
                                 std::optional<topology::TrafficClass> traffic) {
  std::vector<std::string> names;
  for (const topology::Plane& plane : topology.planes) names.push_back(plane.name);
  topology::PlaneOrder order;
  for (const config::Node& item : list.items()) {
    const auto name = item.as<std::string>();
    const auto plane = topology.plane_named(name);
    if (!plane)
      item.fail(fmt::format("\"{}\" is no plane of {}{} (planes: {})", name, topology.name, config::did_you_mean(name, names),
                            config::join(names)));
    if (traffic) check_carries(item, topology, *plane, *traffic);
    order.push_back(*plane);
  }
  if (order.empty()) list.fail("must name at least one plane");
  return order;
}

}  // namespace

Channel read_channel(config::Node node, const topology::Topology& topology, std::span<const collective::Operation> needed,
                     std::optional<topology::TrafficClass> traffic) {
  Channel channel;
  channel.library = collective::read_library(node.reference("library", "libraries"));
  channel.planes = read_planes(node.at("planes"), topology, traffic);
  for (const collective::Operation operation : needed) {
    if (!channel.library.provides(operation)) {
      node.fail("library", fmt::format("{} describes no {}", channel.library.name, collective::name_of(operation)));
    }
  }
  node.done();
  return channel;
}

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

Pool read_pool(const std::string& name, Role role, config::Node node, const topology::Topology& topology, const model::ModelSpec& model) {
  using collective::Operation;
  Pool pool;
  pool.name = name;
  pool.role = role;
  pool.instances = node.get_within("instances", 1, 1 << 20);
  pool.parallel = model::read_parallel(node.at("parallel"));
  model::check_parallel(pool.parallel, model, node.at("parallel"));
  pool.engine = read_engine_profile(node.reference("engine", "engines"));
  pool.max_sequences = node.get_within("max_sequences", 1, 1 << 20, pool.engine.defaults.max_sequences);
  pool.token_budget = node.get_within<std::int64_t>("token_budget", 1, 1 << 30, pool.engine.defaults.token_budget);
  if (auto speculation = node.find("speculation")) pool.speculation = read_speculation(std::move(*speculation), model);
  pool.expert_imbalance = node.get_within("expert_imbalance", 1.0, 100.0, 1.0);
  if (auto load = node.find("expert_load")) pool.expert_imbalance = read_expert_load(std::move(*load), model, pool.parallel);
  if (role != Role::prefill && pool.token_budget < static_cast<std::int64_t>(pool.max_sequences) * (1 + pool.speculation.draft_tokens)) {
    node.fail("token_budget", fmt::format("must hold max_sequences decoding sequences of {} tokens", 1 + pool.speculation.draft_tokens));
  }
  const bool tensor = pool.parallel.group() > 1 || pool.parallel.pipeline > 1;
  if (tensor || node.has("tensor")) {
    std::vector<Operation> needed;
    if (pool.parallel.tensor > 1) needed.push_back(Operation::all_reduce);
    if (pool.parallel.sequence > 1) needed.insert(needed.end(), {Operation::all_gather, Operation::all_to_all});
    if (pool.parallel.pipeline > 1) needed.push_back(Operation::send);
    pool.tensor = read_channel(node.at("tensor"), topology, needed, topology::TrafficClass::tensor);
  }
  if (pool.parallel.dispatches() || node.has("expert")) {
    const Operation needed[] = {Operation::dispatch, Operation::combine};
    pool.expert = read_channel(node.at("expert"), topology, needed, topology::TrafficClass::expert);
  }
  node.done();
  return pool;
}

}  // namespace

double Speculation::tokens_per_step() const {
  double sum = 1, chance = 1;
  for (const double accepted : acceptance) sum += chance *= accepted;
  return sum;
}

Deployment read_deployment(config::Node node, const topology::Topology& topology, const model::ModelSpec& model,
                           std::span<const Router> routers) {
  Deployment deployment;
  deployment.formats = model::read_formats(node.at("formats"));
  std::vector<std::string> router_names;
  for (const Router& router : routers) router_names.push_back(router.name);
  deployment.router = routers[node.one_of("router", router_names, 0)];
  deployment.kv_block_tokens = node.get_within("kv_block_tokens", 1, 65536, 64);
  if (auto tiers = node.find("prefix_tiers")) deployment.prefix_tiers = read_prefix_tiers(std::move(*tiers));
  if (node.has("colocated")) {
    deployment.pools.push_back(read_pool("colocated", Role::colocated, node.at("colocated"), topology, model));
    if (node.has("prefill") || node.has("decode")) node.fail("colocated", "stands alone; prefill and decode are for separate pools");
  } else {
    deployment.pools.push_back(read_pool("prefill", Role::prefill, node.at("prefill"), topology, model));
    deployment.pools.push_back(read_pool("decode", Role::decode, node.at("decode"), topology, model));
    const collective::Operation needed[] = {collective::Operation::send};
    deployment.kv = read_channel(node.at("kv"), topology, needed, topology::TrafficClass::kv);
  }
  node.done();
  return deployment;
}

}  // namespace podsim::serving
