#include "compute/shaped_cost.hpp"

#include <optional>

#include "model/operator_builders.hpp"

namespace podsim::compute {
namespace {

// What the chip's fitted kernels say, if it has those that the shape needs.
struct Fitted {
  const hardware::ChipSpec& chip;
  const model::Operator& op;

  FlopRate peak() const { return *chip.peak_of(op.format); }
  FlopRate wide_peak() const { return *chip.peak_of(NumberFormat::bf16); }

  hardware::OperandFormats operands() const { return {op.shape.weights, op.shape.activations}; }
  const hardware::GroupedGemmKernels* experts() const { return chip.kernels.grouped_gemm_of(operands(), op.shape.tokens); }

  std::optional<Seconds> operator()(std::monostate) const { return std::nullopt; }
  std::optional<Seconds> operator()(const GemmShape& shape) const {
    const auto* kernels = chip.kernels.gemm_of(operands());
    if (!kernels) return std::nullopt;
    return gemm_time(chip, *kernels, peak(), shape) + quantise_in_step(chip, *kernels, shape);
  }
  std::optional<Seconds> operator()(const VectorShape&) const { return std::nullopt; }
  std::optional<Seconds> operator()(const RoutedShape& shape) const {
    const auto* kernels = experts();
    if (!kernels) return std::nullopt;
    const auto loads = random_load(shape.experts, shape.copies);
    return kernels->tile.start / 2 + grouped_gemm_time(chip, *kernels, peak(), {loads, shape.n, shape.k, shape.bytes});
  }
  std::optional<Seconds> operator()(const RoutedVectorShape& shape) const {
    const auto* kernels = experts();
    if (!kernels) return std::nullopt;
    return (shape.here + shape.elsewhere * kernels->elsewhere) / (chip.memory_bandwidth * kernels->vector_memory);
  }
  std::optional<Seconds> operator()(const PrefillShape& shape) const {
    if (!chip.kernels.prefill) return std::nullopt;
    return prefill_attention_time(chip, *chip.kernels.prefill, wide_peak(), shape);
  }
  std::optional<Seconds> operator()(const DecodeShape& shape) const {
    const auto& kernels =
        chip.kernels.decode[static_cast<std::size_t>(shape.heads.cache_bytes > 1 ? NumberFormat::bf16 : NumberFormat::fp8)];
    if (!kernels) return std::nullopt;
    return decode_attention_time(chip, *kernels, wide_peak(), shape);
  }
};

// What the table says of an operator; of a product without the quantisation of its activations.
std::optional<Seconds> measured_time(const MeasuredTable& table, const model::Operator& op, const Shape& shape) {
  const bool product = std::holds_alternative<GemmShape>(shape) || std::holds_alternative<RoutedShape>(shape);
  if (!product) return table.time(op.format, shape);
  return op.shape.weights == op.shape.activations ? table.time(op.shape.weights, shape) : std::nullopt;
}

}  // namespace

OperatorTime shaped_time(const hardware::ChipSpec& chip, const MeasuredTable* table, const model::Operator& op, const Shape& shape) {
  OperatorTime time = operator_time(chip, op);
  const auto replace = [&](Seconds total, TimeSource source) {
    time.total = total;
    time.by_source = {};
    time.by_source[static_cast<std::size_t>(source)] = total;
  };
  if (const auto measured = table ? measured_time(*table, op, shape) : std::nullopt) {
    replace(*measured, TimeSource::measured);
    const auto* gemm = std::get_if<GemmShape>(&shape);
    if (gemm && gemm->bytes.activation < bytes_per_element(NumberFormat::bf16)) {
      const Bytes moved = quantised_bytes(*gemm);
      const OperatorTime quantise = shaped_time(chip, table, model::vector_kernel("quantise", moved.value()), VectorShape{moved});
      time.total += quantise.total;
      for (std::size_t i = 0; i < time.by_source.size(); ++i) time.by_source[i] += quantise.by_source[i];
    }
    return time;
  }
  if (const auto fitted = std::visit(Fitted{chip, op}, shape)) replace(*fitted, TimeSource::fitted);
  return time;
}

OperatorTime sum_of(const hardware::ChipSpec& chip, const MeasuredTable* table, std::span<const model::Operator> operators) {
  OperatorTime sum;
  for (const model::Operator& op : operators) sum += shaped_time(chip, table, op, shape_of(op));
  return sum;
}

}  // namespace podsim::compute
