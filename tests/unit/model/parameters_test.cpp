// Reading a config.json and what follows from it alone: parameter counts and KV cache, against published figures.
#include "base/error.hpp"
#include "support/models.hpp"

using namespace podsim;
using test::deepseek_r1;
using test::llama_70b;

namespace {

const std::string qwen3_30b = R"({
  "model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144, "moe_intermediate_size": 768, "num_hidden_layers": 48,
  "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128, "num_experts_per_tok": 8,
  "vocab_size": 151936, "max_position_embeddings": 40960, "tie_word_embeddings": false, "decoder_sparse_step": 1
})";

// Queries are not compressed: q_lora_rank is null.
const std::string deepseek_v2_lite = R"({
  "model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
  "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "kv_lora_rank": 512, "q_lora_rank": null,
  "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128, "n_routed_experts": 64, "n_shared_experts": 2,
  "num_experts_per_tok": 6, "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1, "vocab_size": 102400,
  "max_position_embeddings": 163840, "rope_scaling": {"type": "yarn", "factor": 40}, "head_dim": null, "tie_word_embeddings": false
})";

// Without head_dim, kv heads and tie_word_embeddings, as older files are.
std::string small(const std::string& more = "") {
  return R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
             "intermediate_size": 128, "vocab_size": 1000, "max_position_embeddings": 2048)" +
         more + "}";
}

}  // namespace

TEST_CASE("Parameter counts are those that were published") {
  const auto [text, total, active] = GENERATE(table<std::string, double, double>({
      {test::mixtral_json, 46.7e9, 12.9e9},  // mistral.ai/news/mixtral-of-experts
      {qwen3_30b, 30.5e9, 3.3e9},            // model card of Qwen3-30B-A3B
      {deepseek_v2_lite, 15.7e9, 2.4e9},     // arXiv 2405.04434, appendix B
  }));
  const model::ModelSpec model = test::model_from(text);
  CHECK(model.parameters() == Approx(total).epsilon(0.03));
  CHECK(model.active_parameters() == Approx(active).epsilon(0.15));  // some count embeddings and some do not
  CHECK(model.active_parameters() < model.parameters());
}

TEST_CASE("DeepSeek-R1 has 671 billion parameters, of which a token uses 37 billion") {  // arXiv 2412.19437
  const auto model = deepseek_r1();
  CHECK(model.parameters() == Approx(671e9).epsilon(0.03));
  CHECK(model.active_parameters() == Approx(37e9).epsilon(0.05));
  CHECK(model.moe_layers() == 58);
  CHECK(model.dense_layers() == 3);
}

TEST_CASE("Llama-3.1-70B has 70.6 billion parameters and uses them all") {  // arXiv 2407.21783
  const auto model = llama_70b();
  CHECK(model.parameters() == Approx(70.6e9).epsilon(0.03));
  CHECK(model.active_parameters() == model.parameters());
}

TEST_CASE("A DeepSeek-R1 token leaves 70,272 bytes of KV cache in BF16") {  // arXiv 2505.09343, table 1
  CHECK(deepseek_r1().kv_elements_per_layer() == 512 + 64);
  CHECK(deepseek_r1().kv_bytes_per_token(NumberFormat::bf16).value() == 70272);
  CHECK(deepseek_r1().kv_bytes_per_token(NumberFormat::int8).value() == 70272 / 2.0);
}

TEST_CASE("A Llama-3.1-70B token leaves 327,680 bytes of KV cache in BF16") {
  CHECK(llama_70b().kv_elements_per_layer() == 2 * 8 * 128);
  CHECK(llama_70b().kv_bytes_per_token(NumberFormat::bf16).value() == 327680);
  CHECK(llama_70b().kv_bytes_per_token(NumberFormat::fp8).value() == 327680 / 2.0);
}

