// What an endpoint holds: weights by the way a model is split, and KV cache a token.
#include "model/operators.hpp"
#include "support/models.hpp"

using namespace podsim;
using model::Formats;
using podsim::NumberFormat;
using test::deepseek_r1;
using test::llama_70b;

namespace {

Formats in(NumberFormat weights) {
  Formats formats;
  formats.weights = formats.experts = formats.activations = weights;
  return formats;
}

constexpr double expert = 3.0 * 7168 * 2048, router = 256.0 * 7168, r1_embeddings = 2 * 129280.0 * 7168;

}  // namespace

TEST_CASE("Llama-3.1-70B over four endpoints: a quarter of the layers in FP8 and of the embeddings in BF16") {
  const auto llama = llama_70b();
  const model::ParallelSpec four{.tensor = 4};
  const double layers = 80 * (llama.attention_parameters() + llama.dense_ffn_parameters());
  const double embeddings = 2 * 128256.0 * 8192;
  CHECK(model::weight_bytes(llama, four, in(NumberFormat::fp8), 0).value() == Approx(layers / 4 + embeddings / 4 * 2));
  CHECK(model::weight_bytes(llama, four, Formats(), 0).value() == Approx(2 * llama.parameters() / 4));
}

TEST_CASE("Tied embeddings are held once") {
  auto llama = llama_70b();
  const double untied = model::weight_bytes(llama, {}, Formats(), 0).value();
  llama.tied_embeddings = true;
  CHECK(untied - model::weight_bytes(llama, {}, Formats(), 0).value() == 2 * 128256.0 * 8192);
}

TEST_CASE("A CloudMatrix384 decode die holds all of attention, one expert of each layer and no shared one") {
  const auto r1 = deepseek_r1();
  const model::ParallelSpec published{.data = 320, .expert = 320, .redundant_experts = 32, .shared_expert_endpoints = 32};
  const double int8 = 61 * r1.attention_parameters() + 3 * r1.dense_ffn_parameters() + 58 * expert;
  CHECK(model::weight_bytes(r1, published, in(NumberFormat::int8), 0).value() == Approx(int8 + 2 * (58 * router + r1_embeddings)));
}

TEST_CASE("Disaggregated, attention endpoints hold no routed expert and expert endpoints nothing else") {
  const auto r1 = deepseek_r1();
  model::ParallelSpec apart{.data = 480, .expert = 64};
  apart.disaggregated_experts = model::ExpertTurns{};
  const double dense = 61 * r1.attention_parameters() + 3 * r1.dense_ffn_parameters();
  const double attention = dense + 58 * expert + 2 * (58 * router + r1_embeddings);  // with the shared expert
  CHECK(model::weight_bytes(r1, apart, in(NumberFormat::int8), 0).value() == Approx(attention));
  CHECK(model::expert_weight_bytes(r1, apart, in(NumberFormat::int8), 0).value() == Approx(58 * 256 / 64 * expert));
  // One attention endpoint and all that hold experts: the whole model.
  CHECK((model::weight_bytes(r1, apart, in(NumberFormat::int8), 0) + model::expert_weight_bytes(r1, apart, in(NumberFormat::int8), 0) * 64)
            .value() == Approx(model::weight_bytes(r1, {}, in(NumberFormat::int8), 0).value()));
  apart.expert = 288;
  apart.shared_expert_endpoints = 32;
  CHECK(model::weight_bytes(r1, apart, in(NumberFormat::int8), 0).value() == Approx(attention - 58 * expert));
  CHECK(model::expert_weight_bytes(r1, apart, in(NumberFormat::int8), 1).value() == Approx(59 * expert));
}

TEST_CASE("Experts over EP32 with 32 redundant ones: nine routed and the shared one an endpoint") {
  const auto r1 = deepseek_r1();
  const model::ParallelSpec ep32{.data = 32, .expert = 32, .redundant_experts = 32};
  Formats formats = in(NumberFormat::fp8);
  formats.experts = NumberFormat::fp4;
  const double dense = 61 * r1.attention_parameters() + 3 * r1.dense_ffn_parameters();
  CHECK(model::weight_bytes(r1, ep32, formats, 0).value() ==
        Approx(dense + 58 * 10 * expert * (0.5 + 1.0 / 16) + 2 * (58 * router + r1_embeddings)));
}

TEST_CASE("Under tensor parallelism MLA's down projections are held whole") {
  const auto r1 = deepseek_r1();
  const model::ParallelSpec eight{.tensor = 8};
  const double down = 7168.0 * (1536 + 512 + 64);
  const double split = 61 * (r1.attention_parameters() - down) + 3 * r1.dense_ffn_parameters() + 58 * 257 * expert + r1_embeddings;
  CHECK(model::weight_bytes(r1, eight, Formats(), 0).value() == Approx(2 * (split / 8 + 61 * down + 58 * router)));
}

TEST_CASE("The busiest of two pipeline stages holds the larger half of the layers and one of the two embeddings") {
  const auto llama = llama_70b();
  const model::ParallelSpec two{.pipeline = 2};
  CHECK(model::weight_bytes(llama, two, Formats(), 0).value() == Approx(llama.parameters()));  // half of it, two bytes each
  const auto r1 = deepseek_r1();
  const double layers = 2 * (r1.parameters() - r1_embeddings);
  CHECK(model::weight_bytes(r1, two, Formats(), 0).value() == Approx(layers * 31 / 61 + r1_embeddings));
}

TEST_CASE("A multi-token prediction module weighs as much as a layer") {
  const auto r1 = deepseek_r1();
  const double layers = 2 * (r1.parameters() - r1_embeddings);
  const double added = (model::weight_bytes(r1, {}, Formats(), 1) - model::weight_bytes(r1, {}, Formats(), 0)).value();
  CHECK(added == Approx(layers / 61));
}

TEST_CASE("KV cache of a token: heads are split down to one an endpoint, then copied") {
  const auto [tensor, sequence, share] = GENERATE(table<int, int, int>({{1, 1, 1}, {4, 1, 4}, {8, 1, 8}, {16, 1, 8}, {4, 2, 8}}));
  const model::ParallelSpec parallel{.tensor = tensor, .sequence = sequence};
  CHECK(model::kv_bytes_per_token(llama_70b(), parallel, Formats()).value() == 327680.0 / share);
}

TEST_CASE("KV cache of a token: every endpoint of a group holds MLA's whole latent") {
  const int tensor = GENERATE(1, 8);
  const model::ParallelSpec parallel{.tensor = tensor};
  CHECK(model::kv_bytes_per_token(deepseek_r1(), parallel, Formats()).value() == 70272);
}

TEST_CASE("KV cache of a token: a pipeline stage holds its own layers only") {
  const model::ParallelSpec two{.pipeline = 2};
  Formats fp8;
  fp8.kv = NumberFormat::fp8;
  CHECK(model::kv_bytes_per_token(llama_70b(), two, fp8).value() == 327680.0 / 2 / 2);
  CHECK(model::kv_bytes_per_token(deepseek_r1(), two, Formats()).value() == 31 * 576.0 * 2);  // of 61 layers
}
