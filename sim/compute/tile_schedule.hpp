// The time of a set of equal tiles on the cores of a chip: whole waves, each as long as its arithmetic or its operands.
#pragma once

#include "base/units.hpp"
#include "hardware/chip.hpp"

namespace podsim::compute {

// A matrix product's tile of bm x bn outputs over `depth` of the inner dimension. `rows` of the bm and `columns` of the
// bn exist and are loaded; the arithmetic units work on all of them.
struct Tile {
  double rows;
  double columns;
  double block_rows;
  double block_columns;
  double depth;
};

// Bytes of one element of the two operands.
struct OperandBytes {
  double activation;
  double weight;
};

// ceil(tiles / cores) waves of max(arithmetic, operands into the core) + prologue. `peak`: of the chip, in the format.
Seconds waves_time(const hardware::ChipSpec& chip, const hardware::TileKernels& kernels, FlopRate peak, OperandBytes bytes,
                   const Tile& tile, double tiles);

// The longer of two, and the share `1 - overlap` of the shorter.
Seconds partly_hidden(Seconds one, Seconds other, double overlap);

}  // namespace podsim::compute
