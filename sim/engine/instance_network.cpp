// Prices the collectives of one instance once: link loads of a one-byte schedule under the library's profile.
#include "engine/step_cost.hpp"

namespace podsim::engine {
namespace {

using collective::Operation;
using collective::Schedule;
using model::Exchange;

// The same schedule in every group of `size` neighbouring ranks at once: groups share links as they do in a step.
Schedule in_all_groups(const Schedule& schedule, int size, int ranks) {
  Schedule together;
  for (const collective::Step& step : schedule) {
    collective::Step all;
    all.repeat = step.repeat;
    for (int first = 0; first < ranks; first += size) {
      for (const collective::Flow& flow : step.flows) all.flows.push_back({first + flow.from, first + flow.to, flow.bytes});
    }
    together.push_back(std::move(all));
  }
  return together;
}

Schedule to_next_stage(int stage) {
  collective::Step step;
  for (int rank = 0; rank < stage; ++rank) step.flows.push_back({rank, stage + rank, Bytes(1)});
  return {step};
}

}  // namespace

InstanceNetwork::InstanceNetwork(topology::Router& router, const serving::Pool& pool, const model::ModelSpec& model,
                                 std::span<const int> endpoints) {
  const model::ParallelSpec& parallel = pool.parallel;
  const int stage = parallel.stage();
  const auto price = [&](Exchange exchange, Operation operation, const serving::Channel& channel, const Schedule& unit, int destinations) {
    costs_[static_cast<std::size_t>(exchange)] =
        collective::operation_cost(router, unit, endpoints, channel.planes, *channel.library.profile(operation), destinations);
  };
  const Bytes one(1);
  if (parallel.tensor > 1) {
    price(Exchange::tensor_all_reduce, Operation::all_reduce, *pool.tensor,
          in_all_groups(collective::ring_all_reduce(parallel.tensor, one), parallel.tensor, stage), 1);
  }
  if (parallel.sequence > 1) {
    price(Exchange::sequence_all_gather, Operation::all_gather, *pool.tensor,
          in_all_groups(collective::ring_all_gather(parallel.group(), one), parallel.group(), stage), 1);
    price(Exchange::sequence_all_to_all, Operation::all_to_all, *pool.tensor,
          in_all_groups(collective::all_to_all(parallel.group(), one), parallel.group(), stage), parallel.group() - 1);
  }
  if (parallel.pipeline > 1) price(Exchange::pipeline_send, Operation::send, *pool.tensor, to_next_stage(stage), 1);
  if (parallel.dispatches()) {
    const collective::MoeTraffic traffic = {.ranks = stage,
                                            .ranks_per_node = router.topology().shape.endpoints_per_node(),
                                            .top_k = static_cast<double>(model.moe->top_k),
                                            .max_nodes = model.moe->group_limit};
    const auto copies = pool.expert->library.copies;
    const int destinations = collective::moe_destinations(traffic, copies);
    price(Exchange::dispatch, Operation::dispatch, *pool.expert, collective::moe_dispatch(traffic, copies, one), destinations);
    price(Exchange::combine, Operation::combine, *pool.expert, collective::moe_combine(traffic, copies, one), destinations);
  }
}

Seconds InstanceNetwork::time(const model::Communication& communication) const {
  return costs_[static_cast<std::size_t>(communication.exchange)](communication.bytes, communication.messages);
}

}  // namespace podsim::engine
