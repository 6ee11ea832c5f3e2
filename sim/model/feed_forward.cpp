// The operators of dense feed-forwards, of MoE blocks and of the head.
#include <cmath>

#include "model/operator_builders.hpp"

namespace podsim::model {
namespace {

// Experts that at least one of `copies` evenly routed token copies reaches, of `slots`.
double touched(double slots, double copies) { return slots * (1 - std::pow(1 - 1 / slots, copies)); }

// Gate and up in one product, activation, down. `experts`: weight copies that are read.
void add_feed_forward(std::vector<Operator>& ops, OperatorKind kind, double tokens, double hidden, double width, double experts,
                      NumberFormat weights, NumberFormat activations) {
  Operator up = gemm("gate_up", tokens, 2 * width, hidden, weights, activations);
  Operator down = gemm("down", tokens, hidden, width, weights, activations);
  for (Operator* op : {&up, &down}) {
    op->kind = kind;
    op->shape.groups = experts;
    const double weight_elements = op == &up ? 2 * width * hidden : width * hidden;
    op->bytes += Bytes((experts - 1) * weight_elements * size_of(weights));
  }
  ops.push_back(up);
  ops.push_back(vector_kernel("activation", tokens * width * (2 * wide + size_of(activations))));
  ops.push_back(down);
}

// What the busiest expert endpoint works on.
struct ExpertLoad {
  double copies;   // of tokens
  double width;    // of an expert here
  double experts;  // that are touched
};

ExpertLoad busiest_endpoint(const MixtureOfExperts& moe, const ModelSpec& model, const ParallelSpec& parallel, double stage_tokens,
                            double imbalance) {
  const int holders = parallel.expert - parallel.shared_expert_endpoints;
  const double slots = parallel.expert > 1 ? parallel.expert_slots(model) : moe.experts;
  const double spread = parallel.expert > 1 ? imbalance / holders : 1;
  ExpertLoad load{stage_tokens * moe.top_k * spread, moe.intermediate / static_cast<double>(parallel.expert_split()), 0};
  load.experts = touched(slots, load.copies);
  if (parallel.shared_expert_endpoints > 0) {
    const double shared = stage_tokens / parallel.shared_expert_endpoints;
    if (shared * moe.shared_intermediate > load.copies * load.width) return {shared, static_cast<double>(moe.shared_intermediate), 1};
  }
  return load;
}

void add_exchanges(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double here) {
  const double h = model.hidden;
  if (parallel.dispatches()) {
    const double messages = here * (model.moe->top_k + (parallel.shared_expert_endpoints > 0 ? 1 : 0));
    const double sent = messages / model.moe->top_k;
    work.communications.push_back({Exchange::dispatch, Bytes(sent * h * size_of(formats.dispatch)), messages});
    work.communications.push_back({Exchange::combine, Bytes(sent * h * wide), messages});
  } else if (parallel.tensor > 1) {
    work.communications.push_back({Exchange::tensor_all_reduce, Bytes(here * h * wide)});
  }
}

}  // namespace

Work dense_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens) {
  Work work;
  const double here = tokens / parallel.sequence;
  work.operators.push_back(norm(model, formats.activations, here));
  add_feed_forward(work.operators, OperatorKind::gemm, here, model.hidden, model.intermediate / static_cast<double>(parallel.tensor), 1,
                   formats.weights, formats.activations);
  if (parallel.tensor > 1) work.communications.push_back({Exchange::tensor_all_reduce, Bytes(here * model.hidden * wide)});
  return work;
}

Work moe_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens, double stage_tokens,
               double imbalance) {
  const MixtureOfExperts& moe = *model.moe;
  Work work;
  auto& ops = work.operators;
  const double h = model.hidden;
  const NumberFormat activations = formats.expert_activations;
  // With dispatch the tokens of a tensor group are dealt out; without, every endpoint of the group sees all of them.
  const double here = tokens / (parallel.dispatches() ? parallel.group() : parallel.sequence);
  ops.push_back(norm(model, activations, here));
  ops.push_back(gemm("router", here, moe.experts, h, NumberFormat::bf16, NumberFormat::bf16));
  ops.push_back(vector_kernel("top_k", here * moe.experts * 4 * 2));
  if (moe.shared_experts > 0 && parallel.shared_expert_endpoints == 0) {
    const double split = parallel.dispatches() ? 1 : parallel.tensor;
    add_feed_forward(ops, OperatorKind::gemm, here, h, moe.shared_intermediate / split, 1, formats.experts, activations);
  }
  const ExpertLoad load = busiest_endpoint(moe, model, parallel, parallel.dispatches() ? stage_tokens : here, imbalance);
  ops.push_back(vector_kernel("permute", load.copies * h * 2 * size_of(activations)));
  add_feed_forward(ops, OperatorKind::grouped_gemm, load.copies, h, load.width, std::max(1.0, load.experts), formats.experts, activations);
  ops.push_back(vector_kernel("weighted_sum", here * (moe.top_k + 1) * h * wide));
  add_exchanges(work, model, parallel, formats, here);
  return work;
}

Work head_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double positions) {
  Work work;
  const double vocabulary = model.vocabulary / static_cast<double>(parallel.tensor);
  work.operators.push_back(norm(model, formats.activations, positions));
  work.operators.push_back(gemm("lm_head", positions, vocabulary, model.hidden, NumberFormat::bf16, NumberFormat::bf16));
  work.operators.push_back(vector_kernel("sample", positions * vocabulary * 2 * 4));
  return work;
}

}  // namespace podsim::model
