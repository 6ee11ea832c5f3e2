// What a mixture of experts adds: token copies, the experts they reach, exchanges and imbalance.
#include "model/operators.hpp"
#include "support/models.hpp"
#include "support/work.hpp"

using namespace podsim;
using model::Exchange;
using model::Formats;
using model::OperatorKind;
using podsim::NumberFormat;
using test::bytes_of;
using test::deepseek_r1;
using test::flops_of;

namespace {

const Formats bf16;
constexpr double expert = 3.0 * 7168 * 2048, router = 7168.0 * 256;

// FLOPs of the experts that tokens are sent to.
double routed_flops(const model::Work& work) {
  double sum = 0;
  for (const auto& op : work.operators) sum += op.kind == OperatorKind::grouped_gemm ? op.flops.value() : 0;
  return sum;
}

// Bytes of the weights of `work`'s routed experts, their inputs and outputs for `copies` taken off.
double routed_weight_bytes(const model::Work& work, double copies) {
  double sum = 0;
  for (const auto& op : work.operators) sum += op.kind == OperatorKind::grouped_gemm ? op.bytes.value() : 0;
  return sum - 2 * copies * (7168 + 2 * 2048 + 2048 + 7168);
}

}  // namespace

TEST_CASE("On one endpoint a token takes its router, 8 routed experts and the shared one") {
  const auto work = model::moe_block(deepseek_r1(), {}, bf16, 100, 100, 1);
  CHECK(flops_of(work.operators) == Approx(2 * 100 * (router + 8 * expert + expert)));
  CHECK(work.communications.empty());
}

TEST_CASE("Tensor parallelism splits every expert") {
  const model::ParallelSpec four{.tensor = 4};
  const auto work = model::moe_block(deepseek_r1(), four, bf16, 100, 100, 1);
  CHECK(flops_of(work.operators) == Approx(2 * 100 * (router + (8 * expert + expert) / 4)));
  CHECK(bytes_of(work, Exchange::tensor_all_reduce) == std::vector<double>{100 * 7168 * 2.0});
}

TEST_CASE("Under expert parallelism an endpoint computes its share of all tokens' copies") {
  const model::ParallelSpec ep32{.data = 32, .expert = 32};
  const double tokens = 128, stage = 32 * 100;  // this group has more than the mean
  const auto work = model::moe_block(deepseek_r1(), ep32, bf16, tokens, stage, 1);
  CHECK(routed_flops(work) == Approx(2 * (stage * 8 / 32) * expert));
  CHECK(flops_of(work.operators) == Approx(2 * tokens * (router + expert) + 2 * (stage * 8 / 32) * expert));
}

TEST_CASE("The busiest endpoint computes `imbalance` times the mean") {
  const model::ParallelSpec ep32{.data = 32, .expert = 32};
  const double even = routed_flops(model::moe_block(deepseek_r1(), ep32, bf16, 128, 4096, 1));
  CHECK(routed_flops(model::moe_block(deepseek_r1(), ep32, bf16, 128, 4096, 1.11)) == Approx(1.11 * even));
}

TEST_CASE("Dispatch sends every token once in its format, combine returns it in BF16, as top-k copies") {
  const model::ParallelSpec ep32{.data = 32, .expert = 32};
  Formats formats;
  formats.dispatch = NumberFormat::int8;
  const auto work = model::moe_block(deepseek_r1(), ep32, formats, 128, 4096, 1.5);
  REQUIRE(work.communications.size() == 2);
  CHECK(bytes_of(work, Exchange::dispatch) == std::vector<double>{128.0 * 7168 * 1});
  CHECK(bytes_of(work, Exchange::combine) == std::vector<double>{128.0 * 7168 * 2});
  CHECK(work.communications[0].messages == 128 * 8);
  CHECK(work.communications[1].messages == 128 * 8);
}

TEST_CASE("A tensor group deals its tokens out before it sends them to the experts") {
  const model::ParallelSpec parallel{.tensor = 4, .data = 8, .expert = 32};
  const auto work = model::moe_block(deepseek_r1(), parallel, bf16, 128, 8 * 128, 1);
  CHECK(bytes_of(work, Exchange::dispatch) == std::vector<double>{128.0 / 4 * 7168 * 2});
  CHECK(bytes_of(work, Exchange::tensor_all_reduce).empty());
}

TEST_CASE("A shared expert of its own is one more copy to send, and its endpoint may be the busiest") {
  const model::ParallelSpec published{.data = 320, .expert = 320, .redundant_experts = 32, .shared_expert_endpoints = 32};
  const double tokens = 96, stage = 320 * tokens;
  const auto work = model::moe_block(deepseek_r1(), published, bf16, tokens, stage, 1);
  CHECK(bytes_of(work, Exchange::combine)[0] == Approx(tokens * 9 / 8 * 7168 * 2));
  CHECK(work.communications[0].messages == tokens * 9);
  // 288 endpoints share 8 copies a token, 32 share one copy a token: 8/288 of all tokens against 1/32.
  CHECK(routed_flops(work) == Approx(2 * (stage / 32) * expert));
  CHECK(flops_of(work.operators) == Approx(2 * tokens * router + 2 * (stage / 32) * expert));
  // Uneven routing makes an endpoint with routed experts the busiest.
  CHECK(routed_flops(model::moe_block(deepseek_r1(), published, bf16, tokens, stage, 2)) == Approx(2 * (2 * stage * 8 / 288) * expert));
}

