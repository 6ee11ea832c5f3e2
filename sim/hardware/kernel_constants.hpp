// The fitted constants of a chip's kernels: what the shape-dependent cost of an operator is made of.
#pragma once

#include <array>
#include <compare>
#include <limits>
#include <map>
#include <optional>
#include <vector>

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

// The experts of an MoE block in one pair of formats: two grouped products and the vector work around them.
struct GroupedGemmKernels {
  TileKernels tile;          // its start: of the whole block
  double overlap = 1;        // share of the shorter of arithmetic and memory that the longer hides
  double vector_memory = 1;  // permute, quantise, activation and weighted sum, as a share of the memory bandwidth
  double elsewhere = 0;      // share of that work which is done for token copies of other endpoints' experts too
  double most_tokens = std::numeric_limits<double>::infinity();  // of a step that takes these kernels
};

// Scores and values of prompts.
struct PrefillKernels {
  Seconds start;
  Seconds item;            // prologue and epilogue of a tile of queries
  double item_width = 0;   // share of it that grows with the head dimension (1 at 128)
  double tile_rate = 1;    // share of a core's bf16 peak inside a tile
  double narrow_rate = 1;  // speed of fp8 products over bf16
  Seconds score;           // exponential and bookkeeping of one (query, key) pair on one core
  double lone = 1;         // time of the longest tile by itself, over its time on a full chip
  double memory = 1;       // share of the memory bandwidth
  double overlap = 1;      // share of the shorter of arithmetic and memory that the longer hides
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
  double item_rows = 0;            // and with the rows of a group
  double covered = 0;              // tokens whose loading the fixed time of an item hides
  ByteRate core_bandwidth_single;  // cache into one core
  ByteRate core_bandwidth_grouped;
  double memory = 1;             // share of the memory bandwidth
  double overlap = 1;            // share of the shorter of memory and cores that the longer hides
  Seconds combine;               // of the parts of a split item
  double tile_rate = 1;          // share of a core's bf16 peak
  double group_rows = 16;        // the query heads of a group fill tiles of so many rows
  bool single_in_tiles = false;  // one query head fills such a tile too
  double largest_group = 1e9;    // larger groups run as single heads
  double smallest_part = 256;    // tokens below which an item is not split further
  double most_parts = 64;        // parts of an item
  double resident = 1;           // items that share a core
};

// Formats of the operands of a product.
struct OperandFormats {
  NumberFormat weights;
  NumberFormat activations;
  auto operator<=>(const OperandFormats&) const = default;
};

struct KernelConstants {
  std::map<OperandFormats, GemmKernels> gemm;
  std::map<OperandFormats, std::vector<GroupedGemmKernels>> grouped_gemm;  // rising in most_tokens, the last without limit
  std::optional<PrefillKernels> prefill;
  std::array<std::optional<DecodeKernels>, number_format_count> decode;  // by the format of the cache

  // Those of the pair, else of the arithmetic that it runs in; null where there are none.
  const GemmKernels* gemm_of(OperandFormats formats) const;
  // The same, of the kernels that a step of `tokens` takes.
  const GroupedGemmKernels* grouped_gemm_of(OperandFormats formats, double tokens) const;
};

// Reads configs/kernels/*.yaml, the kernels of one library on one architecture. A part that is absent is priced as a roofline. Products are
// named by the format of their operands, or of the two where they differ: `mxfp4 x bf16` are weights in MXFP4 that are unpacked for
// products in BF16. Grouped products may have other kernels for small steps under `few`, with their `most_tokens`.
KernelConstants read_kernel_constants(config::Node node);

}  // namespace podsim::hardware
