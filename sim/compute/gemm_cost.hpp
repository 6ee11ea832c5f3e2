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

// What quantisation of the activations reads and writes.
Bytes quantised_bytes(const GemmShape& shape);

// The kernel that reads m x k activations in bf16 and writes them in the product's format, as tables measure it by itself.
Seconds quantise_time(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& shape);

// The same in a step, where a graph launches it: its traffic and a vector kernel's overhead. None where activations stay in bf16. Engines
// leave it a kernel of its own unless they are told to fuse it (vLLM's fusion passes are off by default).
Seconds quantise_in_step(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& shape);

}  // namespace podsim::compute