TEST_CASE("Disaggregated, the two sides do together what an endpoint with both does, but for whose tokens are added up") {
  const auto r1 = deepseek_r1();
  const model::ParallelSpec both{.data = 64, .expert = 64};
  model::ParallelSpec apart = both;
  apart.disaggregated_experts = model::ExpertTurns{};
  const model::Work whole = model::moe_block(r1, both, bf16, 50, 64 * 50, 1.2);
  const model::MoeSides sides = model::moe_sides(r1, apart, bf16, 50, 64 * 50, 1.2);
  CHECK(flops_of(sides.attention.operators) == Approx(2 * 50 * (router + expert)));
  CHECK(flops_of(sides.experts.operators) == Approx(flops_of(whole.operators) - 2 * 50 * (router + expert)));
  CHECK(sides.experts.communications.empty());
  REQUIRE(sides.attention.communications.size() == whole.communications.size());
  for (std::size_t i = 0; i < whole.communications.size(); ++i)
    CHECK(sides.attention.communications[i].bytes == whole.communications[i].bytes);
  // An attention endpoint adds up what comes back for its own 50 tokens.
  CHECK(sides.attention.operators.back().bytes.value() == Approx(50.0 * (8 + 1) * 7168 * 2));
}

TEST_CASE("Tokens that choose evenly reach 1 - (1 - k/E)^n of the experts, favourites make them fewer") {
  auto model = deepseek_r1();
  const auto reached = [&](double popularity) {
    model.moe->avoided = model::log_avoided(model.moe->experts, model.moe->top_k, popularity);
    return routed_weight_bytes(model::moe_block(model, {}, bf16, 32, 32, 1), 32 * 8) / (expert * 2);
  };
  CHECK(reached(0) == Approx(256 * (1 - std::pow(1 - 8.0 / 256, 32))));
  CHECK(reached(0.5) < reached(0.25));
  CHECK(reached(0.25) < reached(0));
  const auto plain = test::model_from(test::mixtral_json).moe->avoided;  // a config.json says nothing of it
  CHECK(plain == model::log_avoided(8, 2, 0));
}

TEST_CASE("A fused shared expert is one more copy of every token in the grouped products, and no product of its own") {
  const model::ParallelSpec four{.tensor = 4};
  const auto separate = model::moe_block(deepseek_r1(), four, bf16, 100, 100, 1);
  const auto fused = model::moe_block(deepseek_r1(), four, bf16, 100, 100, 1, true);
  CHECK(flops_of(fused.operators) == Approx(flops_of(separate.operators)));
  CHECK(routed_flops(fused) == Approx(2 * 100 * 9 * expert / 4));
  CHECK(fused.operators.size() == separate.operators.size() - 3);
  // Spread experts leave the shared one where it is.
  const model::ParallelSpec spread{.tensor = 4, .expert = 4, .expert_exchange = model::ExpertExchange::all_reduce};
  CHECK(routed_flops(model::moe_block(deepseek_r1(), spread, bf16, 100, 100, 1, true)) ==
        routed_flops(model::moe_block(deepseek_r1(), spread, bf16, 100, 100, 1)));
}

TEST_CASE("Few copies read few experts, many copies read all of them") {
  const auto r1 = deepseek_r1();
  CHECK(routed_weight_bytes(model::moe_block(r1, {}, bf16, 1, 1, 1), 8) == Approx(8 * expert * 2));
  CHECK(routed_weight_bytes(model::moe_block(r1, {}, bf16, 4096, 4096, 1), 4096 * 8) == Approx(256 * expert * 2));
  // 32 tokens that choose evenly would reach 256 (1 - (1 - 8/256)^32); favourites make it fewer, but more than half of that.
  const double even = 256 * (1 - std::pow(1 - 8.0 / 256, 32));
  const double reached = routed_weight_bytes(model::moe_block(r1, {}, bf16, 32, 32, 1), 32 * 8) / (expert * 2);
  CHECK(reached < even);
  CHECK(reached > even / 2);
  const model::ParallelSpec one_each{.data = 256, .expert = 256};
  CHECK(routed_weight_bytes(model::moe_block(r1, one_each, bf16, 1, 256, 1), 8) == Approx(expert * 2));
}

TEST_CASE("Expert weights in FP4 take half a byte and a sixteenth, and are multiplied in the activations' format") {
  Formats formats;
  formats.experts = NumberFormat::fp4;
  formats.activations = NumberFormat::bf16;
  const model::ParallelSpec one_each{.data = 256, .expert = 256};
  const auto work = model::moe_block(deepseek_r1(), one_each, formats, 1, 256, 1);
  CHECK(routed_weight_bytes(work, 8) == Approx(expert * (0.5 + 1.0 / 16)));
  for (const auto& op : work.operators) {
    if (op.kind == OperatorKind::grouped_gemm) CHECK(op.format == NumberFormat::bf16);
  }
}

TEST_CASE("Where every endpoint sees all tokens, it also may handle the copies that go to other endpoints' experts") {
  const model::ParallelSpec four{.tensor = 4, .expert = 4, .expert_exchange = model::ExpertExchange::all_reduce};
  const auto permute = [](const model::ParallelSpec& parallel) {
    return test::operator_named(model::moe_block(deepseek_r1(), parallel, bf16, 100, 100, 1).operators, "permute");
  };
  CHECK(permute(four).bytes.value() == 100 * 8 / 4 * 7168 * 4.0);
  CHECK(permute(four).shape.elsewhere_bytes == 100 * 8 * 3 / 4 * 7168 * 4.0);
  CHECK(permute({}).shape.elsewhere_bytes == 0);
  const model::ParallelSpec dispatched{.data = 4, .expert = 4};
  CHECK(permute(dispatched).shape.elsewhere_bytes == 0);
}
