#include "compute/gemm_cost.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace podsim::compute {
namespace {

constexpr std::array<double, 5> tile_rows = {16, 32, 64, 128, 256};
constexpr std::array<double, 4> tile_columns = {32, 64, 128, 256};
constexpr double inner_step = 64;       // the inner dimension advances in steps of this
constexpr double shortest_split = 256;  // and is not split shorter than this
constexpr double partial_bytes = 4;     // partial sums are fp32
constexpr double wide = 2;              // bytes of a bf16 element

Seconds memory_time(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& s) {
  const Bytes moved(s.m * s.k * s.bytes.activation + s.n * s.k * s.bytes.weight + s.m * s.n * wide);
  return moved / (chip.memory_bandwidth * kernels.tile.memory);
}

}  // namespace

Seconds gemm_time(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, FlopRate peak, const GemmShape& s) {
  const Seconds floor = std::max(memory_time(chip, kernels, s), Flops(2 * s.m * s.n * s.k) / (peak * kernels.tile.sustained));
  const Seconds partial = Bytes(2 * s.m * s.n * partial_bytes) / (chip.memory_bandwidth * kernels.split_memory);
  Seconds best(std::numeric_limits<double>::infinity());
  for (const double rows : tile_rows) {
    for (const double columns : tile_columns) {
      const double tiles = std::ceil(s.m / rows) * std::ceil(s.n / columns);
      const double most = std::max(1.0, std::floor(std::min(chip.cores / tiles, s.k / shortest_split)));
      for (const double split : {1.0, most}) {
        const double depth = std::ceil(s.k / split / inner_step) * inner_step;
        const Tile tile{std::min(rows, s.m), std::min(columns, s.n), rows, columns, depth};
        Seconds time = std::max(floor, waves_time(chip, kernels.tile, peak, s.bytes, tile, tiles * split));
        if (split > 1) time += kernels.split + partial * split;
        best = std::min(best, time);
        if (most == 1) break;
      }
    }
  }
  return kernels.tile.start + best;
}

Bytes quantised_bytes(const GemmShape& s) { return Bytes(s.m * s.k * (wide + s.bytes.activation)); }

Seconds quantise_time(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& s) {
  return kernels.quantise + quantised_bytes(s) / (chip.memory_bandwidth * kernels.quantise_memory);
}

Seconds quantise_in_step(const hardware::ChipSpec& chip, const hardware::GemmKernels& kernels, const GemmShape& s) {
  return s.bytes.activation < wide ? quantise_time(chip, kernels, s) - kernels.quantise + chip.vector_kernel_overhead : Seconds(0);
}

}  // namespace podsim::compute
