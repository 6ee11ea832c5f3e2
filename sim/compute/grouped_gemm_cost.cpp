#include "compute/grouped_gemm_cost.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace podsim::compute {
namespace {

constexpr std::array<double, 4> tile_rows = {16, 32, 64, 128};
constexpr std::array<double, 3> tile_columns = {64, 128, 256};
constexpr double wide = 2;  // bytes of a bf16 element

struct Totals {
  double experts = 0;
  double copies = 0;
};
Totals totals_of(std::span<const ExpertLoad> loads) {
  Totals totals;
  for (const ExpertLoad& load : loads) {
    totals.experts += load.experts;
    totals.copies += load.experts * load.copies;
  }
  return totals;
}

}  // namespace

Seconds grouped_gemm_time(const hardware::ChipSpec& chip, const hardware::GroupedGemmKernels& kernels, FlopRate peak,
                          const GroupedGemmShape& s) {
  const Totals all = totals_of(s.loads);
  const Bytes moved(all.experts * s.n * s.k * s.bytes.weight + all.copies * (s.k * s.bytes.activation + s.n * wide));
  Seconds best(std::numeric_limits<double>::infinity());
  for (const double rows : tile_rows) {
    double row_tiles = 0;
    for (const ExpertLoad& load : s.loads) row_tiles += load.experts * std::ceil(load.copies / rows);
    for (const double columns : tile_columns) {
      const Tile tile{std::min(rows, all.copies / all.experts), std::min(columns, s.n), rows, columns, s.k};
      best = std::min(best, waves_time(chip, kernels.tile, peak, s.bytes, tile, row_tiles * std::ceil(s.n / columns)));
    }
  }
  const Seconds arithmetic = std::max(best, Flops(2 * all.copies * s.n * s.k) / (peak * kernels.tile.sustained));
  const Seconds memory = moved / (chip.memory_bandwidth * kernels.tile.memory);
  return partly_hidden(arithmetic, memory, kernels.overlap);
}

Seconds experts_time(const hardware::ChipSpec& chip, const hardware::GroupedGemmKernels& kernels, FlopRate peak, const ExpertsShape& s) {
  const double halves = s.gated ? 2 : 1;
  const double here = totals_of(s.loads).copies;
  const double copies = here + kernels.elsewhere * (s.tokens * s.top_k - here);
  const Bytes vector(copies * (s.hidden * (2 * wide + s.bytes.activation) + s.width * (halves * wide + s.bytes.activation)) +
                     s.tokens * s.hidden * wide);
  return kernels.tile.start + grouped_gemm_time(chip, kernels, peak, {s.loads, halves * s.width, s.hidden, s.bytes}) +
         grouped_gemm_time(chip, kernels, peak, {s.loads, s.hidden, s.width, s.bytes}) +
         vector / (chip.memory_bandwidth * kernels.vector_memory);
}

}  // namespace podsim::compute
