// A transformer as its Hugging Face config.json describes it.
#pragma once

#include <optional>
#include <string>

#include "base/number_format.hpp"
#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::model {

// Multi-head latent attention: keys and values are kept as one low-rank latent (DeepSeek-V2, arXiv 2405.04434).
struct LatentAttention {
  int kv_rank = 0;
  int q_rank = 0;  // 0: queries are not compressed
  int rope_dim = 0;
  int nope_dim = 0;
  int v_dim = 0;
};

struct MixtureOfExperts {
  int experts = 0;
  int top_k = 0;
  int intermediate = 0;         // of one expert
  int shared_experts = 0;       // always on
  int shared_intermediate = 0;  // of all shared experts together
  int first_dense_layers = 0;   // leading layers with a dense feed-forward
  int group_limit = 0;          // expert groups a token may use (node-limited routing); 0: no limit
};

struct ModelSpec {
  std::string name;
  int layers = 0;
  int hidden = 0;
  int intermediate = 0;  // of the dense feed-forward
  int vocabulary = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  std::optional<LatentAttention> latent;  // else grouped-query attention
  std::optional<MixtureOfExperts> moe;
  int mtp_layers = 0;  // multi-token prediction modules that the checkpoint brings
  int max_context = 0;
  bool tied_embeddings = false;

  int moe_layers() const { return moe ? layers - moe->first_dense_layers : 0; }
  int dense_layers() const { return layers - moe_layers(); }

  // Parameter counts of one layer's parts and of the whole (embeddings included, MTP modules not).
  double attention_parameters() const;
  double dense_ffn_parameters() const { return 3.0 * hidden * intermediate; }
  double expert_parameters() const;         // one routed expert
  double shared_expert_parameters() const;  // all of a layer
  double embedding_parameters() const { return static_cast<double>(vocabulary) * hidden; }
  double parameters() const;
  double active_parameters() const;  // used by one token

  // KV cache elements that one token leaves in one layer.
  int kv_elements_per_layer() const;
  Bytes kv_bytes_per_token(NumberFormat format) const;
};

// Reads the keys of a Hugging Face config.json (as JSON or YAML); keys that do not matter here are let pass.
// Throws InputError for a `model_type` of another architecture.
ModelSpec read_model(config::Node node);

}  // namespace podsim::model
