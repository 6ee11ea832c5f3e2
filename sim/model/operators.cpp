#include "model/operators.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::model {
namespace {

constexpr double wide = 2;  // bytes of a bf16 activation between kernels

double size_of(NumberFormat format) { return bytes_per_element(format); }

// x[m,k] * w[k,n] -> bf16.
Operator gemm(const char* name, double m, double n, double k, NumberFormat weights, NumberFormat activations) {
  // A product computes in its wider operand's format: narrow weights beside wide activations are unpacked first.
  const NumberFormat format = size_of(weights) > size_of(activations) ? weights : activations;
  return {name, OperatorKind::gemm, format, Flops(2 * m * n * k),
          Bytes(n * k * size_of(weights) + m * k * size_of(activations) + m * n * wide)};
}

Operator vector(const char* name, double bytes, int kernels = 1) {
  return {name, OperatorKind::vector, NumberFormat::bf16, Flops(0), Bytes(bytes), kernels};
}

// Add the residual, normalise, quantise for the product that follows.
Operator norm(const ModelSpec& model, const Formats& formats, double tokens) {
  return vector("norm", tokens * model.hidden * (3 * wide + size_of(formats.activations)));
}

// Experts that at least one of `copies` evenly routed token copies reaches, of `slots`.
double touched(double slots, double copies) { return slots * (1 - std::pow(1 - 1 / slots, copies)); }

// Heads over tensor and, inside attention, over sequence as well (Ulysses: arXiv 2309.14509).
struct Heads {
  double query;
  double key_value;
};
Heads heads_of(const ModelSpec& model, const ParallelSpec& parallel) {
  const double split = parallel.group();
  return {model.heads / split, std::max(1.0, model.kv_heads / split)};
}

void add_latent_projections(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& f, const GroupLoad& load) {
  const LatentAttention& a = *model.latent;
  const double here = load.tokens() / parallel.sequence;  // tokens of this endpoint outside attention
  const double heads = heads_of(model, parallel).query;
  const double h = model.hidden;
  const double query_width = heads * (a.nope_dim + a.rope_dim);
  auto& ops = work.operators;
  ops.push_back(gemm("latent_down", here, a.q_rank + a.kv_rank + a.rope_dim, h, f.weights, f.activations));
  ops.push_back(vector("latent_norm", here * (a.q_rank + a.kv_rank + a.rope_dim) * 2 * wide));
  if (parallel.sequence > 1) {
    const double gathered = a.q_rank * size_of(f.activations) + (a.kv_rank + a.rope_dim) * wide;  // queries go quantised
    work.communications.push_back({Exchange::sequence_all_gather, Bytes(here * gathered)});
  }
  if (a.q_rank > 0) ops.push_back(gemm("query_up", load.tokens(), query_width, a.q_rank, f.weights, f.activations));
  else ops.push_back(gemm("query", load.tokens(), query_width, h, f.weights, f.activations));
  ops.push_back(vector("rotary", load.tokens() * (query_width + a.kv_rank + a.rope_dim) * 2 * wide));
  if (load.prefill_tokens > 0) {  // keys and values are expanded per head
    ops.push_back(gemm("key_value_up", load.prefill_tokens, heads * (a.nope_dim + a.v_dim), a.kv_rank, f.weights, f.activations));
  }
  if (load.decode_sequences > 0) {  // the expansion is absorbed into queries and outputs (DeepSeek-V2, section 2.1.2)
    const NumberFormat bf16 = NumberFormat::bf16;
    ops.push_back(gemm("absorb_query", load.decode_tokens(), heads * a.kv_rank, a.nope_dim, bf16, bf16));
    ops.push_back(gemm("absorb_output", load.decode_tokens(), heads * a.v_dim, a.kv_rank, bf16, bf16));
  }
  const double out_heads = model.heads / static_cast<double>(parallel.tensor);
  if (parallel.sequence > 1) work.communications.push_back({Exchange::sequence_all_to_all, Bytes(here * out_heads * a.v_dim * wide)});
  ops.push_back(vector("quantise_output", here * out_heads * a.v_dim * (wide + size_of(f.activations))));
  ops.push_back(gemm("output", here, h, out_heads * a.v_dim, f.weights, f.activations));
}

void add_grouped_projections(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& f, const GroupLoad& load) {
  const double here = load.tokens() / parallel.sequence;
  const double query = model.heads / static_cast<double>(parallel.tensor);
  const double key_value = std::max(1.0, model.kv_heads / static_cast<double>(parallel.tensor));
  const double width = (query + 2 * key_value) * model.head_dim;
  auto& ops = work.operators;
  ops.push_back(gemm("query_key_value", here, width, model.hidden, f.weights, f.activations));
  ops.push_back(vector("rotary", here * width * 2 * wide));
  if (parallel.sequence > 1) {
    work.communications.push_back({Exchange::sequence_all_to_all, Bytes(here * width * wide)});
    work.communications.push_back({Exchange::sequence_all_to_all, Bytes(here * query * model.head_dim * wide)});
  }
  ops.push_back(vector("quantise_output", here * query * model.head_dim * (wide + size_of(f.activations))));
  ops.push_back(gemm("output", here, model.hidden, query * model.head_dim, f.weights, f.activations));
}

// Gate and up in one product, activation, down.
void add_feed_forward(std::vector<Operator>& ops, OperatorKind kind, double tokens, double hidden, double width, double weight_copies,
                      NumberFormat weights, NumberFormat activations) {
  Operator up = gemm("gate_up", tokens, 2 * width, hidden, weights, activations);
  Operator down = gemm("down", tokens, hidden, width, weights, activations);
  for (Operator* op : {&up, &down}) {
    op->kind = kind;
    const double weight_elements = op == &up ? 2 * width * hidden : width * hidden;
    op->bytes += Bytes((weight_copies - 1) * weight_elements * size_of(weights));
  }
  ops.push_back(up);
  ops.push_back(vector("activation", tokens * width * (2 * wide + size_of(activations))));
  ops.push_back(down);
}

}  // namespace

