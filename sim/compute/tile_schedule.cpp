#include "compute/tile_schedule.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::compute {

Seconds waves_time(const hardware::ChipSpec& chip, const hardware::TileKernels& kernels, FlopRate peak, OperandBytes bytes,
                   const Tile& tile, double tiles) {
  const FlopRate core = peak * (kernels.tile_rate / chip.cores);
  const Seconds arithmetic = Flops(2 * tile.depth * tile.block_rows * tile.block_columns) / core;
  const Seconds operands = Bytes(tile.depth * (tile.rows * bytes.activation + tile.columns * bytes.weight)) / kernels.core_bandwidth;
  return std::ceil(tiles / chip.cores) * (std::max(arithmetic, operands) + kernels.wave);
}

Seconds partly_hidden(Seconds one, Seconds other, double overlap) { return std::max(one, other) + std::min(one, other) * (1 - overlap); }

}  // namespace podsim::compute
