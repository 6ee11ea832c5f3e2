// Reads a Hugging Face config.json: the one place that knows how the families name their keys.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/suggest.hpp"
#include "model/model.hpp"

namespace podsim::model {
namespace {

// How a family writes its experts.
enum class ExpertKeys {
  none,
  local,   // num_local_experts, each as wide as intermediate_size
  qwen,    // num_experts, moe_intermediate_size, perhaps one shared expert
  routed,  // n_routed_experts, n_shared_experts, first_k_dense_replace
};

struct Family {
  std::string model_type;
  ExpertKeys experts = ExpertKeys::none;
  bool gpt = false;  // n_layer and n_head; a feed-forward of 4 x hidden without a gate; positions without a limit (ALiBi)
};

const std::vector<Family>& families() {
  static const std::vector<Family> table = {
      {"llama"},
      {"mistral"},
      {"qwen2"},
      {"qwen3"},
      {"bloom", ExpertKeys::none, true},
      {"mixtral", ExpertKeys::local},
      {"minimax_m2", ExpertKeys::local},
      {"gpt_oss", ExpertKeys::local},
      {"qwen2_moe", ExpertKeys::qwen},
      {"qwen3_moe", ExpertKeys::qwen},
      {"qwen3_next", ExpertKeys::qwen},
      {"qwen3_5_moe", ExpertKeys::qwen},
      {"qwen3_5_moe_text", ExpertKeys::qwen},
      {"qwen3_5"},
      {"qwen3_5_text"},
      {"PanguProMoE", ExpertKeys::qwen},
      {"deepseek_v2", ExpertKeys::routed},
      {"deepseek_v3", ExpertKeys::routed},
      {"deepseek_v32", ExpertKeys::routed},
      {"kimi_k2", ExpertKeys::routed},
      {"glm4_moe", ExpertKeys::routed},
      {"glm_moe_dsa", ExpertKeys::routed},
  };
  return table;
}

// Architectures that are often asked for, and what a step of theirs needs that is not priced.
struct Missing {
  const char* model_type;
  const char* what;
};
constexpr std::array<Missing, 12> missing = {{
    {"gemma2", "post-norms and soft-capped scores"},
    {"gemma3", "post-norms around every block"},
    {"gemma3_text", "post-norms around every block"},
    {"llama4", "chunked attention and dense layers between MoE layers"},
    {"llama4_text", "chunked attention and dense layers between MoE layers"},
    {"minimax", "lightning attention"},
    {"nemotron_h", "Mamba-2 layers"},
    {"mamba2", "Mamba-2 layers"},
    {"jamba", "Mamba layers and MoE layers between dense ones"},
    {"kimi_linear", "Kimi delta attention"},
    {"longcat_flash", "experts that compute nothing and two attention blocks a layer"},
    {"t5", "an encoder with cross-attention"},
}};

const Family& read_family(config::Node& node) {
  const auto type = node.get<std::string>("model_type", "");
  for (const Missing& entry : missing) {
    if (type == entry.model_type)
      node.fail("model_type", fmt::format("{} is not supported: it has {}, which no operator prices", type, entry.what));
  }
  std::vector<std::string> names;
  for (const Family& entry : families()) names.push_back(entry.model_type);
  return families()[node.one_of("model_type", names)];
}

int positive(config::Node& node, const std::string& key) { return node.get_within(key, 1, 1 << 28); }

bool given(config::Node& node, const std::string& key) { return node.has(key) && !node.is_null(key); }

// Some files say null where others leave a key out.
int optional_count(config::Node& node, const std::string& key, int low, int high, int fallback) {
  return node.is_null(key) ? fallback : node.get_within(key, low, high, fallback);
}

// Every layer an MoE layer, or all but the first few; anything else is refused.
int leading_dense_layers(config::Node& node, int layers) {
  if (node.get("decoder_sparse_step", 1) != 1) node.fail("decoder_sparse_step", "only 1 is supported: every layer an MoE layer");
  int leading = 0;
  if (auto dense = node.find("mlp_only_layers")) {
    for (const config::Node& layer : dense->items()) {
      if (layer.as<int>() != leading++) layer.fail("dense layers between MoE layers are not supported");
    }
  }
  leading = node.get_within("first_k_dense_replace", 0, 10000, leading);
  if (leading >= layers) node.fail("first_k_dense_replace", "leaves no MoE layer");
  return leading;
}

MixtureOfExperts read_experts(config::Node& node, ExpertKeys keys, int layers) {
  MixtureOfExperts moe;
  const bool local = keys == ExpertKeys::local;
  moe.experts = positive(node, local ? "num_local_experts" : keys == ExpertKeys::qwen ? "num_experts" : "n_routed_experts");
  moe.intermediate = positive(node, local ? "intermediate_size" : "moe_intermediate_size");
  moe.top_k = node.get_within("num_experts_per_tok", 1, moe.experts);
  moe.avoided = log_avoided(moe.experts, moe.top_k, node.get_within("expert_popularity", 0.0, 4.0, 0.0));
  moe.first_dense_layers = leading_dense_layers(node, layers);
  if (keys == ExpertKeys::qwen) {
    moe.shared_intermediate = optional_count(node, "shared_expert_intermediate_size", 0, 1 << 28, 0);
    moe.shared_experts = moe.shared_intermediate > 0 ? 1 : 0;
  } else if (keys == ExpertKeys::routed) {
    moe.shared_experts = optional_count(node, "n_shared_experts", 0, 64, 0);
    moe.shared_intermediate = moe.shared_experts * moe.intermediate;
    if (optional_count(node, "n_group", 1, 1 << 20, 1) > 1) moe.group_limit = optional_count(node, "topk_group", 0, 1 << 20, 0);
  }
  return moe;
}

LatentAttention read_latent(config::Node& node) {
  LatentAttention latent;
  latent.kv_rank = positive(node, "kv_lora_rank");
  latent.q_rank = optional_count(node, "q_lora_rank", 0, 1 << 28, 0);
  latent.rope_dim = positive(node, "qk_rope_head_dim");
  latent.nope_dim = positive(node, "qk_nope_head_dim");
  latent.v_dim = positive(node, "v_head_dim");
  return latent;
}

LinearAttention read_linear(config::Node& node) {
  LinearAttention linear;
  linear.key_heads = positive(node, "linear_num_key_heads");
  linear.value_heads = positive(node, "linear_num_value_heads");
  linear.key_dim = positive(node, "linear_key_head_dim");
  linear.value_dim = positive(node, "linear_value_head_dim");
  linear.convolution = node.get_within("linear_conv_kernel_dim", 1, 64, 4);
  return linear;
}

// `layer_types` where the file has it, else every n-th layer full (`full_attention_interval`).
void read_mixed_layers(config::Node& node, ModelSpec& model, AttentionKind other) {
  int full = model.layers / node.get_within("full_attention_interval", 1, model.layers, other == AttentionKind::linear ? 4 : 2);
  if (auto types = node.find("layer_types")) {
    full = 0;
    int layers = 0;
    for (const config::Node& type : types->items()) {
      full += type.as<std::string>() == "full_attention";
      ++layers;
    }
    if (layers != model.layers) types->fail(fmt::format("names {} layers, the model has {}", layers, model.layers));
  }
  model.attention = {{AttentionKind::full, full}, {other, model.layers - full}};
}

void read_attention(config::Node& node, ModelSpec& model) {
  if (given(node, "kv_lora_rank")) model.latent = read_latent(node);
  if (given(node, "index_topk")) {
    model.index = SparseIndex{positive(node, "index_n_heads"), positive(node, "index_head_dim"), positive(node, "index_topk")};
    model.attention = {{AttentionKind::sparse, model.layers}};
  } else if (given(node, "linear_num_value_heads")) {
    model.linear = read_linear(node);
    model.output_gate = node.get("attn_output_gate", true);
    read_mixed_layers(node, model, AttentionKind::linear);
  } else if (given(node, "sliding_window") && node.get("use_sliding_window", true)) {
    model.window = positive(node, "sliding_window");
    if (node.has("layer_types")) read_mixed_layers(node, model, AttentionKind::window);
    else model.attention = {{AttentionKind::window, model.layers}};
  } else {
    model.attention = {{AttentionKind::full, model.layers}};
  }
}

// Of what comes quantised, only experts in MXFP4 matter here: everything else of such a checkpoint stays in bf16.
std::optional<NumberFormat> read_native_experts(config::Node& node) {
  if (!given(node, "quantization_config")) return std::nullopt;
  config::Node quantisation = node.at("quantization_config");
  quantisation.ignore_unknown_keys();
  if (quantisation.get<std::string>("quant_method", "") == "mxfp4") return NumberFormat::mxfp4;
  return std::nullopt;
}

ModelSpec read_text_model(config::Node node, const std::string& name) {
  node.ignore_unknown_keys();
  ModelSpec model;
  const Family& family = read_family(node);
  model.name = node.get<std::string>("name", node.get<std::string>("_name_or_path", name));
  model.layers = positive(node, family.gpt ? "n_layer" : "num_hidden_layers");
  model.hidden = positive(node, "hidden_size");
  // Models of experts alone may leave the dense width out or set it to 0.
  model.intermediate = optional_count(node, "intermediate_size", 0, 1 << 28, family.gpt ? 4 * model.hidden : 0);
  model.gated = !family.gpt;
  model.vocabulary = positive(node, "vocab_size");
  model.heads = positive(node, family.gpt ? "n_head" : "num_attention_heads");
  model.kv_heads = optional_count(node, "num_key_value_heads", 1, model.heads, model.heads);
  model.head_dim = optional_count(node, "head_dim", 1, 65536, std::max(1, model.hidden / model.heads));
  model.max_context = family.gpt ? 1 << 28 : positive(node, "max_position_embeddings");
  model.tied_embeddings = node.get("tie_word_embeddings", family.gpt);
  model.mtp_layers = optional_count(node, "num_nextn_predict_layers", 0, 64, 0);
  read_attention(node, model);
  if (family.experts != ExpertKeys::none) model.moe = read_experts(node, family.experts, model.layers);
  if (model.dense_layers() > 0 && model.intermediate == 0) node.fail("intermediate_size", "is needed by the dense layers");
  model.native_experts = read_native_experts(node);
  node.done();
  return model;
}

}  // namespace

ModelSpec read_model(config::Node node) {
  node.ignore_unknown_keys();
  if (!node.has("text_config")) return read_text_model(std::move(node), "unnamed");
  return read_text_model(node.at("text_config"), node.get<std::string>("_name_or_path", "unnamed"));  // of a multimodal model
}

}  // namespace podsim::model