Formats read_formats(config::Node node) {
  Formats formats;
  formats.weights = node.get<NumberFormat>("weights");
  formats.experts = node.get("experts", formats.weights);
  formats.activations = node.get("activations", formats.weights);
  formats.kv = node.get("kv", NumberFormat::bf16);
  formats.attention = node.get("attention", NumberFormat::bf16);
  formats.dispatch = node.get("dispatch", formats.activations);
  node.done();
  return formats;
}

std::vector<Operator> attention_core(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, const GroupLoad& load) {
  const Heads heads = heads_of(model, parallel);
  std::vector<Operator> ops;
  const double kv_size = size_of(formats.kv);
  if (load.prefill_tokens > 0) {
    double score_width = 2.0 * model.head_dim, kv_width = 2 * heads.key_value * model.head_dim, q_width = 2 * heads.query * model.head_dim;
    if (model.latent) {
      score_width = model.latent->nope_dim + model.latent->rope_dim + model.latent->v_dim;
      kv_width = heads.query * score_width;
      q_width = heads.query * score_width;
    }
    ops.push_back({"attention_prefill", OperatorKind::attention_prefill, formats.attention,
                   Flops(2 * heads.query * score_width * load.prefill_pairs),
                   Bytes(load.prefill_context * kv_width * kv_size + load.prefill_tokens * q_width * wide)});
  }
  if (load.decode_sequences > 0) {
    double score_width = 2.0 * model.head_dim, kv_elements = 2 * heads.key_value * model.head_dim;
    if (model.latent) {  // every head reads the same latent
      score_width = 2.0 * model.latent->kv_rank + model.latent->rope_dim;
      kv_elements = model.latent->kv_rank + model.latent->rope_dim;
    }
    ops.push_back({"attention_decode", OperatorKind::attention_decode, formats.attention,
                   Flops(2 * heads.query * score_width * load.decode_context * load.queries),
                   Bytes(load.decode_context * kv_elements * kv_size)});
  }
  return ops;
}

Work attention_projections(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, const GroupLoad& load) {
  Work work;
  const double here = load.tokens() / parallel.sequence;
  work.operators.push_back(norm(model, formats, here));
  if (model.latent) add_latent_projections(work, model, parallel, formats, load);
  else add_grouped_projections(work, model, parallel, formats, load);
  if (parallel.tensor > 1) work.communications.push_back({Exchange::tensor_all_reduce, Bytes(here * model.hidden * wide)});
  return work;
}

