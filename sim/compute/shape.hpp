// The shape of an operator, as its time depends on it.
#pragma once

#include <variant>

#include "compute/attention_cost.hpp"
#include "compute/gemm_cost.hpp"
#include "compute/grouped_gemm_cost.hpp"
#include "model/operators.hpp"

namespace podsim::compute {

// One grouped product over `experts` that share `copies` token copies evenly.
struct EvenGroupedShape {
  double copies;
  double experts;
  double n;
  double k;
  OperandBytes bytes;
};

// Nothing known (priced as a roofline), or a matrix product, grouped products, prompts, decoding sequences.
using Shape = std::variant<std::monostate, GemmShape, EvenGroupedShape, PrefillShape, DecodeShape>;

// What an operator of a model's step says of its shape. Nothing for vector work, MLA and sparse or linear attention, whose kernels no
// table covers. The bytes of a weight are what the operator's traffic leaves beside activations and results.
Shape shape_of(const model::Operator& op);

}  // namespace podsim::compute
