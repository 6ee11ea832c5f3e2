// Every shipped model against what its makers published: parameters, active parameters and KV cache of a token.
#include "base/error.hpp"
#include "model/operators.hpp"
#include "support/models.hpp"
#include "support/work.hpp"

using namespace podsim;
using model::AttentionKind;
using test::shipped_model;

TEST_CASE("Parameters of the shipped models are the published ones within 3 %") {
  // Model cards and reports; billions. Where the card counts only what is not embedding, the test says so by its second figure.
  const auto [name, published] = GENERATE(table<std::string, double>({
      {"bloom-176b", 176.2},      // arXiv 2211.05100
      {"deepseek-v2", 236},       // arXiv 2405.04434
      {"deepseek-v3", 671},       // arXiv 2412.19437
      {"deepseek-r1", 671},       // arXiv 2501.12948
      {"deepseek-v3.2", 671},     // arXiv 2512.02556: V3.1 with an indexer
      {"gpt-oss-20b", 20.9},      // gpt-oss model card, table 1
      {"gpt-oss-120b", 116.8},    // gpt-oss model card, table 1
      {"glm-4.5", 355},           // arXiv 2508.06471
      {"glm-4.5-air", 106},       // arXiv 2508.06471
      {"glm-5", 743.2},           // counted from its config.json without the indexer
      {"kimi-k2", 1030},          // arXiv 2507.20534: 1.04 trillion
      {"llama-2-70b", 69},        // arXiv 2307.09288
      {"llama-3.1-8b", 8.03},     // arXiv 2407.21783
      {"llama-3.1-70b", 70.6},    // arXiv 2407.21783
      {"llama-3.1-405b", 405},    // arXiv 2407.21783
      {"minimax-m2", 229},        // model card: 230 B
      {"mistral-7b", 7.25},       // model card
      {"mixtral-8x7b", 46.7},     // arXiv 2401.04088
      {"mixtral-8x22b", 141},     // model card
      {"pangu-pro-moe-72b", 72},  // arXiv 2505.21411
      {"qwen2.5-7b", 7.6},        // model cards of Qwen
      {"qwen2.5-72b", 72.7},      {"qwen3-0.6b", 0.6},     {"qwen3-8b", 8.2},        {"qwen3-14b", 14.8},
      {"qwen3-32b", 32.8},        {"qwen3-30b-a3b", 30.5}, {"qwen3-235b-a22b", 235}, {"qwen3-coder-480b-a35b", 480},
      {"qwen3-next-80b-a3b", 80},  // model card: 80 B in total
  }));
  INFO(name);
  CHECK(shipped_model(name).parameters() / 1e9 == Approx(published).epsilon(0.03));
}

TEST_CASE("Active parameters are the published ones within 3 %, embeddings counted as the makers do") {
  // GLM counts no embedding, gpt-oss and DeepSeek-V3 the output embedding only, the others both.
  const auto [name, published, embeddings] = GENERATE(table<std::string, double, int>({
      {"deepseek-v2", 21, 2},
      {"deepseek-v3", 37, 1},
      {"deepseek-r1", 37, 1},
      {"deepseek-v3.2", 37, 1},
      {"glm-4.5", 32, 0},
      {"glm-4.5-air", 12, 0},
      {"glm-5", 41.1, 2},  // counted from its config.json without the indexer
      {"gpt-oss-20b", 3.61, 1},
      {"gpt-oss-120b", 5.13, 1},
      {"kimi-k2", 32, 2},
      {"mixtral-8x7b", 12.9, 2},
      {"mixtral-8x22b", 39.1, 2},
      {"pangu-pro-moe-72b", 16.5, 2},
      {"qwen3-30b-a3b", 3.3, 2},
      {"qwen3-235b-a22b", 22, 2},
      {"qwen3-coder-480b-a35b", 35, 2},
  }));
  INFO(name);
  const auto model = shipped_model(name);
  const double counted = model.active_parameters() - (2 - embeddings) * model.embedding_parameters();
  CHECK(counted / 1e9 == Approx(published).epsilon(0.03));
}

