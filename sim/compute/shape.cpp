#include "compute/shape.hpp"

#include <algorithm>

namespace podsim::compute {
namespace {

OperandBytes operand_bytes(const model::OperatorShape& s) { return {bytes_per_element(s.activations), bytes_per_element(s.weights)}; }

}  // namespace

Shape shape_of(const model::Operator& op) {
  const model::OperatorShape& s = op.shape;
  const HeadShape heads{s.heads, s.kv_heads, s.width, s.window, s.cache_bytes, s.value_width};
  switch (op.kind) {
    case model::OperatorKind::gemm:
      if (s.rows > 0 && s.depth > 0) return GemmShape{s.rows, s.columns, s.depth, operand_bytes(s)};
      break;
    case model::OperatorKind::grouped_gemm:
      if (s.rows > 0 && s.depth > 0) return RoutedShape{s.rows, s.groups, s.columns, s.depth, operand_bytes(s)};
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
    case model::OperatorKind::expert_vector: return RoutedVectorShape{op.bytes, Bytes(s.elsewhere_bytes)};
    case model::OperatorKind::vector: return VectorShape{op.bytes};
  }
  return std::monostate();
}

}  // namespace podsim::compute
