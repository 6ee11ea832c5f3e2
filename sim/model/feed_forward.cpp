// The operators of dense feed-forwards, of MoE blocks and of the head.
#include <cmath>

#include "model/operator_builders.hpp"

namespace podsim::model {
namespace {

// Share of the experts that at least one of `tokens` reaches.
double touched_share(const MixtureOfExperts& moe, double tokens) {
  if (tokens <= 0) return 0;
  constexpr double certain = -40;  // e^-40 is less than a double tells from 0
  double missed = 0;
  for (auto avoided = moe.avoided.rbegin(); avoided != moe.avoided.rend() && tokens * *avoided > certain; ++avoided)
    missed += std::exp(tokens * *avoided);
  return 1 - missed / moe.experts;
}

double activation_bytes(double width, NumberFormat activations, double ups = 2) { return width * (ups * wide + size_of(activations)); }

// Up, and the gate where there is one, in one product, activation, down.
void add_feed_forward(std::vector<Operator>& ops, double tokens, const ModelSpec& model, double width, NumberFormat weights,
                      NumberFormat activations) {
  const double ups = model.gated ? 2 : 1;
  ops.push_back(gemm("gate_up", tokens, ups * width, model.hidden, weights, activations));
  ops.push_back(vector_kernel("activation", tokens * activation_bytes(width, activations, ups)));
  ops.push_back(gemm("down", tokens, model.hidden, width, weights, activations));
}

// What the busiest expert endpoint works on.
struct ExpertLoad {
  double copies;         // of tokens
  double width;          // of an expert here
  double experts;        // that are touched
  double elsewhere = 0;  // copies of the same tokens that go to other endpoints
};

// Element-wise work on the copies of `load`, part of `tokens` in all.
Operator copy_kernel(const char* name, const ExpertLoad& load, double tokens, const Formats& formats, double copy_bytes, double other_bytes,
                     int calls) {
  Operator op = vector_kernel(name, load.copies * copy_bytes + other_bytes, calls);
  op.kind = OperatorKind::expert_vector;
  op.shape.weights = formats.experts;
  op.shape.activations = formats.expert_activations;
  op.shape.tokens = tokens;
  op.shape.elsewhere_bytes = load.elsewhere * copy_bytes;
  return op;
}

// The experts' products and the work on token copies around them, of `tokens` in all.
void add_experts(std::vector<Operator>& ops, const ExpertLoad& load, double tokens, double hidden, const Formats& formats) {
  const NumberFormat weights = formats.experts, activations = formats.expert_activations;
  const double experts = std::max(1.0, load.experts);
  const auto grouped = [&](const char* name, double columns, double depth) {
    Operator op = gemm(name, load.copies, columns, depth, weights, activations);
    op.kind = OperatorKind::grouped_gemm;
    op.shape.groups = experts;
    op.shape.tokens = tokens;
    op.bytes += Bytes((experts - 1) * columns * depth * size_of(weights));
    return op;
  };
  // Counts, sums, sort, addresses, copy.
  ops.push_back(copy_kernel("permute", load, tokens, formats, hidden * (wide + size_of(activations)), 0, 5));
  ops.push_back(grouped("gate_up", 2 * load.width, hidden));
  ops.push_back(copy_kernel("activation", load, tokens, formats, activation_bytes(load.width, activations), 0, 1));
  ops.push_back(grouped("down", hidden, load.width));
}

// What the experts give for the copies of `load`, added up for `here` tokens.
Operator weighted_sum(const ExpertLoad& load, double tokens, double here, double hidden, const Formats& formats) {
  return copy_kernel("weighted_sum", load, tokens, formats, hidden * wide, here * hidden * wide, 2);
}

bool fuses_shared(const MixtureOfExperts& moe, const ParallelSpec& parallel) {
  return moe.shared_experts > 0 && moe.shared_intermediate == moe.shared_experts * moe.intermediate && parallel.expert == 1;
}

ExpertLoad busiest_endpoint(const MixtureOfExperts& moe, const ModelSpec& model, const ParallelSpec& parallel, double stage_tokens,
                            double imbalance) {
  const int holders = parallel.expert - parallel.shared_expert_endpoints;
  const double slots = parallel.expert > 1 ? parallel.expert_slots(model) : moe.experts;
  const double spread = parallel.expert > 1 ? imbalance / holders : 1;
  ExpertLoad load{stage_tokens * moe.top_k * spread, moe.intermediate / static_cast<double>(parallel.expert_split()), 0};
  load.experts = std::min(slots * touched_share(moe, stage_tokens), std::max(1.0, load.copies));
  if (!parallel.dispatches()) load.elsewhere = std::max(0.0, stage_tokens * moe.top_k - load.copies);
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

// Choice of the experts for `here` tokens, and the shared experts where every endpoint holds them and they are not fused with the others.
void add_routing(std::vector<Operator>& ops, const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double here,
                 bool fused = false) {
  const MixtureOfExperts& moe = *model.moe;
  const NumberFormat activations = formats.expert_activations;
  ops.push_back(norm(model, activations, here));
  ops.push_back(gemm("router", here, moe.experts, model.hidden, NumberFormat::bf16, NumberFormat::bf16));
  ops.push_back(vector_kernel("top_k", here * moe.experts * 4 * 2, 4));  // scores, bias, choice, weights
  if (moe.shared_experts > 0 && parallel.shared_expert_endpoints == 0 && !fused) {
    const double split = parallel.dispatches() ? 1 : parallel.tensor;
    add_feed_forward(ops, here, model, moe.shared_intermediate / split, formats.experts, activations);
  }
}

}  // namespace

Work dense_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens) {
  Work work;
  const double here = tokens / parallel.sequence;
  work.operators.push_back(norm(model, formats.activations, here));
  add_feed_forward(work.operators, here, model, model.intermediate / static_cast<double>(parallel.tensor), formats.weights,
                   formats.activations);
  if (parallel.tensor > 1) work.communications.push_back({Exchange::tensor_all_reduce, Bytes(here * model.hidden * wide)});
  return work;
}

Work moe_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens, double stage_tokens,
               double imbalance, bool fused) {
  const MixtureOfExperts& moe = *model.moe;
  Work work;
  // With dispatch the tokens of a tensor group are dealt out; without, every endpoint of the group sees all of them.
  const double here = tokens / (parallel.dispatches() ? parallel.group() : parallel.sequence);
  fused = fused && fuses_shared(moe, parallel);
  add_routing(work.operators, model, parallel, formats, here, fused);
  const double routed = parallel.dispatches() ? stage_tokens : here;
  ExpertLoad load = busiest_endpoint(moe, model, parallel, routed, imbalance);
  if (fused) {
    load.copies += routed * moe.shared_experts;
    load.experts += moe.shared_experts;
  }
  add_experts(work.operators, load, routed, model.hidden, formats);
  work.operators.push_back(weighted_sum(load, routed, here, model.hidden, formats));
  add_exchanges(work, model, parallel, formats, here);
  return work;
}

