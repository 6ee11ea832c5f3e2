// The shape of an operator, as its time depends on it.
#pragma once

#include <variant>

#include "compute/attention_cost.hpp"
#include "compute/gemm_cost.hpp"
#include "compute/grouped_gemm_cost.hpp"
#include "model/operators.hpp"

namespace podsim::compute {

// One grouped product over `experts` to which `copies` token copies are routed at random, half of an MoE block.
struct RoutedShape {
  double copies;
  double experts;
  double n;
  double k;
  OperandBytes bytes;
};

// Vector work on the token copies of an MoE block.
struct RoutedVectorShape {
  Bytes here;
  Bytes elsewhere;  // for copies of other endpoints' experts, if the kernels work on those too
};

// An element-wise kernel.
struct VectorShape {
  Bytes moved;
};

// Nothing known (priced as a roofline), or a matrix product, grouped products and the work around them, element-wise work, prompts,
// decoding sequences.
using Shape = std::variant<std::monostate, GemmShape, RoutedShape, RoutedVectorShape, VectorShape, PrefillShape, DecodeShape>;

// What an operator of a model's step says of its shape. Nothing for MLA in decode and sparse or linear attention, whose kernels no table
// covers.
Shape shape_of(const model::Operator& op);

}  // namespace podsim::compute
