// Kernel times by shape: waves, splits and memory of products, keys and items of attention, loads of experts.
#include <sstream>

#include "base/error.hpp"
#include "compute/shaped_cost.hpp"
#include "model/operator_builders.hpp"
#include "support/shipped.hpp"

using namespace podsim;
using namespace podsim::compute;
using units::us;

namespace {

// 10 cores of 1 TFLOPS each, 1 TB/s; no fixed times, no losses and no limit of a core's operands.
hardware::ChipSpec chip() {
  hardware::ChipSpec chip;
  chip.cores = 10;
  chip.peak[static_cast<std::size_t>(NumberFormat::bf16)] = 10 * units::tflop / units::s;
  chip.memory_bandwidth = units::TB / units::s;
  return chip;
}

hardware::GemmKernels gemm_kernels() {
  hardware::GemmKernels kernels;
  kernels.tile.core_bandwidth = 1e6 * units::GB / units::s;
  return kernels;
}

hardware::GroupedGemmKernels grouped_kernels() { return {.tile = gemm_kernels().tile}; }

constexpr FlopRate peak{10e12};
constexpr OperandBytes bf16{2, 2};

hardware::DecodeKernels decode_kernels() {
  hardware::DecodeKernels kernels;
  kernels.start_single = kernels.start_grouped = 5 * us;
  kernels.item_single = kernels.item_grouped = 1 * us;
  kernels.core_bandwidth_single = kernels.core_bandwidth_grouped = 200 * units::GB / units::s;
  kernels.tile_rate = 1e9;  // no arithmetic
  return kernels;
}

}  // namespace

TEST_CASE("A product that fills whole waves runs at the peak") {
  // 10 tiles of 256 x 256 over k = 8192 on 10 cores.
  const double time = gemm_time(chip(), gemm_kernels(), peak, {2560, 256, 8192, bf16}).value();
  CHECK(time == Approx(2.0 * 2560 * 256 * 8192 / 10e12));
}

TEST_CASE("One row more than a wave of the largest tiles starts a wave of smaller ones") {
  const double whole = gemm_time(chip(), gemm_kernels(), peak, {2560, 256, 64, bf16}).value();
  const double more = gemm_time(chip(), gemm_kernels(), peak, {2561, 256, 64, bf16}).value();
  CHECK(more > whole);
  CHECK(more <= 2 * whole);
}

TEST_CASE("A skinny product is split along its inner dimension, and never slower than the unsplit one") {
  hardware::GemmKernels kernels = gemm_kernels();
  kernels.tile.core_bandwidth = 10 * units::GB / units::s;  // one core is slow to load
  const GemmShape skinny{16, 32, 25600, bf16};
  const double split = gemm_time(chip(), kernels, peak, skinny).value();
  const double one_core = 25600 * (16 + 32) * 2 / 10e9;
  CHECK(split < 0.11 * one_core + 1e-6);  // ten cores load side by side
  kernels.split = units::s;               // a reduction that never pays
  CHECK(gemm_time(chip(), kernels, peak, skinny).value() == Approx(one_core));
}

TEST_CASE("A product of one row streams its weights") {
  const double time = gemm_time(chip(), gemm_kernels(), 100 * peak, {1, 4096, 4096, bf16}).value();  // a tile of one row wastes no time
  CHECK(time == Approx((4096.0 * 4096 + 4096 + 4096) * 2 / 1e12).epsilon(0.01));
}

TEST_CASE("Two halves of a prompt take the pairs of the whole: attention after a cache counts it") {
  hardware::PrefillKernels kernels;
  const HeadShape heads{10, 10, 128};
  const auto time = [&](double tokens, double cached) {
    return prefill_attention_time(chip(), kernels, peak, {heads, 64, tokens, cached}).value();
  };
  CHECK(time(2048, 2048) + time(2048, 0) == Approx(time(4096, 0)).epsilon(0.02));
  // Causal tiles of 128: n (n + 1) / 2 tiles of 128 x 128.
  const double tiles = 32.0 * 33 / 2;
  CHECK(time(4096, 0) == Approx(640 * tiles * 128 * 128 * 4 * 128 / 10e12));
}

TEST_CASE("Narrower values save their share of a prompt's arithmetic") {
  const hardware::PrefillKernels kernels;
  const auto time = [&](const HeadShape& heads) { return prefill_attention_time(chip(), kernels, peak, {heads, 64, 4096}).value(); };
  const HeadShape even{10, 10, 192}, latent{10, 10, 192, 0, 2, 128};
  CHECK(time(latent) == Approx(time(even) * (192 + 128) / (192 + 192)));
}

TEST_CASE("What the longer of arithmetic and memory does not hide of the shorter is added") {
  CHECK(partly_hidden(3 * us, 2 * us, 1) == 3 * us);
  CHECK(partly_hidden(2 * us, 3 * us, 0) == 5 * us);
  CHECK(partly_hidden(2 * us, 4 * us, 0.75).value() == Approx(4.5e-6));
}

