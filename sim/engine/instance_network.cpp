// Prices the collectives of one instance once: the algorithms of its libraries, each linear in bytes.
#include "engine/step_cost.hpp"

namespace podsim::engine {

using collective::Operation;
using collective::Task;
using model::Exchange;

InstanceNetwork::InstanceNetwork(topology::Router& router, const serving::Pool& pool, const model::ModelSpec& model,
                                 std::span<const int> endpoints) {
  const model::ParallelSpec& parallel = pool.parallel;
  const int per_node = router.topology().shape.endpoints_per_node();
  const int stage = parallel.stage();
  // Groups of one stage exchange at the same time, and stages take turns.
  const auto price = [&](Exchange exchange, const serving::Channel& channel, const Task& task, int members) {
    costs_[static_cast<std::size_t>(exchange)] =
        collective::operation_cost(router, channel.library, task, endpoints.first(static_cast<std::size_t>(members)), channel.planes);
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
  if (parallel.disaggregated_experts) {
    price_sides(router, pool, model, endpoints);
  } else if (parallel.dispatches()) {
    const collective::MoeTraffic traffic = {
        .top_k = static_cast<double>(model.moe->top_k), .group_limit = model.moe->group_limit, .imbalance = pool.expert_imbalance};
    for (const auto& [exchange, operation] : {std::pair{Exchange::dispatch, Operation::dispatch}, {Exchange::combine, Operation::combine}})
      price(exchange, *pool.expert, {.operation = operation, .ranks = stage, .ranks_per_node = per_node, .moe = traffic}, stage);
  }
}

// The first domain's; the others take the same turns.
void InstanceNetwork::price_sides(topology::Router& router, const serving::Pool& pool, const model::ModelSpec& model,
                                  std::span<const int> endpoints) {
  const model::ParallelSpec& parallel = pool.parallel;
  const int attention = parallel.stage() / parallel.disaggregated_experts->domains;
  std::vector<int> ranks(endpoints.begin(), endpoints.begin() + attention);
  const auto experts = endpoints.last(static_cast<std::size_t>(parallel.expert_endpoints()));
  ranks.insert(ranks.end(), experts.begin(), experts.end());
  const collective::MoeTraffic traffic = {.top_k = static_cast<double>(model.moe->top_k),
                                          .group_limit = model.moe->group_limit,
                                          .imbalance = pool.expert_imbalance,
                                          .attention = attention};
  for (const auto& [exchange, operation] :
       {std::pair{Exchange::dispatch, Operation::attention_to_expert}, {Exchange::combine, Operation::expert_to_attention}}) {
    const Task task = {.operation = operation,
                       .ranks = static_cast<int>(ranks.size()),
                       .ranks_per_node = router.topology().shape.endpoints_per_node(),
                       .moe = traffic};
    costs_[static_cast<std::size_t>(exchange)] = collective::operation_cost(router, pool.expert->library, task, ranks, pool.expert->planes);
  }
}

Seconds InstanceNetwork::time(const model::Communication& communication) const {
  return costs_[static_cast<std::size_t>(communication.exchange)](communication.bytes, communication.messages);
}

}  // namespace podsim::engine
