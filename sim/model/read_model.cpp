// Reads a Hugging Face config.json: the one place that knows how the families name their keys.
#include <algorithm>

#include "config/suggest.hpp"
#include "model/model.hpp"

namespace podsim::model {
namespace {

enum class Family { dense, mixtral, qwen_moe, deepseek };

struct FamilyName {
  std::string model_type;
  Family family;
};

const std::vector<FamilyName>& families() {
  static const std::vector<FamilyName> table = {
      {"llama", Family::dense},      {"mistral", Family::dense},      {"qwen2", Family::dense},          {"qwen3", Family::dense},
      {"mixtral", Family::mixtral},  {"qwen3_moe", Family::qwen_moe}, {"deepseek_v2", Family::deepseek}, {"deepseek_v3", Family::deepseek},
      {"kimi_k2", Family::deepseek}, {"glm4_moe", Family::deepseek},
  };
  return table;
}

Family read_family(config::Node& node) {
  std::vector<std::string> names;
  for (const FamilyName& entry : families()) names.push_back(entry.model_type);
  return families()[node.one_of("model_type", names)].family;
}

int positive(config::Node& node, const std::string& key) { return node.get_within(key, 1, 1 << 28); }

MixtureOfExperts read_experts(config::Node& node, Family family) {
  MixtureOfExperts moe;
  switch (family) {
    case Family::mixtral:
      moe.experts = positive(node, "num_local_experts");
      moe.intermediate = positive(node, "intermediate_size");
      break;
    case Family::qwen_moe:
      moe.experts = positive(node, "num_experts");
      moe.intermediate = positive(node, "moe_intermediate_size");
      break;
    default:
      moe.experts = positive(node, "n_routed_experts");
      moe.intermediate = positive(node, "moe_intermediate_size");
      moe.shared_experts = node.get_within("n_shared_experts", 0, 64, 0);
      moe.shared_intermediate = moe.shared_experts * moe.intermediate;
      moe.first_dense_layers = node.get_within("first_k_dense_replace", 0, 10000, 0);
      if (node.get("n_group", 1) > 1) moe.group_limit = node.get("topk_group", 0);
  }
  moe.top_k = node.get_within("num_experts_per_tok", 1, moe.experts);
  return moe;
}

LatentAttention read_latent(config::Node& node) {
  LatentAttention latent;
  latent.kv_rank = positive(node, "kv_lora_rank");
  latent.q_rank = node.is_null("q_lora_rank") ? 0 : node.get_within("q_lora_rank", 0, 1 << 28, 0);
  latent.rope_dim = positive(node, "qk_rope_head_dim");
  latent.nope_dim = positive(node, "qk_nope_head_dim");
  latent.v_dim = positive(node, "v_head_dim");
  return latent;
}

}  // namespace

ModelSpec read_model(config::Node node) {
  node.ignore_unknown_keys();
  ModelSpec model;
  const Family family = read_family(node);
  model.name = node.get<std::string>("name", node.get<std::string>("_name_or_path", "unnamed"));
  model.layers = positive(node, "num_hidden_layers");
  model.hidden = positive(node, "hidden_size");
  model.intermediate = node.get_within("intermediate_size", 0, 1 << 28);
  model.vocabulary = positive(node, "vocab_size");
  model.heads = positive(node, "num_attention_heads");
  model.kv_heads = node.get_within("num_key_value_heads", 1, model.heads, model.heads);
  model.head_dim = node.is_null("head_dim") ? model.hidden / model.heads
                                            : node.get_within("head_dim", 1, 65536, std::max(1, model.hidden / model.heads));
  model.max_context = positive(node, "max_position_embeddings");
  model.tied_embeddings = node.get("tie_word_embeddings", false);
  model.mtp_layers = node.get_within("num_nextn_predict_layers", 0, 64, 0);
  if (node.has("kv_lora_rank") && !node.is_null("kv_lora_rank")) model.latent = read_latent(node);
  if (family != Family::dense) model.moe = read_experts(node, family);
  if (model.moe && model.moe->first_dense_layers >= model.layers) node.fail("first_k_dense_replace", "leaves no MoE layer");
  node.done();
  return model;
}

}  // namespace podsim::model