TEST_CASE("Every parameter of a dense model is active") {
  for (const char* name :
       {"llama-2-70b", "llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b", "qwen2.5-7b", "qwen2.5-72b", "qwen3-8b", "qwen3-32b"}) {
    INFO(name);
    const auto model = shipped_model(name);
    CHECK(model.active_parameters() == Approx(model.parameters()));
  }
}

TEST_CASE("KV bytes of a token in bf16 follow from heads, latents and index keys") {
  const double latent = 576 * 2.0, index_key = 128 + 4;  // an FP8 index key with its scale
  const auto [name, bytes] = GENERATE_COPY(table<std::string, double>({
      {"deepseek-v2", 60 * latent},
      {"deepseek-v3", 61 * latent},
      {"deepseek-r1", 61 * latent},
      {"deepseek-v3.2", 61 * (latent + index_key)},
      {"glm-4.5", 92 * 2 * 8 * 128 * 2.0},
      {"glm-4.5-air", 46 * 2 * 8 * 128 * 2.0},
      {"glm-5", 78 * (latent + index_key)},
      {"gpt-oss-20b", 24 * 2 * 8 * 64 * 2.0},
      {"gpt-oss-120b", 36 * 2 * 8 * 64 * 2.0},
      {"kimi-k2", 61 * latent},
      {"llama-2-70b", 80 * 2 * 8 * 128 * 2.0},
      {"llama-3.1-8b", 32 * 2 * 8 * 128 * 2.0},
      {"llama-3.1-70b", 80 * 2 * 8 * 128 * 2.0},
      {"llama-3.1-405b", 126 * 2 * 8 * 128 * 2.0},
      {"mixtral-8x7b", 32 * 2 * 8 * 128 * 2.0},
      {"mixtral-8x22b", 56 * 2 * 8 * 128 * 2.0},
      {"pangu-pro-moe-72b", 48 * 2 * 8 * 128 * 2.0},
      {"qwen2.5-7b", 28 * 2 * 4 * 128 * 2.0},
      {"qwen2.5-72b", 80 * 2 * 8 * 128 * 2.0},
      {"qwen3-8b", 36 * 2 * 8 * 128 * 2.0},
      {"qwen3-32b", 64 * 2 * 8 * 128 * 2.0},
      {"qwen3-30b-a3b", 48 * 2 * 4 * 128 * 2.0},
      {"qwen3-235b-a22b", 94 * 2 * 4 * 128 * 2.0},
      {"qwen3-coder-480b-a35b", 62 * 2 * 8 * 128 * 2.0},
      {"qwen3-next-80b-a3b", 12 * 2 * 2 * 256 * 2.0},  // a quarter of 48 layers keeps keys
  }));
  INFO(name);
  CHECK(shipped_model(name).kv_bytes_per_token(NumberFormat::bf16).value() == Approx(bytes));
}

TEST_CASE("Layers of each kind add up, whichever way the file tells them") {
  const auto oss = shipped_model("gpt-oss-120b");
  CHECK(oss.layers_of(AttentionKind::window) == 18);
  CHECK(oss.layers_of(AttentionKind::full) == 18);
  const auto next = shipped_model("qwen3-next-80b-a3b");
  CHECK(next.layers_of(AttentionKind::linear) == 36);
  CHECK(next.layers_of(AttentionKind::full) == 12);
  CHECK(shipped_model("glm-5").layers_of(AttentionKind::sparse) == 78);
  CHECK(shipped_model("llama-3.1-8b").layers_of(AttentionKind::full) == 32);
}

TEST_CASE("A text model inside a multimodal one is read, and a quantised checkpoint says what its experts come in") {
  const auto inner = test::model_from(
      "{model_type: qwen3_5_moe, text_config: {model_type: qwen3_5_moe_text, hidden_size: 512, num_hidden_layers: 8, num_attention_heads: "
      "8, "
      "num_key_value_heads: 2, head_dim: 64, num_experts: 16, num_experts_per_tok: 2, moe_intermediate_size: 128, "
      "shared_expert_intermediate_size: 128, linear_num_key_heads: 4, linear_num_value_heads: 8, linear_key_head_dim: 64, "
      "linear_value_head_dim: 64, vocab_size: 1000, max_position_embeddings: 4096}}");
  CHECK(inner.layers_of(AttentionKind::linear) == 6);
  CHECK(inner.moe->shared_experts == 1);
  CHECK(shipped_model("gpt-oss-20b").native_experts == NumberFormat::mxfp4);
  CHECK_FALSE(shipped_model("deepseek-v3").native_experts);
}