TEST_CASE("A window bounds what a prompt and a decoding sequence read") {
  const HeadShape all{8, 8, 128}, window{8, 8, 128, 256};
  const hardware::PrefillKernels prefill;
  CHECK(prefill_attention_time(chip(), prefill, peak, {window, 1, 8192}) < prefill_attention_time(chip(), prefill, peak, {all, 1, 8192}));
  CHECK(prefill_attention_time(chip(), prefill, peak, {window, 1, 256}) == prefill_attention_time(chip(), prefill, peak, {all, 1, 256}));
  const auto kernels = decode_kernels();
  CHECK(decode_attention_time(chip(), kernels, peak, {window, 64, 9000}) == decode_attention_time(chip(), kernels, peak, {all, 64, 256}));
}

TEST_CASE("Decoding a full batch streams its cache, and is linear in the context") {
  const HeadShape heads{32, 8, 128};
  const auto time = [&](double context) { return decode_attention_time(chip(), decode_kernels(), peak, {heads, 100, context}).value(); };
  const double cache = 100 * 8.0 * 10000 * 2 * 128 * 2, queries = 100 * 32.0 * 128 * 4;
  CHECK(time(10000) == Approx(5e-6 + (cache + queries) / 1e12));
  CHECK(time(30000) - time(20000) == Approx(time(20000) - time(10000)));
}

TEST_CASE("A group larger than the kernel's reads the cache once a head") {
  auto kernels = decode_kernels();
  const DecodeShape wide{{64, 1, 128}, 100, 10000};
  const double grouped = decode_attention_time(chip(), kernels, peak, wide).value();
  kernels.largest_group = 32;
  CHECK(decode_attention_time(chip(), kernels, peak, wide).value() > 15 * grouped);
}

TEST_CASE("Experts: even loads are whole, power-law loads keep the copies and no expert receives a token twice") {
  CHECK(experts_of(even_load(8, 4)) == 4);
  CHECK(experts_of(even_load(8, 64)) == 8);
  CHECK(copies_of(even_load(8, 64)) == Approx(64));
  for (const int tokens : {1, 7, 64, 4096}) {
    const auto loads = power_law_load(128, tokens, 8, 1.2);
    CHECK(copies_of(loads) == Approx(8.0 * tokens));
    CHECK(loads.front().copies <= tokens);
    CHECK(loads.front().copies > 8.0 * tokens / 128);
  }
}

TEST_CASE("Uneven experts are never faster than even ones of as many copies") {
  const auto uneven = whole_copies(power_law_load(16, 4096, 2, 1.2)), even = even_load(16, copies_of(uneven));
  const auto time = [&](const std::vector<ExpertLoad>& loads) {
    return grouped_gemm_time(chip(), grouped_kernels(), peak, {loads, 1024, 1024, bf16});
  };
  CHECK(time(uneven) >= time(even));
}

TEST_CASE("Copies routed at random are as many as were routed, more on some experts than on others") {
  for (const double copies : {3.0, 64.0, 5000.0}) {
    const auto loads = random_load(64, copies);
    CHECK(copies_of(loads) == Approx(copies).epsilon(0.001));
    CHECK(experts_of(loads) <= 64);
  }
  CHECK(random_load(64, 6400).back().copies > 110);  // a standard deviation and a half above 100
  CHECK(random_load(64, 6400).front().copies < 90);
}

TEST_CASE("Vector work of a block on copies of other endpoints' experts counts as far as the kernels do it") {
  auto kernels = grouped_kernels();
  const auto loads = even_load(8, 64);  // of 256 copies that 128 tokens make
  const ExpertsShape shape{loads, 128, 2, 1024, 512, true, bf16};
  const double little = experts_time(chip(), kernels, peak, shape).value();
  kernels.elsewhere = 1;
  const double copy_bytes = 1024 * 6 + 512 * 6;
  CHECK(experts_time(chip(), kernels, peak, shape).value() - little == Approx((256 - 64) * copy_bytes / 1e12));
}

TEST_CASE("Kernels are found by the formats of both operands, else by the arithmetic; small steps may have their own") {
  const auto bf = NumberFormat::bf16;
  hardware::KernelConstants kernels;
  kernels.gemm[{bf, bf}] = gemm_kernels();
  kernels.gemm[{NumberFormat::int4, bf}] = gemm_kernels();
  CHECK(kernels.gemm_of({NumberFormat::int4, bf}) == &kernels.gemm.at({NumberFormat::int4, bf}));
  CHECK(kernels.gemm_of({NumberFormat::mxfp4, bf}) == &kernels.gemm.at({bf, bf}));
  CHECK(kernels.gemm_of({NumberFormat::fp8, NumberFormat::fp8}) == nullptr);
  auto few = grouped_kernels();
  few.most_tokens = 64;
  kernels.grouped_gemm[{bf, bf}] = {few, grouped_kernels()};
  CHECK(kernels.grouped_gemm_of({bf, bf}, 64)->most_tokens == 64);
  CHECK(kernels.grouped_gemm_of({bf, bf}, 65)->most_tokens > 1e300);
}