MoeSides moe_sides(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens, double domain_tokens,
                   double imbalance) {
  MoeSides sides;
  const double here = tokens / parallel.group();
  add_routing(sides.attention.operators, model, parallel, formats, here);
  const ExpertLoad own{.copies = here * (model.moe->top_k + (parallel.shared_expert_endpoints > 0 ? 1 : 0)), .width = 0, .experts = 0};
  sides.attention.operators.push_back(weighted_sum(own, here, here, model.hidden, formats));
  add_exchanges(sides.attention, model, parallel, formats, here);
  add_experts(sides.experts.operators, busiest_endpoint(*model.moe, model, parallel, domain_tokens, imbalance), domain_tokens, model.hidden,
              formats);
  return sides;
}

Work head_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double positions) {
  Work work;
  const double vocabulary = model.vocabulary / static_cast<double>(parallel.lm_head_split());
  const double sharing = parallel.lm_head_split() / static_cast<double>(parallel.tensor);  // attention groups
  work.operators.push_back(norm(model, formats.activations, positions));
  work.operators.push_back(gemm("lm_head", positions * sharing, vocabulary, model.hidden, NumberFormat::bf16, NumberFormat::bf16));
  work.operators.push_back(vector_kernel("sample", positions * sharing * vocabulary * 2 * 4));
  return work;
}

}  // namespace podsim::model