TEST_CASE("A config.json is read as it is, irrelevant keys and nulls included") {
  const test::TemporaryFolder folder;
  const auto file = folder.write("config.json", deepseek_v2_lite);
  config::Document document;
  const auto model = model::read_model(config::Node::open(document, file));
  REQUIRE(model.latent);
  REQUIRE(model.moe);
  CHECK(model.latent->q_rank == 0);
  CHECK(model.head_dim == 2048 / 16);  // null stands for hidden_size / heads
  CHECK(model.moe->shared_intermediate == 2 * 1408);
  CHECK(model.moe->group_limit == 0);  // one group is no limit
  CHECK(deepseek_r1().moe->group_limit == 4);
}

TEST_CASE("What an older config.json does not say follows from the rest") {
  const auto model = test::model_from(small());
  CHECK(model.kv_heads == 4);
  CHECK(model.head_dim == 16);
  CHECK_FALSE(model.tied_embeddings);
  CHECK(model.mtp_layers == 0);
  CHECK_FALSE(model.latent);
  CHECK_FALSE(model.moe);
}

TEST_CASE("Tied embeddings are counted once") {
  const auto untied = test::model_from(small()), tied = test::model_from(small(R"(, "tie_word_embeddings": true)"));
  CHECK(untied.parameters() - tied.parameters() == 1000.0 * 64);
}

TEST_CASE("The attention of a grouped-query model is four projections") {
  const auto model = llama_70b();
  CHECK(model.attention_parameters() == 8192.0 * (64 * 128 + 8 * 128 + 8 * 128) + 64 * 128 * 8192.0);
}

TEST_CASE("What is no supported model is refused by name") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"model_type: lama\n",
       "test.yaml:1: model_type: \"lama\" is not one of llama, mistral, qwen2, qwen3, bloom, mixtral, minimax_m2, gpt_oss, qwen2_moe, "
       "qwen3_moe, "
       "qwen3_next, qwen3_5_moe, qwen3_5_moe_text, qwen3_5, "
       "qwen3_5_text, PanguProMoE, deepseek_v2, deepseek_v3, deepseek_v32, kimi_k2, glm4_moe, glm_moe_dsa; did you mean \"llama\"?"},
      {"model_type: bert\n",
       "test.yaml:1: model_type: \"bert\" is not one of llama, mistral, qwen2, qwen3, bloom, mixtral, minimax_m2, gpt_oss, qwen2_moe, "
       "qwen3_moe, "
       "qwen3_next, qwen3_5_moe, qwen3_5_moe_text, qwen3_5, "
       "qwen3_5_text, PanguProMoE, deepseek_v2, deepseek_v3, deepseek_v32, kimi_k2, glm4_moe, glm_moe_dsa"},
      {"hidden_size: 8\n", "test.yaml:1: the key \"model_type\" is missing"},
      {"model_type: llama\nnum_hidden_layers: 0\n", "test.yaml:2: num_hidden_layers: must lie between 1 and 268435456, not 0"},
      {"model_type: llama\nnum_hidden_layers: many\n", "test.yaml:2: num_hidden_layers: \"many\" is not a whole number"},
  }));
  test::Yaml yaml(text);
  CHECK(yaml.error_of([](config::Node node) { model::read_model(node); }) == message);
}

TEST_CASE("Leading dense layers must leave a layer of experts, and a token cannot choose more experts than there are") {
  const auto broken = [](const std::string& from, const std::string& to) {
    std::string text = deepseek_v2_lite;
    text.replace(text.find(from), from.size(), to);
    test::Yaml yaml(text);
    return yaml.error_of([](config::Node node) { model::read_model(node); });
  };
  CHECK(broken("\"first_k_dense_replace\": 1", "\"first_k_dense_replace\": 27") ==
        "test.yaml:5: first_k_dense_replace: leaves no MoE layer");
  CHECK(broken("\"num_experts_per_tok\": 6", "\"num_experts_per_tok\": 65") ==
        "test.yaml:5: num_experts_per_tok: must lie between 1 and 64, not 65");
}
