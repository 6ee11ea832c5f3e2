// The models that podsim ships, and a small mixture of experts in the words of its config.json.
#pragma once

#include <string>

#include "model/model.hpp"
#include "support/files.hpp"
#include "support/shipped.hpp"

namespace test {

inline podsim::model::ModelSpec shipped_model(const std::string& name) {
  return shipped("configs/models/" + name + ".yaml", podsim::model::read_model);
}

inline podsim::model::ModelSpec deepseek_r1() { return shipped_model("deepseek-r1"); }
inline podsim::model::ModelSpec llama_70b() { return shipped_model("llama-3.1-70b"); }

// The published config.json of Mixtral 8x7B, which has no shared expert.
inline const std::string mixtral_json = R"({
  "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336,
  "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "num_local_experts": 8,
  "num_experts_per_tok": 2, "vocab_size": 32000, "max_position_embeddings": 32768, "sliding_window": null,
  "rope_theta": 1e6, "tie_word_embeddings": false
})";

inline podsim::model::ModelSpec model_from(const std::string& text) {
  Yaml yaml(text);
  return podsim::model::read_model(yaml.root());
}

}  // namespace test
