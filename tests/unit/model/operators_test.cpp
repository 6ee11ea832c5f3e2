// The arithmetic, memory traffic and exchanges of attention and dense blocks, against closed forms.
#include "model/operators.hpp"

#include "support/models.hpp"
#include "support/work.hpp"

using namespace podsim;
using model::Exchange;
using model::Formats;
using model::OperatorKind;
using podsim::NumberFormat;
using test::decode;
using test::deepseek_r1;
using test::flops_of;
using test::llama_70b;
using test::prompt;

namespace {
const Formats bf16;
const model::ParallelSpec alone;

double expansion_of(const std::vector<model::Operator>& core) { return test::operator_named(core, "key_value_up").flops.value(); }
}  // namespace

TEST_CASE("A dense layer takes 2 * parameters * tokens FLOPs beside attention scores") {
  const auto llama = llama_70b();
  const double tokens = GENERATE(1.0, 64.0, 4096.0);
  const auto projections = model::attention_projections(llama, model::AttentionKind::full, alone, bf16, prompt(tokens));
  CHECK(flops_of(projections.operators) == Approx(2 * llama.attention_parameters() * tokens));
  CHECK(flops_of(model::dense_block(llama, alone, bf16, tokens).operators) == Approx(2 * llama.dense_ffn_parameters() * tokens));
  CHECK(flops_of(model::head_block(llama, alone, bf16, tokens).operators) == Approx(2 * 128256.0 * 8192 * tokens));
}

TEST_CASE("MLA projections take 2 * parameters * tokens FLOPs, whether keys and values are expanded or absorbed") {
  const auto r1 = deepseek_r1();
  const auto prefill = model::attention_projections(r1, model::AttentionKind::full, alone, bf16, prompt(512));
  const auto core = model::attention_core(r1, model::AttentionKind::full, alone, bf16, prompt(512));
  CHECK(flops_of(prefill.operators) + expansion_of(core) == Approx(2 * r1.attention_parameters() * 512));
  const auto decoding = model::attention_projections(r1, model::AttentionKind::full, alone, bf16, decode(48, 4096, 2));
  CHECK(flops_of(decoding.operators) == Approx(2 * r1.attention_parameters() * 48 * 2));
}

TEST_CASE("Queries that are not compressed are projected at once") {
  auto r1 = deepseek_r1();
  r1.latent->q_rank = 0;
  const auto work = model::attention_projections(r1, model::AttentionKind::full, alone, bf16, prompt(512));
  const double expansion = 512 * 128 * (128 + 128);
  CHECK(flops_of(work.operators) == Approx(2 * (r1.attention_parameters() - expansion) * 512));
  CHECK(test::operator_named(work.operators, "query").flops.value() == 2.0 * 512 * 7168 * 128 * (128 + 64));
}

TEST_CASE("Causal prefill of n tokens multiplies n (n + 1) / 2 pairs by keys and by values") {
  const double n = GENERATE(1.0, 1000.0);
  const double pairs = n * (n + 1) / 2;
  const auto llama = model::attention_core(llama_70b(), model::AttentionKind::full, alone, bf16, prompt(n));
  REQUIRE(llama.size() == 1);
  CHECK(llama[0].kind == OperatorKind::attention_prefill);
  CHECK(llama[0].flops.value() == 2 * 64 * (128 + 128) * pairs);
  const auto r1 = model::attention_core(deepseek_r1(), model::AttentionKind::full, alone, bf16, prompt(n));
  CHECK(test::operator_named(r1, "attention_prefill").flops.value() == 2 * 128 * (128 + 64 + 128) * pairs);
}

TEST_CASE("A chunk of a prompt expands the latents of what is cached before it, too") {
  const model::GroupLoad second{.prefill_sequences = 1, .prefill_tokens = 100, .prefill_pairs = 100 * 900 + 5050, .prefill_context = 1000};
  const auto core = model::attention_core(deepseek_r1(), model::AttentionKind::full, alone, bf16, second);
  CHECK(expansion_of(core) == 2.0 * 1000 * 512 * 128 * (128 + 128));
  const auto& shape = test::operator_named(core, "attention_prefill").shape;
  CHECK(shape.context == Approx(1000));
  CHECK(shape.width == 192);
  CHECK(shape.value_width == 128);
}

TEST_CASE("Decode reads the cache once and multiplies it by every query") {
  const auto ops = model::attention_core(llama_70b(), model::AttentionKind::full, alone, bf16, decode(10, 2000, 3));
  REQUIRE(ops.size() == 1);
  CHECK(ops[0].kind == OperatorKind::attention_decode);
  CHECK(ops[0].flops.value() == 2.0 * 64 * (128 + 128) * 10 * 2000 * 3);
  CHECK(ops[0].bytes.value() == 10.0 * 2000 * 2 * 8 * 128 * 2);
}

