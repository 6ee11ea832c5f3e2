// The fitted constants of a chip's kernels: what the shape-dependent cost of an operator is made of.
#pragma once

#include <array>
#include <optional>

#include "base/number_format.hpp"
#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::hardware {

// Tiles of a matrix product on the cores of a chip. Shares are of the data-sheet peak, per core or per chip.
struct TileKernels {
  Seconds start;            // launch and drain, once a product (grouped: once a block of two products)
  Seconds wave;             // prologue and epilogue of a tile
  double tile_rate = 1;     // share of a core's peak inside a tile
  ByteRate core_bandwidth;  // operands into one core
  double memory = 1;        // share of the memory bandwidth
  double sustained = 1;     // share of the chip's peak that long products keep (power)
};

// Dense matrix products in one number format.
struct GemmKernels {
  TileKernels tile;
  Seconds split;               // reduction of the partial sums of a split inner dimension
  double split_memory = 1;     // traffic of the partial sums, as a share of the memory bandwidth
  Seconds quantise;            // the kernel that brings bf16 activations into the format
  double quantise_memory = 1;  // its share of the memory bandwidth
};

// The experts of an MoE block in one number format: two grouped products and the vector work around them.
struct GroupedGemmKernels {
  TileKernels tile;
  double vector_memory = 1;  // permute, activation and weighted sum, as a share of the memory bandwidth
  Seconds copy;              // routing work per token copy
};

// Scores and values of prompts.
struct PrefillKernels {
  Seconds start;
  Seconds item;            // prologue and epilogue of a tile of queries
  double tile_rate = 1;    // share of a core's bf16 peak inside a tile
  double narrow_rate = 1;  // speed of fp8 products over bf16
  Seconds score;           // exponential and bookkeeping of one (query, key) pair on one core
  double lone = 1;         // time of the longest tile by itself, over its time on a full chip
  double memory = 1;       // share of the memory bandwidth
  double prologue = 1;     // rotary and cache write before the core, as a share of the memory bandwidth
  double sustained = 1;    // share of the chip's peak that long prompts keep
};

// Scores and values of decoding sequences, with one format of the cache. An item is one key-value head of one sequence.
struct DecodeKernels {
  Seconds start_single;            // of a kernel for single query heads
  Seconds start_grouped;           // and of one for groups that share a key-value head
  Seconds item_single;             // fixed time of an item of one query head
  Seconds item_grouped;            // and of a group of query heads
  double lone_item = 1;            // share of an item's fixed time that is left on an almost empty chip
  double item_width = 0;           // share of it that grows with the head dimension (1 at 128)
  ByteRate core_bandwidth_single;  // cache into one core
  ByteRate core_bandwidth_grouped;
  double memory = 1;             // share of the memory bandwidth
  double tile_rate = 1;          // share of a core's bf16 peak
  double group_rows = 16;        // rows of a tile for the query heads of a group; larger groups take several
  bool single_in_tiles = false;  // one query head fills such a tile too
  double largest_group = 1e9;    // larger groups run as single heads
  double smallest_part = 256;    // tokens below which an item is not split further
  double most_parts = 64;        // parts of an item
  double resident = 1;           // items that share a core
};

struct KernelConstants {
  std::array<std::optional<GemmKernels>, number_format_count> gemm;
  std::array<std::optional<GroupedGemmKernels>, number_format_count> grouped_gemm;
  std::optional<PrefillKernels> prefill;
  std::array<std::optional<DecodeKernels>, number_format_count> decode;  // by the format of the cache
};

// Reads the `kernels` block of configs/chips/*.yaml. A part that is absent is priced as a roofline.
KernelConstants read_kernel_constants(config::Node node);

}  // namespace podsim::hardware
