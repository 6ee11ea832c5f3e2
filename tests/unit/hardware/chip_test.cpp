// Accelerators: the chips that podsim ships against their data sheets, and what a chip file may not say.
#include "hardware/chip.hpp"

#include "support/shipped.hpp"

using namespace podsim;
using hardware::ChipSpec;

namespace {

ChipSpec shipped_chip(const std::string& name) { return test::shipped("configs/chips/" + name + ".yaml", hardware::read_chip); }

// The error of a chip of ours with one thing changed.
std::string chip_error(const std::string& changed) {
  test::Yaml yaml("chip: h100-sxm\n");
  yaml.document().add_override("chip." + changed);
  return yaml.error_of([](config::Node node) { hardware::read_chip(node.reference("chip", "chips")); });
}

}  // namespace

TEST_CASE("Every chip that is shipped reads and states what a simulation needs") {
  const auto files = test::shipped_files("configs/chips");
  REQUIRE(files.size() >= 5);
  for (const auto& file : files) {
    INFO(file);
    const ChipSpec chip = shipped_chip(file.stem().string());
    CHECK_FALSE(chip.name.empty());
    CHECK(chip.peak_of(NumberFormat::bf16).value_or(FlopRate(0)) > FlopRate(0));
    CHECK_FALSE(chip.formats().empty());
    CHECK(chip.power.at({1, 1, 1, 1}) <= chip.power.limit);
    CHECK(chip.power.at({.busy = 1, .memory = 0.5}) < chip.power.limit);  // a measured H200 reaches it at 85 % of its bandwidth
    for (const double share : {chip.efficiency.gemm, chip.efficiency.grouped_gemm, chip.efficiency.attention_prefill,
                               chip.efficiency.attention_decode, chip.efficiency.memory, chip.efficiency.vector}) {
      CHECK(share > 0);
      CHECK(share < 1);
    }
  }
}

TEST_CASE("A chip knows the kernels of several libraries; the first are in use until another is asked for") {
  ChipSpec chip = shipped_chip("h200-sxm");
  const auto start = [&] { return chip.kernels.gemm_of({NumberFormat::bf16, NumberFormat::bf16})->tile.start; };
  const auto of = [](const char* library) {
    return shipped_chip("h100-sxm").libraries.at(library).gemm_of({NumberFormat::bf16, NumberFormat::bf16})->tile.start;
  };
  REQUIRE(of("vllm") != of("trtllm"));
  CHECK(start() == of("vllm"));  // the same cores, the same constants
  chip.use_kernels("trtllm");
  CHECK(start() == of("trtllm"));
  chip.use_kernels("of nobody");
  CHECK(start() == of("trtllm"));
  CHECK(chip_error("endpoint.kernels=!replace {x: nowhere}").find("no kernels named \"nowhere\"") != std::string::npos);
}

TEST_CASE("An Ascend 910C package is two dies of 376 TFLOPS") {
  const ChipSpec chip = shipped_chip("ascend-910c");
  // CloudMatrix384 paper (arXiv 2506.12708), section 3.3.1: 752 TFLOPS, 128 GB and 3.2 TB/s a package.
  CHECK(chip.endpoints_per_package == 2);
  CHECK((*chip.peak_of(NumberFormat::bf16) * 2).value() == Approx(752e12).epsilon(1e-12));
  CHECK((*chip.peak_of(NumberFormat::int8) * 2).value() == Approx(2 * 752e12).epsilon(1e-12));
  CHECK(chip.memory_capacity * 2 == Bytes(128e9));
  CHECK(chip.memory_bandwidth * 2 == ByteRate(3.2e12));
  CHECK_FALSE(chip.peak_of(NumberFormat::fp8).has_value());
  CHECK(chip.formats() == "bf16, int8");
}