Work dense_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens) {
  Work work;
  const double here = tokens / parallel.sequence;
  work.operators.push_back(norm(model, formats, here));
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
  const bool spread = parallel.expert > 1;
  // Under expert parallelism the tokens of a tensor group are dealt out; without, every endpoint sees all of them.
  const double here = tokens / (spread ? parallel.group() : parallel.sequence);
  const double tensor = spread ? 1 : parallel.tensor;
  ops.push_back(norm(model, formats, here));
  ops.push_back(gemm("router", here, moe.experts, h, NumberFormat::bf16, NumberFormat::bf16));
  ops.push_back(vector("top_k", here * moe.experts * 4 * 2));
  if (moe.shared_experts > 0 && parallel.shared_expert_endpoints == 0) {
    add_feed_forward(ops, OperatorKind::gemm, here, h, moe.shared_intermediate / tensor, 1, formats.experts, formats.activations);
  }
  const int holders = parallel.expert - parallel.shared_expert_endpoints;
  double copies = spread ? stage_tokens * moe.top_k / holders * imbalance : here * moe.top_k;
  const double slots = spread ? parallel.expert_slots(model) : moe.experts;
  double width = moe.intermediate / tensor;
  double experts = touched(slots, copies);
  if (parallel.shared_expert_endpoints > 0) {
    const double shared = stage_tokens / parallel.shared_expert_endpoints;
    if (shared * moe.shared_intermediate > copies * width) {  // the endpoints of the shared expert are the busiest
      copies = shared;
      width = moe.shared_intermediate;
      experts = 1;
    }
  }
  ops.push_back(vector("permute", copies * h * 2 * size_of(formats.activations)));
  add_feed_forward(ops, OperatorKind::grouped_gemm, copies, h, width, std::max(1.0, experts), formats.experts, formats.activations);
  ops.push_back(vector("weighted_sum", here * (moe.top_k + 1) * h * wide));
  if (spread) {
    const double messages = here * (moe.top_k + (parallel.shared_expert_endpoints > 0 ? 1 : 0));
    const double sent = messages / moe.top_k;
    work.communications.push_back({Exchange::dispatch, Bytes(sent * h * size_of(formats.dispatch)), messages});
    work.communications.push_back({Exchange::combine, Bytes(sent * h * wide), messages});
  } else if (parallel.tensor > 1) {
    work.communications.push_back({Exchange::tensor_all_reduce, Bytes(here * h * wide)});
  }
  return work;
}

Work head_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double positions) {
  Work work;
  const double vocabulary = model.vocabulary / static_cast<double>(parallel.tensor);
  work.operators.push_back(norm(model, formats, positions));
  work.operators.push_back(gemm("lm_head", positions, vocabulary, model.hidden, NumberFormat::bf16, NumberFormat::bf16));
  work.operators.push_back(vector("sample", positions * vocabulary * 2 * 4));
  return work;
}

Bytes weight_bytes(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, int mtp_layers) {
  const double tensor = parallel.tensor;
  const double layers_here = std::ceil(model.layers / static_cast<double>(parallel.pipeline)) + mtp_layers;
  const double moe_share = model.moe_layers() / static_cast<double>(model.layers);
  double attention = model.attention_parameters() / tensor;
  if (model.latent) {  // the down projections are kept whole on every endpoint
    const LatentAttention& a = *model.latent;
    attention += static_cast<double>(model.hidden) * (a.q_rank + a.kv_rank + a.rope_dim) * (1 - 1 / tensor);
  }
  double per_layer =
      attention * size_of(formats.weights) + (1 - moe_share) * model.dense_ffn_parameters() / tensor * size_of(formats.weights);
  if (model.moe) {
    const double routed = parallel.expert > 1 ? parallel.expert_slots(model) : model.moe->experts / tensor;
    const double shared = parallel.shared_expert_endpoints > 0 ? 0 : model.shared_expert_parameters() / (parallel.expert > 1 ? 1 : tensor);
    per_layer += moe_share * ((routed * model.expert_parameters() + shared) * size_of(formats.experts) +
                              static_cast<double>(model.moe->experts) * model.hidden * wide);
  }
  const double embeddings = model.embedding_parameters() * (model.tied_embeddings ? 1 : 2) / tensor * wide;
  return Bytes(layers_here * per_layer + (parallel.pipeline > 1 ? embeddings / 2 : embeddings));
}

Bytes kv_bytes_per_token(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats) {
  double elements = model.kv_elements_per_layer();
  if (!model.latent) elements = 2 * heads_of(model, parallel).key_value * model.head_dim;
  const double layers = std::ceil(model.layers / static_cast<double>(parallel.pipeline));
  return Bytes(layers * elements * size_of(formats.kv));
}

}  // namespace podsim::model