TEST_CASE("A window stops the growth of decode attention, an indexer leaves only its own scores growing") {
  const auto oss = shipped_model("gpt-oss-120b");
  const auto bytes = [](const std::vector<model::Operator>& ops) {
    double sum = 0;
    for (const auto& op : ops) sum += op.bytes.value();
    return sum;
  };
  const auto core = [&](const model::ModelSpec& model, AttentionKind kind, double context) {
    return bytes(model::attention_core(model, kind, {}, {}, {.decode_sequences = 4, .decode_context = 4 * context}));
  };
  CHECK(core(oss, AttentionKind::window, 8000) == core(oss, AttentionKind::window, 128));
  CHECK(core(oss, AttentionKind::window, 64) < core(oss, AttentionKind::window, 128));
  CHECK(core(oss, AttentionKind::full, 8000) == Approx(4 * 8000 * 2 * 8 * 64 * 2.0));
  const auto sparse = shipped_model("deepseek-v3.2");
  const double growth = core(sparse, AttentionKind::sparse, 20000) - core(sparse, AttentionKind::sparse, 10000);
  CHECK(growth == Approx(4 * 10000 * (128 + 4 + 4 + 4)));  // index keys with scales, and a score written and read
}

TEST_CASE("A linear layer's decode reads and writes its state whatever the context, and keeps no keys") {
  const auto next = shipped_model("qwen3-next-80b-a3b");
  const double state = 32 * 128 * 128.0;
  const auto ops = model::attention_core(next, AttentionKind::linear, {}, {}, {.decode_sequences = 3, .decode_context = 90000});
  REQUIRE(ops.size() == 1);
  CHECK(ops[0].flops.value() == 6 * 3 * state);
  CHECK(ops[0].bytes.value() == Approx(3 * (2 * 4 * state + 32 * 2 * 256 * 2.0)));
  CHECK(next.state_bytes_per_sequence().value() == Approx(36 * 4 * (state + 3 * (2 * 2048 + 4096.0))));
}

TEST_CASE("What a family cannot say is refused with the reason") {
  const std::string moe =
      "hidden_size: 512\nnum_hidden_layers: 4\nnum_attention_heads: 8\nvocab_size: 1000\nmax_position_embeddings: 4096\n"
      "intermediate_size: 1024\nnum_experts: 16\nnum_experts_per_tok: 2\nmoe_intermediate_size: 128\nmodel_type: qwen3_moe\n";
  const auto [more, message] = GENERATE(table<std::string, std::string>({
      {"decoder_sparse_step: 2\n", "test.yaml:11: decoder_sparse_step: only 1 is supported: every layer an MoE layer"},
      {"mlp_only_layers: [1]\n", "test.yaml:11: mlp_only_layers.0: dense layers between MoE layers are not supported"},
      {"sliding_window: 64\nlayer_types: [full_attention]\n", "test.yaml:12: layer_types: names 1 layers, the model has 4"},
  }));
  test::Yaml yaml(moe + more);
  CHECK(yaml.error_of([](config::Node node) { model::read_model(node); }) == message);
}

TEST_CASE("An architecture that is not supported is refused by name, with what is missing") {
  const auto refusal = [](const std::string& type) -> std::string {
    try {
      test::model_from("{model_type: " + type + ", num_hidden_layers: 2}");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal("nemotron_h").find("model_type: nemotron_h is not supported: it has Mamba-2 layers") != std::string::npos);
  CHECK(refusal("llama4").find("chunked attention") != std::string::npos);
  CHECK(refusal("lama").find("llama") != std::string::npos);  // the supported ones are listed
}
