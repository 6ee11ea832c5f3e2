// The time of the experts of an MoE layer: products grouped by expert, and the vector work around them.
#pragma once

#include <span>

#include "compute/expert_load.hpp"
#include "compute/tile_schedule.hpp"

namespace podsim::compute {

// One product for every expert of `loads`: [copies, k] * [k, n].
struct GroupedGemmShape {
  std::span<const ExpertLoad> loads;
  double n;
  double k;
  OperandBytes bytes;
};

// The longer of arithmetic and memory, and what it does not hide of the shorter; arithmetic is max(waves of the best tile shape over all
// experts' tiles, flops / (sustained peak)). Start not included.
Seconds grouped_gemm_time(const hardware::ChipSpec& chip, const hardware::GroupedGemmKernels& kernels, FlopRate peak,
                          const GroupedGemmShape& shape);

// The experts of one endpoint: up (and gate), activation, down, and what moves tokens to them and back.
struct ExpertsShape {
  std::span<const ExpertLoad> loads;
  double tokens;  // whose copies are routed, here or elsewhere
  double top_k;
  double hidden;
  double width;  // intermediate dimension on this endpoint
  bool gated = true;
  OperandBytes bytes;
};

Seconds experts_time(const hardware::ChipSpec& chip, const hardware::GroupedGemmKernels& kernels, FlopRate peak, const ExpertsShape& shape);

}  // namespace podsim::compute
