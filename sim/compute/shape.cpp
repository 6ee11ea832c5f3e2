#include "compute/shape.hpp"

#include <algorithm>

namespace podsim::compute {
namespace {

constexpr double wide = 2;  // bytes of a bf16 element

OperandBytes operand_bytes(const model::Operator& op) {
  const model::OperatorShape& s = op.shape;
  const double activation = bytes_per_element(op.format);
  const double weights = op.bytes.value() - s.rows * (s.depth * activation + s.columns * wide);
  return {activation, std::max(0.0, weights / (s.columns * s.depth * s.groups))};
}

}  // namespace

Shape shape_of(const model::Operator& op) {
  const model::OperatorShape& s = op.shape;
  const HeadShape heads{s.heads, s.kv_heads, s.width, s.window, s.cache_bytes};
  switch (op.kind) {
    case model::OperatorKind::gemm:
      if (s.rows > 0 && s.depth > 0) return GemmShape{s.rows, s.columns, s.depth, operand_bytes(op)};
      break;
    case model::OperatorKind::grouped_gemm:
      if (s.rows > 0 && s.depth > 0) return EvenGroupedShape{s.rows, s.groups, s.columns, s.depth, operand_bytes(op)};
      break;
    case model::OperatorKind::attention_prefill:
      if (s.width > 0 && s.sequences > 0) {
        const double tokens = s.queries / s.sequences;
        return PrefillShape{heads, s.sequences, tokens, std::max(0.0, s.context - tokens), op.format != NumberFormat::bf16};
      }
      break;
    case model::OperatorKind::attention_decode:
      if (s.width > 0 && s.sequences > 0) return DecodeShape{heads, s.queries, s.context};
      break;
    case model::OperatorKind::vector: break;
  }
  return std::monostate();
}

}  // namespace podsim::compute
