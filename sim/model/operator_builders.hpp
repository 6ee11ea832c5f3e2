// Building blocks of operator lists: a matrix product, an element-wise kernel, a norm.
#pragma once

#include <algorithm>

#include "model/operators.hpp"

namespace podsim::model {

inline constexpr double wide = 2;  // bytes of a bf16 activation between kernels

inline double size_of(NumberFormat format) { return bytes_per_element(format); }

// x[rows, depth] * w[depth, columns] -> bf16.
inline Operator gemm(const char* name, double rows, double columns, double depth, NumberFormat weights, NumberFormat activations) {
  return {name,
          OperatorKind::gemm,
          arithmetic_of(weights, activations),
          Flops(2 * rows * columns * depth),
          Bytes(columns * depth * size_of(weights) + rows * depth * size_of(activations) + rows * columns * wide),
          1,
          size_of(activations) < wide ? 2 : 1,  // a product in few bits has its activations quantised first
          {.rows = rows, .columns = columns, .depth = depth, .weights = weights, .activations = activations}};
}

inline Operator vector_kernel(const char* name, double bytes, int calls = 1) {
  return {name, OperatorKind::vector, NumberFormat::bf16, Flops(0), Bytes(bytes), 1, calls};
}

// Add the residual, normalise, quantise for the product that follows.
inline Operator norm(const ModelSpec& model, NumberFormat activations, double tokens) {
  return vector_kernel("norm", tokens * model.hidden * (3 * wide + size_of(activations)));
}

// Heads of an endpoint inside attention.
struct Heads {
  double query;
  double key_value;
};
inline Heads heads_of(const ModelSpec& model, const ParallelSpec& parallel) {
  const double split = parallel.head_split();
  return {model.heads / split, std::max(1.0, model.kv_heads / split)};
}

}  // namespace podsim::model