TEST_CASE("Absorbed MLA decode takes 2 * heads * (2 * kv_rank + rope) * context FLOPs and reads one latent for all heads") {
  const int tensor = GENERATE(1, 4);
  const model::ParallelSpec parallel{.tensor = tensor};
  Formats formats;
  formats.kv = NumberFormat::fp8;
  const auto ops = model::attention_core(deepseek_r1(), model::AttentionKind::full, parallel, formats, decode(48, 4096));
  CHECK(flops_of(ops) == 2.0 * 128 / tensor * (2 * 512 + 64) * 48 * 4096);
  CHECK(ops[0].bytes.value() == 48.0 * 4096 * (512 + 64) * 1);
}

TEST_CASE("A batch of prompts and decoding sequences runs both kernels") {
  auto mixed = prompt(100);
  mixed.decode_sequences = 8;
  mixed.decode_context = 8 * 500;
  const auto both = model::attention_core(llama_70b(), model::AttentionKind::full, alone, bf16, mixed);
  CHECK(both.size() == 2);
  CHECK(flops_of(both) == flops_of(model::attention_core(llama_70b(), model::AttentionKind::full, alone, bf16, prompt(100))) +
                              flops_of(model::attention_core(llama_70b(), model::AttentionKind::full, alone, bf16, decode(8, 500))));
  CHECK(model::attention_core(llama_70b(), model::AttentionKind::full, alone, bf16, {}).empty());
}

TEST_CASE("Tensor parallelism over two endpoints halves the FLOPs of each and adds one all-reduce a block") {
  const auto llama = llama_70b();
  const model::ParallelSpec two{.tensor = 2};
  const auto load = decode(32, 1000);
  const auto one = model::attention_projections(llama, model::AttentionKind::full, alone, bf16, load),
             half = model::attention_projections(llama, model::AttentionKind::full, two, bf16, load);
  CHECK(flops_of(half.operators) == flops_of(one.operators) / 2);
  CHECK(flops_of(model::attention_core(llama, model::AttentionKind::full, two, bf16, load)) ==
        flops_of(model::attention_core(llama, model::AttentionKind::full, alone, bf16, load)) / 2);
  const auto ffn = model::dense_block(llama, two, bf16, 32);
  CHECK(flops_of(ffn.operators) == flops_of(model::dense_block(llama, alone, bf16, 32).operators) / 2);
  CHECK(flops_of(model::head_block(llama, two, bf16, 32).operators) == flops_of(model::head_block(llama, alone, bf16, 32).operators) / 2);
  CHECK(one.communications.empty());
  CHECK(test::bytes_of(half, Exchange::tensor_all_reduce) == std::vector<double>{32 * 8192 * 2.0});
  CHECK(test::bytes_of(ffn, Exchange::tensor_all_reduce) == std::vector<double>{32 * 8192 * 2.0});
}

TEST_CASE("Under tensor parallelism every endpoint compresses all tokens itself, and only the heads are split") {
  const auto r1 = deepseek_r1();
  const model::ParallelSpec four{.tensor = 4};
  const double down = 7168.0 * (1536 + 512 + 64);
  const auto work = model::attention_projections(r1, model::AttentionKind::full, four, bf16, prompt(256));
  const double expansion = expansion_of(model::attention_core(r1, model::AttentionKind::full, four, bf16, prompt(256)));
  CHECK(flops_of(work.operators) + expansion == Approx(2 * 256 * (down + (r1.attention_parameters() - down) / 4)));
}

TEST_CASE("A product moves its weights once, its input and its output in BF16") {
  const auto op = test::operator_named(model::head_block(llama_70b(), alone, bf16, 7).operators, "lm_head");
  CHECK(op.bytes.value() == 2 * (128256.0 * 8192 + 7.0 * 8192 + 7.0 * 128256));
  CHECK(op.format == NumberFormat::bf16);
}

TEST_CASE("A product computes in the wider of its formats, and narrow weights take fewer bytes") {
  Formats formats;
  formats.weights = NumberFormat::fp8;
  const auto narrow = test::operator_named(
      model::attention_projections(llama_70b(), model::AttentionKind::full, alone, formats, prompt(5)).operators, "output");
  CHECK(narrow.format == NumberFormat::bf16);
  CHECK(narrow.bytes.value() == 8192.0 * 8192 * 1 + 2 * (5.0 * 8192 + 5.0 * 8192));
  formats.activations = NumberFormat::fp8;
  const auto both = test::operator_named(
      model::attention_projections(llama_70b(), model::AttentionKind::full, alone, formats, prompt(5)).operators, "output");
  CHECK(both.format == NumberFormat::fp8);
  CHECK(both.bytes.value() == 8192.0 * 8192 * 1 + 1 * (5.0 * 8192) + 2 * (5.0 * 8192));
}