TEST_CASE("A Hopper GPU computes twice as fast in eight bits as in sixteen, whatever its memory") {
  for (const char* name : {"h100-sxm", "h200-sxm", "h800-sxm"}) {
    INFO(name);
    const ChipSpec chip = shipped_chip(name);
    CHECK(chip.endpoints_per_package == 1);
    CHECK(*chip.peak_of(NumberFormat::fp8) / *chip.peak_of(NumberFormat::bf16) == Approx(2).epsilon(1e-3));
    CHECK(chip.peak_of(NumberFormat::bf16)->value() == Approx(989e12).epsilon(1e-3));  // H100 data sheet, dense
    CHECK(chip.power.limit == Watts(700));
  }
  CHECK(shipped_chip("h100-sxm").memory_capacity.value() == Approx(81559 * 1048576.0).epsilon(1e-3));
  CHECK(shipped_chip("h200-sxm").memory_capacity.value() == Approx(143771 * 1048576.0).epsilon(1e-3));
  CHECK(shipped_chip("h200-sxm").memory_bandwidth == ByteRate(4.8e12));
}

TEST_CASE("A GB200 rack has the arithmetic that NVIDIA states for 72 GPUs") {
  const ChipSpec chip = shipped_chip("gb200");
  // NVIDIA GB200 NVL72 page: 360 PFLOPS sparse BF16, 720 sparse FP8, 13.4 TB of HBM3e; sparse is twice dense.
  CHECK(72 * *chip.peak_of(NumberFormat::bf16) == FlopRate(360e15 / 2));
  CHECK(72 * *chip.peak_of(NumberFormat::fp8) == FlopRate(720e15 / 2));
  CHECK((72 * chip.memory_capacity).value() == Approx(13.4e12).epsilon(1e-3));
  CHECK(chip.peak_of(NumberFormat::fp4) == *chip.peak_of(NumberFormat::fp8) * 2);
}

TEST_CASE("Formats are listed from wide to narrow, only those the chip computes in") {
  ChipSpec chip;
  CHECK(chip.formats().empty());
  chip.peak[static_cast<std::size_t>(NumberFormat::fp4)] = FlopRate(4);
  chip.peak[static_cast<std::size_t>(NumberFormat::fp32)] = FlopRate(1);
  CHECK(chip.formats() == "fp32, fp4");
}

TEST_CASE("A chip is one endpoint a package and has no price unless its file says so") {
  test::Yaml yaml("chip: h800-sxm\n");
  config::Node node = yaml.root();
  const ChipSpec chip = hardware::read_chip(node.reference("chip", "chips"));
  CHECK(chip.endpoints_per_package == 1);
  CHECK_FALSE(chip.price.has_value());
  CHECK(shipped_chip("gb200").price.has_value());
}

TEST_CASE("A chip with a wrong number is refused where it stands") {
  const auto [changed, message] = GENERATE(table<std::string, std::string>({
      {"endpoint.compute.fp16=1 TFLOPS",
       "--set chip.endpoint.compute.fp16: is no number format (allowed: fp32, bf16, fp8, fp8_block, int8, int4, fp4, nvfp4, mxfp4)"},
      {"endpoint.compute.fp8=1 TB/s",
       "--set chip.endpoint.compute.fp8: \"1 TB/s\" is not a number with a unit (FLOPS, GFLOPS, TFLOPS, PFLOPS, TOPS)"},
      {"endpoint.efficiency.gemm=1.01", "--set chip.endpoint.efficiency.gemm: must lie between 0.01 and 1, not 1.01"},
      {"endpoint.efficiency.gemm=0", "--set chip.endpoint.efficiency.gemm: must lie between 0.01 and 1, not 0"},
      {"endpoint.memory.capacity=1 KB", "--set chip.endpoint.memory.capacity: must lie between 1 MB and 100 TB, not 1 KB"},
      {"endpoint.memory.bandwidth=1 MB/s", "--set chip.endpoint.memory.bandwidth: must lie between 1 GB/s and 1000 TB/s, not 1 MB/s"},
      {"endpoint.matrix_kernel_overhead=2 ms", "--set chip.endpoint.matrix_kernel_overhead: must lie between 0 s and 1 ms, not 2 ms"},
      {"endpoints_per_package=0", "--set chip.endpoints_per_package: must lie between 1 and 16, not 0"},
      {"power.limit=1 W", "--set chip.power.limit: must not lie below idle"},
      {"prize=1 USD",
       "--set chip.prize: unknown key \"prize\"; did you mean \"price\"? (allowed: endpoint, endpoints_per_package, "
       "host_speed, name, power, price)"},
  }));
  CHECK(chip_error(changed) == message);
}
