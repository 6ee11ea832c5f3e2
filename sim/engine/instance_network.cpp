// Prices the collectives of one instance once: the algorithms of its libraries, each linear in bytes.
#include <algorithm>
#include <map>

#include "collective/schedules.hpp"
#include "engine/step_cost.hpp"

namespace podsim::engine {

using collective::Operation;
using collective::Task;
using model::Exchange;

InstanceNetwork::InstanceNetwork(topology::Router& router, const serving::Pool& pool, const model::ModelSpec& model,
                                 std::span<const int> endpoints, std::span<const int> shared_planes) {
  const model::ParallelSpec& parallel = pool.parallel;
  const int per_node = router.topology().shape.endpoints_per_node();
  const int stage = parallel.stage();
  // Groups of one stage exchange at the same time, and stages take turns.
  const auto price = [&](Exchange exchange, const serving::Channel& channel, const Task& task, int members) {
    const auto group = endpoints.first(static_cast<std::size_t>(members));
    costs_[static_cast<std::size_t>(exchange)] = collective::operation_cost(router, channel.library, task, group, channel.planes);
    note_shared(router, task, exchange, group, channel.planes, shared_planes);
  };
  const auto plain = [&](Operation operation, int ranks) {
    return Task{.operation = operation, .ranks = ranks, .ranks_per_node = per_node};
  };
  if (parallel.tensor > 1) price(Exchange::tensor_all_reduce, *pool.tensor, plain(Operation::all_reduce, parallel.tensor), stage);
  if (parallel.sequence > 1) {
    price(Exchange::sequence_all_gather, *pool.tensor, plain(Operation::all_gather, parallel.group()), stage);
    price(Exchange::sequence_all_to_all, *pool.tensor, plain(Operation::all_to_all, parallel.group()), stage);
  }
  if (parallel.pipeline > 1) price(Exchange::pipeline_send, *pool.tensor, plain(Operation::send, 2 * stage), 2 * stage);
  if (parallel.dispatches()) {
    const collective::MoeTraffic traffic = {
        .top_k = static_cast<double>(model.moe->top_k), .group_limit = model.moe->group_limit, .imbalance = pool.expert_imbalance};
    for (const auto& [exchange, operation] : {std::pair{Exchange::dispatch, Operation::dispatch}, {Exchange::combine, Operation::combine}})
      price(exchange, *pool.expert, {.operation = operation, .ranks = stage, .ranks_per_node = per_node, .moe = traffic}, stage);
  }
}

// By the algorithm that is the fastest for large data, of which links carry most.
void InstanceNetwork::note_shared(topology::Router& router, const Task& task, Exchange exchange, std::span<const int> endpoints,
                                  std::span<const int> planes, std::span<const int> shared_planes) {
  const auto is_shared = [&](int plane) { return std::ranges::find(shared_planes, plane) != shared_planes.end(); };
  const auto& algorithms = costs_[static_cast<std::size_t>(exchange)].algorithms();
  if (algorithms.empty() || std::ranges::none_of(planes, is_shared)) return;
  const auto& fastest = *std::ranges::min_element(algorithms, {}, &collective::AlgorithmCost::seconds_per_byte);
  const collective::Schedule schedule = collective::side_by_side(collective::schedule_of(task, fastest.profile.algorithm, Bytes(1)),
                                                                 task.ranks, static_cast<int>(endpoints.size()));
  std::map<topology::LinkId, collective::LinkUse> known;
  for (const collective::LinkUse& use : shared_links_) known.emplace(use.link, use);
  for (const collective::LinkUse& use : collective::link_uses(router, schedule, endpoints, planes)) {
    if (!is_shared(router.topology().graph.link(use.link).plane)) continue;
    shares_[static_cast<std::size_t>(exchange)] = true;
    collective::LinkUse& most = known.try_emplace(use.link, use).first->second;
    most.share = std::max(most.share, use.share);
    most.flows = std::min(most.flows, use.flows);
  }
  shared_links_.clear();
  for (const auto& [link, use] : known) shared_links_.push_back(use);
}

Seconds InstanceNetwork::shared(const model::Communication& communication) const {
  const auto exchange = static_cast<std::size_t>(communication.exchange);
  if (!shares_[exchange]) return Seconds(0);
  const collective::AlgorithmCost* best = costs_[exchange].best(communication.bytes, communication.messages);
  return Seconds(best->wire_seconds_per_byte * communication.bytes.value());
}

Seconds InstanceNetwork::time(const model::Communication& communication) const {
  return costs_[static_cast<std::size_t>(communication.exchange)](communication.bytes, communication.messages);
}

}  // namespace podsim::engine