namespace {

bool from(const OperatorTime& time, TimeSource source) {
  return time.total > Seconds(0) && time.by_source[static_cast<std::size_t>(source)] == time.total;
}

}  // namespace

TEST_CASE("A measured time is taken between measurements, and says so; outside a fitted or a roofline time") {
  std::istringstream csv(
      "operator,format,sequences,tokens,heads,kv_heads,width,window,cache_bytes,m,n,k,experts,bytes,time_us\n"
      "gemm,bf16,,,,,,,,16,256,512,,,10\n"
      "gemm,bf16,,,,,,,,32,256,512,,,30\n"
      "gemm,fp8_block,,,,,,,,32,256,512,,,20\n"
      "attention_decode,bf16,1,100,8,8,128,0,2,,,,,,10\n"
      "attention_decode,bf16,1,200,8,8,128,0,2,,,,,,20\n"
      "attention_decode,bf16,3,100,8,8,128,0,2,,,,,,30\n"
      "attention_decode,bf16,3,200,8,8,128,0,2,,,,,,60\n"
      "vector,bf16,,,,,,,,,,,,32768,3\n"
      "vector,bf16,,,,,,,,,,,,65536,4\n");
  const auto table = MeasuredTable::read(csv, "chip.csv");
  const auto bf = NumberFormat::bf16;
  CHECK(table.time(bf, GemmShape{24, 256, 512, bf16})->value() == Approx(20e-6));
  CHECK(table.time(bf, DecodeShape{{8, 8, 128}, 2, 150})->value() == Approx(30e-6));
  CHECK_FALSE(table.time(bf, GemmShape{33, 256, 512, bf16}));
  CHECK_FALSE(table.time(bf, GemmShape{24, 257, 512, bf16}));
  CHECK_FALSE(table.time(NumberFormat::fp8, GemmShape{24, 256, 512, bf16}));

  hardware::ChipSpec c = chip();
  const model::Operator op{"test", model::OperatorKind::gemm, bf, Flops(1e9), Bytes(1e6)};
  CHECK(from(shaped_time(c, &table, op, GemmShape{24, 256, 512, bf16}), TimeSource::measured));
  CHECK(from(shaped_time(c, &table, op, GemmShape{64, 256, 512, bf16}), TimeSource::datasheet));
  c.kernels.gemm[{bf, bf}] = gemm_kernels();
  OperatorTime sum = shaped_time(c, &table, op, GemmShape{64, 256, 512, bf16});
  CHECK(from(sum, TimeSource::fitted));
  const OperatorTime rough = shaped_time(c, nullptr, op, Shape{});
  const Seconds fitted = sum.total;
  sum += rough;
  CHECK(sum.by_source[static_cast<std::size_t>(TimeSource::fitted)] == fitted);
  CHECK(sum.by_source[static_cast<std::size_t>(TimeSource::datasheet)] == rough.total);

  const auto time = [&](const model::Operator& o) { return shaped_time(c, &table, o, shape_of(o)).total.value(); };
  const auto block = NumberFormat::fp8_block;
  CHECK(time(model::vector_kernel("norm", 49152)) == Approx(3.5e-6));
  CHECK(time(model::gemm("narrow", 32, 256, 512, block, block)) == Approx(20e-6 + 3.5e-6));  // 32 x 512 x (2 + 1) bytes are quantised first
  CHECK_FALSE(
      from(shaped_time(c, &table, model::gemm("mixed", 32, 256, 512, block, bf), shape_of(model::gemm("mixed", 32, 256, 512, block, bf))),
           TimeSource::measured));
}

TEST_CASE("What a measured table cannot mean is refused with its line") {
  const auto error = [](const std::string& text) {
    std::istringstream in(text);
    try {
      MeasuredTable::read(in, "t.csv");
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const std::string header = "operator,format,sequences,tokens,heads,kv_heads,width,window,cache_bytes,m,n,k,experts,bytes,time_us\n";
  CHECK(error("operator,format\n") == "t.csv:1: sequences: this column is missing");
  CHECK(error(header + "conv,bf16,,,,,,,,1,1,1,,,1\n").find("t.csv:2: operator: \"conv\" is unknown") == 0);
  CHECK(error(header + "gemm,bf17,,,,,,,,1,1,1,,,1\n").find("t.csv:2: format: \"bf17\" is unknown") == 0);
  CHECK(error(header + "gemm,bf16,,,,,,,,1,1,1,,,fast\n").find("t.csv:2: time_us: \"fast\" is no number") == 0);
  CHECK(error(header + "gemm,bf16\n") == "t.csv:2: has 2 cells, the header 15");
  CHECK(error(header + "gemm,bf16,,,,,,,,1,1,1,,,1\ngemm,bf16,,,,,,,,1,1,1,,,2\n").find("t.csv:3: time_us: an earlier line") == 0);
}