TEST_CASE("Sequence parallelism splits tokens outside attention and heads inside") {
  const auto r1 = deepseek_r1();
  const model::ParallelSpec thirty_two{.sequence = 32};
  Formats formats;
  formats.weights = formats.activations = NumberFormat::int8;
  const double tokens = 65536, here = tokens / 32;
  const auto work = model::attention_projections(r1, model::AttentionKind::full, thirty_two, formats, prompt(tokens));
  const auto core = model::attention_core(r1, model::AttentionKind::full, thirty_two, formats, prompt(tokens));
  CHECK(flops_of(work.operators) + expansion_of(core) == Approx(2 * r1.attention_parameters() * here));
  CHECK(flops_of(model::attention_core(r1, model::AttentionKind::full, thirty_two, formats, prompt(tokens))) ==
        Approx(flops_of(model::attention_core(r1, model::AttentionKind::full, alone, formats, prompt(tokens))) / 32));
  // Compressed queries are gathered in int8, latents in BF16; the heads' outputs return in BF16.
  CHECK(test::bytes_of(work, Exchange::sequence_all_gather) == std::vector<double>{here * (1536 + 2 * (512 + 64))});
  CHECK(test::bytes_of(work, Exchange::sequence_all_to_all) == std::vector<double>{here * 128 * 128 * 2});
  CHECK(test::bytes_of(work, Exchange::tensor_all_reduce).empty());
}

TEST_CASE("A grouped-query model exchanges queries, keys and values on the way in, and outputs on the way out") {
  const model::ParallelSpec two{.sequence = 2};
  const auto work = model::attention_projections(llama_70b(), model::AttentionKind::full, two, bf16, prompt(1000));
  const double here = 500;
  CHECK(test::bytes_of(work, Exchange::sequence_all_to_all) == std::vector<double>{here * (64 + 8 + 8) * 128 * 2, here * 64 * 128 * 2});
  CHECK(test::bytes_of(work, Exchange::sequence_all_gather).empty());
}

TEST_CASE("Context parallelism splits the queries of prompts and the cache of decoding sequences, and keeps the heads") {
  const model::ParallelSpec two{.sequence = 2, .sequence_exchange = model::SequenceExchange::context};
  const auto llama = llama_70b();
  const auto kind = model::AttentionKind::full;
  const auto work = model::attention_projections(llama, kind, two, bf16, prompt(1000));
  CHECK(test::bytes_of(work, Exchange::sequence_all_gather) == std::vector<double>{500 * 2 * 8 * 128 * 2.0});
  CHECK(test::bytes_of(work, Exchange::sequence_all_to_all).empty());
  const auto whole = model::attention_core(llama, kind, alone, bf16, prompt(1000)),
             part = model::attention_core(llama, kind, two, bf16, prompt(1000));
  CHECK(flops_of(part) == flops_of(whole) / 2);
  CHECK(part[0].shape.heads == 64);
  const auto decoding = model::attention_core(llama, kind, two, bf16, decode(10, 2000));
  CHECK(decoding[0].bytes.value() == model::attention_core(llama, kind, alone, bf16, decode(10, 2000))[0].bytes.value() / 2);
  CHECK(model::kv_bytes_per_token(llama, two, bf16).value() == 327680.0 / 2);
  CHECK(model::kv_bytes_per_token(deepseek_r1(), two, bf16).value() == 70272.0 / 2);
  // Queries go to both, what each finds comes back; the latents of MLA are gathered, its queries are not.
  const auto exchanged = model::attention_projections(llama, kind, two, bf16, decode(10, 2000));
  CHECK(test::bytes_of(exchanged, Exchange::sequence_all_gather) == std::vector<double>{5 * 64 * 128 * 2.0});
  const auto latent = model::attention_projections(deepseek_r1(), kind, two, bf16, prompt(1000));
  CHECK(test::bytes_of(latent, Exchange::sequence_all_gather) == std::vector<double>{500 * (512 + 64) * 2.0});
}

TEST_CASE("Formats that are not given follow the weights") {
  test::Yaml yaml("{weights: int8}");
  const Formats formats = model::read_formats(yaml.root());
  CHECK(formats.experts == NumberFormat::int8);
  CHECK(formats.activations == NumberFormat::int8);
  CHECK(formats.dispatch == NumberFormat::int8);
  CHECK(formats.kv == NumberFormat::bf16);
  CHECK(formats.attention == NumberFormat::bf16);
  test::Yaml wrong("weights: fp6\n");
  CHECK(wrong.error_of([](config::Node node) { model::read_formats(node); }) ==
        "test.yaml:1: weights: \"fp6\" is not one of fp32, bf16, fp8, fp8_block, int8, int4, fp4, nvfp4, mxfp4");
}

TEST_CASE("An LM head that attention groups share is read in parts, for the tokens of all of them") {
  const auto llama = llama_70b();
  const model::ParallelSpec apart{.data = 16}, shared{.data = 16, .lm_head = 16};
  const auto one = test::operator_named(model::head_block(llama, apart, bf16, 5).operators, "lm_head");
  const auto part = test::operator_named(model::head_block(llama, shared, bf16, 5).operators, "lm_head");
  CHECK(part.flops == one.flops);
  CHECK(part.shape.columns == one.shape.columns / 16);
  CHECK(part.shape.rows == one.shape.rows * 16);
  const double saved = 15.0 / 16 * 128256 * 8192 * 2;
  CHECK((model::weight_bytes(llama, apart, bf16, 0) - model::weight_bytes(llama, shared, bf16, 0)).value() == Approx(saved));
}
