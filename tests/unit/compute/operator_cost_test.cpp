// The roofline: an operator takes the larger of its arithmetic and its memory time, and its kernels' overhead.
#include "compute/shaped_cost.hpp"

#include "support/work.hpp"

using namespace podsim;
using compute::operator_time;
using model::Operator;
using model::OperatorKind;
using units::us;

namespace {

// 100 TFLOPS in BF16, twice that in FP8, 1 TB/s; every efficiency another number.
hardware::ChipSpec chip() {
  hardware::ChipSpec chip;
  chip.peak[static_cast<std::size_t>(NumberFormat::bf16)] = 100 * units::tflop / units::s;
  chip.peak[static_cast<std::size_t>(NumberFormat::fp8)] = 200 * units::tflop / units::s;
  chip.memory_bandwidth = units::TB / units::s;
  chip.efficiency = {.gemm = 0.8, .grouped_gemm = 0.5, .attention_prefill = 0.4, .attention_decode = 0.25, .memory = 0.9, .vector = 0.6};
  chip.matrix_kernel_overhead = 5 * us;
  chip.vector_kernel_overhead = 2 * us;
  return chip;
}

Operator op(OperatorKind kind, double gflop, double megabytes, NumberFormat format = NumberFormat::bf16, int kernels = 1) {
  return {"test", kind, format, gflop * units::gflop, megabytes * units::MB, kernels};
}

}  // namespace

TEST_CASE("Bound by arithmetic, an operator takes flops / (peak * the efficiency of its kind)") {
  const auto [kind, efficiency] = GENERATE(table<OperatorKind, double>({{OperatorKind::gemm, 0.8},
                                                                        {OperatorKind::grouped_gemm, 0.5},
                                                                        {OperatorKind::attention_prefill, 0.4},
                                                                        {OperatorKind::attention_decode, 0.25}}));
  const auto time = operator_time(chip(), op(kind, 100, 1));  // 1 ms of arithmetic at the peak, 1 us of memory
  CHECK(time.total.value() == Approx(1e-3 / efficiency + 5e-6));
  CHECK(time.compute.value() == Approx(1e-3));  // at the data-sheet peaks
  CHECK(time.memory.value() == Approx(1e-6));
}

TEST_CASE("Bound by memory, an operator takes bytes / (bandwidth * the efficiency of streaming)") {
  const auto kind =
      GENERATE(OperatorKind::gemm, OperatorKind::grouped_gemm, OperatorKind::attention_prefill, OperatorKind::attention_decode);
  const auto time = operator_time(chip(), op(kind, 0.1, 1000));  // 1 ms of memory, 1 us of arithmetic
  CHECK(time.total.value() == Approx(1e-3 / 0.9 + 5e-6));
  CHECK(time.compute.value() == Approx(1e-6));
  CHECK(time.memory.value() == Approx(1e-3));
}

TEST_CASE("An element-wise kernel has its own bandwidth and overhead, and no arithmetic") {
  const auto time = operator_time(chip(), op(OperatorKind::vector, 0, 1000));
  CHECK(time.total.value() == Approx(1e-3 / 0.6 + 2e-6));
  CHECK(time.compute.value() == 0);
}

TEST_CASE("Twice the peak halves the arithmetic time") {
  const auto slow = operator_time(chip(), op(OperatorKind::gemm, 100, 0)),
             fast = operator_time(chip(), op(OperatorKind::gemm, 100, 0, NumberFormat::fp8));
  CHECK((slow.total - 5 * us).value() == Approx(2 * (fast.total - 5 * us).value()));
}

TEST_CASE("The two regimes meet where arithmetic and memory take equally long") {
  // 100 TFLOPS * 0.8 against 1 TB/s * 0.9.
  const double gflop_per_mb = 80.0 / 0.9 * 1e-3;
  const double before = operator_time(chip(), op(OperatorKind::gemm, 0.99 * gflop_per_mb * 100, 100)).total.value();
  const double at = operator_time(chip(), op(OperatorKind::gemm, gflop_per_mb * 100, 100)).total.value();
  const double after = operator_time(chip(), op(OperatorKind::gemm, 1.01 * gflop_per_mb * 100, 100)).total.value();
  CHECK(before == Approx(at));
  CHECK(after - 5e-6 == Approx(1.01 * (at - 5e-6)));
}

TEST_CASE("Every kernel costs its overhead, even with nothing to do") {
  CHECK(operator_time(chip(), op(OperatorKind::gemm, 0, 0, NumberFormat::bf16, 3)).total.value() == Approx(15e-6));
  CHECK(operator_time(chip(), op(OperatorKind::vector, 0, 0, NumberFormat::bf16, 3)).total.value() == Approx(6e-6));
}

TEST_CASE("Operators that run one after the other take the sum of their times") {
  const std::vector<Operator> ops = {op(OperatorKind::gemm, 100, 1), op(OperatorKind::vector, 0, 1000),
                                     op(OperatorKind::attention_decode, 0.1, 1000)};
  const auto sum = compute::sum_of(chip(), nullptr, ops);
  CHECK(sum.total.value() == Approx(1e-3 / 0.8 + 5e-6 + 1e-3 / 0.6 + 2e-6 + 1e-3 / 0.9 + 5e-6));
  CHECK(sum.compute.value() == Approx(1e-3 + 1e-6));
  CHECK(sum.memory.value() == Approx(1e-6 + 1e-3 + 1e-3));
  CHECK(compute::sum_of(chip(), nullptr, {}).total.value() == 0);
}

TEST_CASE("A layer that is there 61 times takes 61 times as long") {
  const auto time = operator_time(chip(), op(OperatorKind::gemm, 100, 400));
  const auto layers = time * 61;
  CHECK(layers.total.value() == Approx(61 * time.total.value()));
  CHECK(layers.compute.value() == Approx(61 * time.compute.value()));
  CHECK(layers.memory.value() == Approx(61 * time.memory.value()));
}
