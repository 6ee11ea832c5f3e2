// A transformer as its Hugging Face config.json describes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/number_format.hpp"
#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::model {

// What a layer's attention looks at.
enum class AttentionKind {
  full,    // every earlier token
  window,  // the last `window` tokens
  sparse,  // the top tokens that an indexer picks (DeepSeek sparse attention)
  linear,  // a state of constant size (gated delta net)
};

// Multi-head latent attention: keys and values are kept as one low-rank latent (DeepSeek-V2, arXiv 2405.04434).
struct LatentAttention {
  int kv_rank = 0;
  int q_rank = 0;  // 0: queries are not compressed
  int rope_dim = 0;
  int nope_dim = 0;
  int v_dim = 0;
};

// The lightning indexer of DeepSeek-V3.2: few small heads score every earlier token, attention reads the best of them.
struct SparseIndex {
  int heads = 0;
  int head_dim = 0;  // of queries and of the one key a token leaves, kept in FP8
  int top_tokens = 0;
};

// Gated delta net (arXiv 2412.06464): value heads with a state of key_dim x value_dim each, behind a short convolution.
struct LinearAttention {
  int key_heads = 0;
  int value_heads = 0;
  int key_dim = 0;    // of a head
  int value_dim = 0;  // of a head
  int convolution = 0;

  double key_width() const { return static_cast<double>(key_heads) * key_dim; }
  double value_width() const { return static_cast<double>(value_heads) * value_dim; }
  double state_elements() const { return value_width() * key_dim + (convolution - 1) * (2 * key_width() + value_width()); }
};

struct MixtureOfExperts {
  int experts = 0;
  int top_k = 0;
  int intermediate = 0;         // of one expert
  int shared_experts = 0;       // always on
  int shared_intermediate = 0;  // of all shared experts together
  int first_dense_layers = 0;   // leading layers with a dense feed-forward
  int group_limit = 0;          // expert groups a token may use (node-limited routing); 0: no limit
  std::vector<double> avoided;  // by rank, the most popular first: log of the probability that a token does not choose this expert
};
// The same where tokens choose `top_k` experts, the r-th most popular with a probability in proportion to r^-popularity (Zipf's law).
std::vector<double> log_avoided(int experts, int top_k, double popularity);

struct AttentionLayers {
  AttentionKind kind = AttentionKind::full;
  int layers = 0;
};

struct ModelSpec {
  std::string name;
  int layers = 0;
  int hidden = 0;
  int intermediate = 0;  // of the dense feed-forward
  bool gated = true;     // feed-forwards multiply by a gate: three matrices, not two
  int vocabulary = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  bool output_gate = false;               // queries come with a gate of their size for the attention's output
  std::optional<LatentAttention> latent;  // else grouped-query attention
  std::optional<SparseIndex> index;
  std::optional<LinearAttention> linear;
  std::vector<AttentionLayers> attention;  // adds up to `layers`
  int window = 0;                          // tokens that windowed layers look at
  std::optional<MixtureOfExperts> moe;
  std::optional<NumberFormat> native_experts;  // the checkpoint comes with experts in this format, everything else in bf16
  int mtp_layers = 0;                          // multi-token prediction modules that the checkpoint brings
  int max_context = 0;
  bool tied_embeddings = false;

  int moe_layers() const { return moe ? layers - moe->first_dense_layers : 0; }
  int dense_layers() const { return layers - moe_layers(); }
  int layers_of(AttentionKind kind) const;

  // Parameter counts of one layer's parts and of the whole (embeddings included, MTP modules not).
  double attention_parameters(AttentionKind kind) const;
  double attention_parameters() const;  // mean over the layers
  double dense_ffn_parameters() const { return (gated ? 3.0 : 2.0) * hidden * intermediate; }
  double expert_parameters() const;         // one routed expert
  double shared_expert_parameters() const;  // all of a layer
  double embedding_parameters() const { return static_cast<double>(vocabulary) * hidden; }
  double parameters() const;
  double active_parameters() const;  // used by one token, embeddings included

  // KV cache elements that one token leaves in one layer that keeps keys and values.
  int kv_elements_per_layer() const;
  // Of all layers; windowed layers count as if they kept every token. Keys of a sparse index are FP8 with a scale of 4 bytes.
  Bytes kv_bytes_per_token(NumberFormat format) const;
  // What linear layers keep of a sequence, whatever its length: states in FP32.
  Bytes state_bytes_per_sequence() const;
};

// Reads the keys of a Hugging Face config.json (as JSON or YAML); keys that do not matter here are let pass.
// Throws InputError for a `model_type` of another architecture.
ModelSpec read_model(config::Node node);

}  // namespace podsim::model
