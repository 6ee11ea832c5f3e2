#include "compute/operator_cost.hpp"

#include <algorithm>

namespace podsim::compute {
namespace {

using model::OperatorKind;

double compute_efficiency(const hardware::Efficiency& efficiency, OperatorKind kind) {
  switch (kind) {
    case OperatorKind::gemm: return efficiency.gemm;
    case OperatorKind::grouped_gemm: return efficiency.grouped_gemm;
    case OperatorKind::attention_prefill: return efficiency.attention_prefill;
    case OperatorKind::attention_decode: return efficiency.attention_decode;
    case OperatorKind::vector:
    case OperatorKind::expert_vector: break;
  }
  return 1;
}

}  // namespace

OperatorTime& OperatorTime::operator+=(const OperatorTime& other) {
  total += other.total;
  compute += other.compute;
  memory += other.memory;
  calls += other.calls;
  for (std::size_t i = 0; i < by_source.size(); ++i) by_source[i] += other.by_source[i];
  return *this;
}

OperatorTime operator*(OperatorTime time, double times) {
  for (Seconds& part : time.by_source) part = part * times;
  return {time.total * times, time.compute * times, time.memory * times, time.calls * times, time.by_source};
}

OperatorTime operator_time(const hardware::ChipSpec& chip, const model::Operator& op) {
  const bool is_vector = op.kind == OperatorKind::vector || op.kind == OperatorKind::expert_vector;
  const hardware::Efficiency& efficiency = chip.efficiency;
  OperatorTime time;
  // An indexer scores in FP8 where the chip has it, else in BF16; all other formats, and BF16, were checked when the model was placed.
  const auto peak = chip.peak_of(op.format) ? chip.peak_of(op.format) : chip.peak_of(NumberFormat::bf16);
  if (op.flops > Flops(0)) time.compute = op.flops / peak.value();
  time.memory = op.bytes / chip.memory_bandwidth;
  const Seconds arithmetic = time.compute / compute_efficiency(efficiency, op.kind);
  const Seconds streaming = time.memory / (is_vector ? efficiency.vector : efficiency.memory);
  const Seconds overhead = (is_vector ? chip.vector_kernel_overhead : chip.matrix_kernel_overhead) * op.kernels;
  time.calls = op.calls;
  time.total = std::max(arithmetic, streaming) + overhead;
  time.by_source[static_cast<std::size_t>(TimeSource::datasheet)] = time.total;
  return time;
}

}  // namespace podsim::compute
