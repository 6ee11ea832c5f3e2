// The operators of one step of a model, as one endpoint sees them, and what it exchanges with others.
#pragma once

#include <vector>

#include "base/number_format.hpp"
#include "base/units.hpp"
#include "model/model.hpp"
#include "model/parallel.hpp"

namespace podsim::model {

// Number formats by tensor class.
struct Formats {
  NumberFormat weights = NumberFormat::bf16;             // dense and attention projections
  NumberFormat experts = NumberFormat::bf16;             // routed and shared experts
  NumberFormat activations = NumberFormat::bf16;         // what dense products compute in when both operands have it
  NumberFormat expert_activations = NumberFormat::bf16;  // the same for the experts
  NumberFormat kv = NumberFormat::bf16;                  // the cache in memory
  NumberFormat attention = NumberFormat::bf16;           // scores and values compute in
  NumberFormat dispatch = NumberFormat::bf16;            // tokens on their way to the experts; they return in bf16
};

// Reads {weights, experts, activations, expert_activations, kv, attention, dispatch}; experts and activations follow weights,
// expert_activations follow activations and dispatch follows those.
Formats read_formats(config::Node node);

// expert_vector: element-wise work on the token copies of an MoE block, part of its kernels where those were measured as a whole.
enum class OperatorKind { gemm, grouped_gemm, attention_prefill, attention_decode, vector, expert_vector };

// What a kernel's speed depends on beside flops and bytes.
struct OperatorShape {
  // Products of (rows x depth) by (depth x columns); `rows` of all groups together.
  double rows = 0, columns = 0, depth = 0, groups = 1;
  NumberFormat weights = NumberFormat::bf16, activations = NumberFormat::bf16;
  // Of an MoE block: tokens whose copies are routed, and bytes that expert_vector work would move for copies of other endpoints' experts.
  double tokens = 0, elsewhere_bytes = 0;
  // Attention on this endpoint.
  double sequences = 0, queries = 0, heads = 0, kv_heads = 0;
  // The head dimension of keys and of values (0: MLA in decode, which no shape describes), tokens that a sequence sees at the end
  // (their mean), bytes of an element of the cache, and the sliding window, 0 = none.
  double width = 0, value_width = 0, context = 0, cache_bytes = 0, window = 0;
};

struct Operator {
  const char* name;
  OperatorKind kind;
  NumberFormat format;  // computes in
  Flops flops;
  Bytes bytes;  // read and written in device memory
  int kernels = 1;
  int calls = 1;  // that the host makes for it where no graph is replayed: its kernels and the views, copies and bookkeeping around them
  OperatorShape shape = {};
};

enum class Exchange { tensor_all_reduce, sequence_all_gather, sequence_all_to_all, dispatch, combine, pipeline_send };

struct Communication {
  Exchange exchange;
  Bytes bytes;          // dispatch and combine: the rank's tokens, once each; the others as collective/schedule.hpp counts
  double messages = 0;  // dispatch and combine: token copies that a rank sends; few of them reach few destinations
};

struct Work {
  std::vector<Operator> operators;
  std::vector<Communication> communications;
};

// What one attention group has to do in a step.
struct GroupLoad {
  double prefill_sequences = 0;  // prompts of which a chunk runs
  double prefill_tokens = 0;
  double prefill_pairs = 0;    // (query, key) pairs of the prompt tokens: sum over tokens of the context they see
  double prefill_context = 0;  // cached tokens that the chunk reads: sum over chunks of the context at their end
  double decode_sequences = 0;
  double decode_context = 0;  // sum over sequences of their context length
  double queries = 1;         // tokens that a decoding sequence feeds in: 1 + drafted

  double decode_tokens() const { return decode_sequences * queries; }
  double tokens() const { return prefill_tokens + decode_tokens(); }
};

// The attention block of one layer of a kind, without its core: norm, projections, rotary, cache write, output projection.
// Depends on token counts only, not on contexts.
Work attention_projections(const ModelSpec& model, AttentionKind kind, const ParallelSpec& parallel, const Formats& formats,
                           const GroupLoad& load);
// Its core: scores and values, which grow with the contexts, up to what windows and indexers let through.
std::vector<Operator> attention_core(const ModelSpec& model, AttentionKind kind, const ParallelSpec& parallel, const Formats& formats,
                                     const GroupLoad& load);
// A dense feed-forward block for `tokens` of a group.
Work dense_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens);
// An MoE block. `tokens` of the group, `stage_tokens` of all groups of the stage; `imbalance`: load of the busiest
// expert endpoint / mean. `fused`: shared experts as wide as routed ones are further experts of the grouped products, where no endpoint
// has experts of its own.
Work moe_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens, double stage_tokens,
               double imbalance, bool fused = false);
// The same where experts are on endpoints of their own and `domain_tokens` come to them at once: what attention endpoints do for it, and
// exchange with them, and what the busiest expert endpoint does.
struct MoeSides {
  Work attention;
  Work experts;
};
MoeSides moe_sides(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double tokens, double domain_tokens,
                   double imbalance);
// Final norm, LM head and sampling for `positions` tokens of a group.
Work head_block(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, double positions);

// Bytes of weights on one endpoint, of those that hold attention. The busiest pipeline stage counts.
Bytes weight_bytes(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, int mtp_layers);
// The same of an endpoint that holds experts only: the routed ones, or the shared ones where they are more. REQUIRES disaggregated_experts.
Bytes expert_weight_bytes(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats, int mtp_layers);
// KV cache bytes that one token of a group takes on each of its endpoints (all layers of a stage): its share of the
// heads, or the whole latent of MLA.
Bytes kv_bytes_per_token(const ModelSpec& model, const ParallelSpec& parallel, const Formats& formats);
// What linear layers keep of one sequence on each endpoint of its group.
Bytes state_bytes_per_sequence(const ModelSpec& model, const ParallelSpec& parallel);

}  // namespace podsim::model
