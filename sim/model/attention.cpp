// The operators of one attention layer: projections around a core.
#include "model/operator_builders.hpp"

namespace podsim::model {
namespace {

constexpr double index_element = 1, index_scale = 4;  // bytes: FP8 keys of the indexer, one scale a key
constexpr double state_element = 4;                   // bytes: linear attention keeps its state in FP32
constexpr double delta_chunk = 64;                    // tokens that gated delta net's prefill kernels take at once

// Where the context of a decoding sequence is spread over endpoints, its queries go to all of them and what each finds comes back.
void exchange_decoding(Work& work, const ParallelSpec& parallel, const GroupLoad& load, double query_width, double output_width) {
  if (load.decode_sequences == 0) return;
  const double here = load.decode_tokens() / parallel.sequence;
  work.communications.push_back({Exchange::sequence_all_gather, Bytes(here * query_width * wide)});
  work.communications.push_back({Exchange::sequence_all_to_all, Bytes(load.decode_tokens() * output_width * wide)});
}

void add_latent_projections(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& f, const GroupLoad& load) {
  const LatentAttention& a = *model.latent;
  const double here = load.tokens() / parallel.sequence;  // tokens of this endpoint outside attention
  const double heads = heads_of(model, parallel).query;
  const double h = model.hidden;
  const double query_width = heads * (a.nope_dim + a.rope_dim);
  const double queries = parallel.shares_context() ? here : load.tokens();  // that are expanded here
  auto& ops = work.operators;
  ops.push_back(gemm("latent_down", here, a.q_rank + a.kv_rank + a.rope_dim, h, f.weights, f.activations));
  ops.push_back(vector_kernel("latent_norm", here * (a.q_rank + a.kv_rank + a.rope_dim) * 2 * wide, 3));  // split, two norms
  if (parallel.sequence > 1) {
    const double query = parallel.shares_context() ? 0 : a.q_rank * size_of(f.activations);  // goes quantised
    const double gathered = query + (a.kv_rank + a.rope_dim) * wide;
    work.communications.push_back({Exchange::sequence_all_gather, Bytes(here * gathered)});
  }
  if (a.q_rank > 0) ops.push_back(gemm("query_up", queries, query_width, a.q_rank, f.weights, f.activations));
  else ops.push_back(gemm("query", queries, query_width, h, f.weights, f.activations));
  ops.push_back(vector_kernel("rotary", (queries * query_width + load.tokens() * (a.kv_rank + a.rope_dim)) * 2 * wide,
                              5));  // views, rotation, cache write
  if (load.decode_sequences > 0) {  // the expansion is absorbed into queries and outputs (DeepSeek-V2, section 2.1.2)
    const NumberFormat bf16 = NumberFormat::bf16;
    ops.push_back(gemm("absorb_query", load.decode_tokens(), heads * a.kv_rank, a.nope_dim, bf16, bf16));
    ops.push_back(gemm("absorb_output", load.decode_tokens(), heads * a.v_dim, a.kv_rank, bf16, bf16));
  }
  const double out_heads = model.heads / static_cast<double>(parallel.tensor);
  if (parallel.shares_context()) exchange_decoding(work, parallel, load, heads * (a.kv_rank + a.rope_dim), heads * a.kv_rank);
  else if (parallel.sequence > 1) work.communications.push_back({Exchange::sequence_all_to_all, Bytes(here * out_heads * a.v_dim * wide)});
  ops.push_back(vector_kernel("quantise_output", here * out_heads * a.v_dim * (wide + size_of(f.activations))));
  ops.push_back(gemm("output", here, h, out_heads * a.v_dim, f.weights, f.activations));
}

void add_grouped_projections(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& f, const GroupLoad& load) {
  const double here = load.tokens() / parallel.sequence;
  const double query = model.heads / static_cast<double>(parallel.tensor);
  const double key_value = std::max(1.0, model.kv_heads / static_cast<double>(parallel.tensor));
  const double width = ((model.output_gate ? 2 : 1) * query + 2 * key_value) * model.head_dim;
  auto& ops = work.operators;
  ops.push_back(gemm("query_key_value", here, width, model.hidden, f.weights, f.activations));
  ops.push_back(vector_kernel("rotary", here * width * 2 * wide, 2));  // rotation, cache write
  if (parallel.shares_context()) {
    const double prompt = load.prefill_tokens / parallel.sequence;
    if (prompt > 0) work.communications.push_back({Exchange::sequence_all_gather, Bytes(prompt * 2 * key_value * model.head_dim * wide)});
    exchange_decoding(work, parallel, load, query * model.head_dim, query * model.head_dim);
  } else if (parallel.sequence > 1) {
    work.communications.push_back({Exchange::sequence_all_to_all, Bytes(here * width * wide)});
    work.communications.push_back({Exchange::sequence_all_to_all, Bytes(here * query * model.head_dim * wide)});
  }
  ops.push_back(vector_kernel("quantise_output", here * query * model.head_dim * (wide + size_of(f.activations))));
  ops.push_back(gemm("output", here, model.hidden, query * model.head_dim, f.weights, f.activations));
}

void add_linear_projections(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& f, const GroupLoad& load) {
  const LinearAttention& a = *model.linear;
  const double here = load.tokens() / parallel.sequence;
  const double split = parallel.group();
  const double mixed = (2 * a.key_width() + a.value_width()) / split;
  const double value = a.value_width() / split;
  auto& ops = work.operators;
  ops.push_back(gemm("query_key_value_gate", here, mixed + value, model.hidden, f.weights, f.activations));
  ops.push_back(gemm("decay_and_strength", here, 2 * a.value_heads / split, model.hidden, NumberFormat::bf16, NumberFormat::bf16));
  ops.push_back(vector_kernel("convolution", here * mixed * 2 * wide + load.decode_sequences * (a.convolution - 1) * mixed * 2 * wide));
  ops.push_back(vector_kernel("gated_norm", here * value * (2 * wide + size_of(f.activations))));
  ops.push_back(gemm("output", here, model.hidden, value, f.weights, f.activations));
}

// Queries of the indexer from the compressed query, its key and head weights from the token; every endpoint holds all of it.
void add_index_projections(Work& work, const ModelSpec& model, const ParallelSpec& parallel, const Formats& f, const GroupLoad& load) {
  const SparseIndex& index = *model.index;
  const double here = load.tokens() / parallel.sequence;
  const double query_in = model.latent && model.latent->q_rank > 0 ? model.latent->q_rank : model.hidden;
  work.operators.push_back(gemm("index_query", here, index.heads * index.head_dim, query_in, f.weights, f.activations));
  work.operators.push_back(gemm("index_key", here, index.head_dim + index.heads, model.hidden, NumberFormat::bf16, NumberFormat::bf16));
  work.operators.push_back(vector_kernel("index_rotary", here * (index.heads + 1) * index.head_dim * (wide + index_element)));
}

// Contexts as a kind of layer sees them. Sums over sequences are cut at their mean, which is exact for equal contexts.
GroupLoad seen_by(const ModelSpec& model, AttentionKind kind, GroupLoad load) {
  double most = 0;
  if (kind == AttentionKind::window) most = model.window;
  if (kind == AttentionKind::sparse) most = model.index->top_tokens;
  if (most == 0) return load;
  load.decode_context = std::min(load.decode_context, load.decode_sequences * most);
  load.prefill_pairs = std::min(load.prefill_pairs, load.prefill_tokens * most);
  if (kind == AttentionKind::window) {
    load.prefill_context = std::min(load.prefill_context, load.prefill_tokens + load.prefill_sequences * most);
  }
  return load;
}

// Keys and values of a chunk's tokens, and of those cached before it, are expanded per head; every head's key gets the rotary part.
void add_expansion(std::vector<Operator>& ops, const ModelSpec& model, double heads, const Formats& f, const GroupLoad& load) {
  const LatentAttention& a = *model.latent;
  ops.push_back(gemm("key_value_up", load.prefill_context, heads * (a.nope_dim + a.v_dim), a.kv_rank, f.weights, f.activations));
  ops.push_back(vector_kernel("key_concat", load.prefill_context * heads * (2 * a.nope_dim + a.rope_dim) * wide));
}

// What one of the endpoints that share a context has of it: a part of the queries of prompts, taken from both ends so that all see as
// much, and a part of the cache of decoding sequences.
GroupLoad of_endpoint(const ParallelSpec& parallel, GroupLoad load) {
  if (!parallel.shares_context()) return load;
  load.prefill_tokens /= parallel.sequence;
  load.prefill_pairs /= parallel.sequence;
  load.decode_context /= parallel.sequence;
  return load;
}

void add_prefill(std::vector<Operator>& ops, const ModelSpec& model, const Heads& heads, const Formats& f, const GroupLoad& load) {
  double key_width = model.head_dim, value_width = model.head_dim, key_heads = heads.key_value;
  if (model.latent) {
    key_width = model.latent->nope_dim + model.latent->rope_dim;
    value_width = model.latent->v_dim;
    key_heads = heads.query;
    add_expansion(ops, model, heads.query, f, load);
  }
  const double score_width = key_width + value_width;
  ops.push_back({"attention_prefill",
                 OperatorKind::attention_prefill,
                 arithmetic_of(f.attention),
                 Flops(2 * heads.query * score_width * load.prefill_pairs),
                 Bytes(load.prefill_context * key_heads * score_width * (model.latent ? wide : size_of(f.kv)) +
                       load.prefill_tokens * heads.query * score_width * wide),
                 1,
                 2,
                 {.sequences = load.prefill_sequences,
                  .queries = load.prefill_tokens,
                  .heads = heads.query,
                  .kv_heads = key_heads,
                  .width = key_width,
                  .value_width = value_width,
                  .context = load.prefill_pairs / load.prefill_tokens + (load.prefill_tokens / load.prefill_sequences - 1) / 2,
                  .cache_bytes = size_of(f.kv)}});
}

void add_decode(std::vector<Operator>& ops, const ModelSpec& model, const Heads& heads, const Formats& f, const GroupLoad& load) {
  double score_width = 2.0 * model.head_dim, kv_elements = 2 * heads.key_value * model.head_dim;
  if (model.latent) {  // every head reads the same latent
    score_width = 2.0 * model.latent->kv_rank + model.latent->rope_dim;
    kv_elements = model.latent->kv_rank + model.latent->rope_dim;
  }
  const double kv_heads = model.latent ? 1 : heads.key_value;
  ops.push_back({"attention_decode",
                 OperatorKind::attention_decode,
                 arithmetic_of(f.attention),
                 Flops(2 * heads.query * score_width * load.decode_context * load.queries),
                 Bytes(load.decode_context * kv_elements * size_of(f.kv)),
                 1,
                 2,
                 {.sequences = load.decode_sequences,
                  .queries = load.decode_tokens(),
                  .heads = heads.query,
                  .kv_heads = kv_heads,
                  .width = model.latent ? 0.0 : model.head_dim,
                  .context = load.decode_context / load.decode_sequences,
                  .cache_bytes = size_of(f.kv)}});
}

// Scores of every earlier token (ReLU, weighted over heads) and the choice of the best.
void add_index(std::vector<Operator>& ops, const ModelSpec& model, const GroupLoad& load) {
  const SparseIndex& index = *model.index;
  const double pairs = load.prefill_pairs + load.decode_context * load.queries;
  const double keys = load.prefill_context + load.decode_context;
  ops.push_back({"index_scores", OperatorKind::attention_prefill, NumberFormat::fp8, Flops(2.0 * index.heads * index.head_dim * pairs),
                 Bytes(keys * (index.head_dim * index_element + index_scale) + pairs * 4)});
  ops.push_back(vector_kernel("index_top", pairs * 4));
}

// Reads and writes every sequence's state; prompts go through in chunks (arXiv 2412.06464, section 3.3).
void add_linear_core(std::vector<Operator>& ops, const ModelSpec& model, const ParallelSpec& parallel, const GroupLoad& load) {
  const LinearAttention& a = *model.linear;
  const double heads = a.value_heads / static_cast<double>(parallel.group());
  const double state = heads * a.key_dim * a.value_dim;
  const double token_bytes = heads * 2 * (a.key_dim + a.value_dim) * wide;
  if (load.prefill_tokens > 0) {
    const double in_chunk = heads * delta_chunk * (2.0 * a.key_dim + a.value_dim);
    ops.push_back({"delta_prefill", OperatorKind::attention_prefill, NumberFormat::bf16,
                   Flops(2 * load.prefill_tokens * (3 * state + in_chunk)),
                   Bytes(load.prefill_tokens * (token_bytes + 2 * state * state_element / delta_chunk)), 3, 6});
  }
  if (load.decode_sequences > 0) {
    ops.push_back({"delta_decode", OperatorKind::attention_decode, NumberFormat::bf16, Flops(6 * load.decode_tokens() * state),
                   Bytes(load.decode_sequences * 2 * state * state_element + load.decode_tokens() * token_bytes)});
  }
}

}  // namespace

Work attention_projections(const ModelSpec& model, AttentionKind kind, const ParallelSpec& parallel, const Formats& formats,
                           const GroupLoad& load) {
  Work work;
  const double here = load.tokens() / parallel.sequence;
  work.operators.push_back(norm(model, formats.activations, here));
  if (kind == AttentionKind::linear) add_linear_projections(work, model, parallel, formats, load);
  else if (model.latent) add_latent_projections(work, model, parallel, formats, load);
  else add_grouped_projections(work, model, parallel, formats, load);
  if (kind == AttentionKind::sparse) add_index_projections(work, model, parallel, formats, load);
  if (parallel.tensor > 1) work.communications.push_back({Exchange::tensor_all_reduce, Bytes(here * model.hidden * wide)});
  return work;
}

std::vector<Operator> attention_core(const ModelSpec& model, AttentionKind kind, const ParallelSpec& parallel, const Formats& formats,
                                     const GroupLoad& load) {
  std::vector<Operator> ops;
  ops.reserve(2);
  if (kind == AttentionKind::linear) {
    add_linear_core(ops, model, parallel, load);
    return ops;
  }
  const Heads heads = heads_of(model, parallel);
  const GroupLoad seen = of_endpoint(parallel, seen_by(model, kind, load));
  if (kind == AttentionKind::sparse) add_index(ops, model, load);
  if (load.prefill_tokens > 0) add_prefill(ops, model, heads, formats, seen);
  if (load.decode_sequences > 0) add_decode(ops, model, heads, formats, seen);
  for (Operator& op : ops) {
    if (kind == AttentionKind::window) op.shape.window = model.window;
    if (kind == AttentionKind::sparse) op.shape.width = 0;  // gathers what no shape describes
  }
  return ops;
}

}  // namespace podsim::model
