// The time of a dense matrix product by its shape: tiles, waves over the cores, a split inner dimension, memory.
#pragma once

#include "compute/tile_schedule.hpp"

namespace podsim::compute {

// x[m, k] * w[k, n] -> [m, n] in bf16.
struct GemmShape {
  double m;
  double n;
  double k;
  OperandBytes bytes;
};

// start + the best tile shape and split of max(waves, flops / (sustained peak), bytes / bandwidth) + reduction, as an
// autotuner would choose. Without the kernel that quantises activations.
Seconds gemm_time(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, FlopRate peak, const GemmShape& shape);

// The kernel that reads m x k activations in bf16 and writes them in the product's format, as tables measure it by itself.
Seconds quantise_time(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& shape);

// Its traffic alone, as in a step, where it follows other kernels without a gap. Only where scales belong to blocks: those of whole
// tensors are known beforehand, so the kernels that write activations quantise them (model::norm and the like count that).
Seconds quantise_traffic(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& shape);

}  // namespace podsim::compute
