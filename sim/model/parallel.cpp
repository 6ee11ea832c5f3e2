#include "model/parallel.hpp"

#include <fmt/format.h>

namespace podsim::model {

int ParallelSpec::expert_slots(const ModelSpec& model) const {
  return model.moe ? (model.moe->experts + redundant_experts) / (expert - shared_expert_endpoints) : 0;
}

ParallelSpec read_parallel(config::Node node) {
  ParallelSpec parallel;
  const auto degree = [&](const char* key) { return node.get_within(key, 1, 1 << 20, 1); };
  parallel.tensor = degree("tensor");
  parallel.pipeline = degree("pipeline");
  parallel.data = degree("data");
  parallel.expert = degree("expert");
  parallel.sequence = degree("sequence");
  parallel.expert_exchange =
      node.one_of("expert_exchange", {"all_to_all", "all_reduce"}, 0) == 0 ? ExpertExchange::all_to_all : ExpertExchange::all_reduce;
  parallel.sequence_exchange =
      node.one_of("sequence_exchange", {"heads", "context"}, 0) == 0 ? SequenceExchange::heads : SequenceExchange::context;
  parallel.redundant_experts = node.get_within("redundant_experts", 0, 1 << 20, 0);
  parallel.shared_expert_endpoints = node.get_within("shared_expert_endpoints", 0, 1 << 20, 0);
  parallel.lm_head = degree("lm_head");
  if (auto apart = node.find("disaggregated_experts")) {
    parallel.disaggregated_experts = {.domains = apart->get_within("domains", 1, 1 << 20, 1),
                                      .micro_batches = apart->get_within("micro_batches", 1, 64, 1)};
    apart->done();
  }
  node.done();
  return parallel;
}

namespace {

void check_disaggregated(const ParallelSpec& parallel, const ModelSpec& model, const config::Node& where) {
  const char* key = "disaggregated_experts";
  if (!model.moe) where.fail(key, "the model has no experts");
  if (parallel.expert < 2) where.fail(key, "needs `expert`: 2 or more endpoints for the experts");
  if (parallel.pipeline > 1) where.fail(key, fmt::format("goes with pipeline: 1, not {}", parallel.pipeline));
  if (!parallel.dispatches()) where.fail(key, "goes with expert_exchange: all_to_all");
  const int domains = parallel.disaggregated_experts->domains;
  if (parallel.data % domains != 0)
    where.fail(key, fmt::format("{} attention groups cannot be split evenly over {} domains", parallel.data, domains));
}

}  // namespace

void check_parallel(const ParallelSpec& parallel, const ModelSpec& model, const config::Node& where) {
  if (model.heads % parallel.tensor != 0) {
    where.fail("tensor", fmt::format("{} attention heads cannot be split over {} endpoints", model.heads, parallel.tensor));
  }
  if (parallel.lm_head > 1 && (parallel.lm_head % parallel.tensor != 0 || parallel.stage() % parallel.lm_head != 0)) {
    where.fail("lm_head", fmt::format("must be a multiple of tensor = {} that divides the {} endpoints of a stage", parallel.tensor,
                                      parallel.stage()));
  }
  if (parallel.disaggregated_experts) check_disaggregated(parallel, model, where);
  if (parallel.pipeline > model.layers) where.fail("pipeline", fmt::format("the model has only {} layers", model.layers));
  if (!model.moe) {
    if (parallel.expert > 1) where.fail("expert", "the model has no experts to spread");
    return;
  }
  if (parallel.expert == 1) return;
  if (!parallel.dispatches()) {
    if (parallel.data > 1) where.fail("expert_exchange", "all_reduce needs one attention group (data: 1)");
    if (parallel.tensor % parallel.expert != 0) where.fail("expert", fmt::format("does not divide tensor: {}", parallel.tensor));
    if (parallel.shared_expert_endpoints > 0) where.fail("shared_expert_endpoints", "goes with expert_exchange: all_to_all");
  } else if (!parallel.disaggregated_experts && parallel.expert != parallel.stage()) {
    where.fail("expert", fmt::format("must be 1 or data * tensor * sequence = {}, not {}; experts on endpoints of their own need "
                                     "disaggregated_experts",
                                     parallel.stage(), parallel.expert));
  }
  const int holders = parallel.expert - parallel.shared_expert_endpoints;
  if (holders < 1) where.fail("shared_expert_endpoints", "leaves no endpoint for the routed experts");
  const int copies = model.moe->experts + parallel.redundant_experts;
  if (copies % holders != 0) {
    where.fail("expert",
               fmt::format("{} routed and {} redundant experts cannot be spread evenly over {} endpoints; redundant_experts: {} would fit",
                           model.moe->experts, parallel.redundant_experts, holders,
                           (model.moe->experts + holders - 1) / holders * holders - model.moe->experts));
  }
  if (parallel.shared_expert_endpoints > 0 && model.moe->shared_experts == 0) {
    where.fail("shared_expert_endpoints", "the model has no shared expert");
  }
}

}  // namespace podsim::model
