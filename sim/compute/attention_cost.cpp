#include "compute/attention_cost.hpp"

#include <algorithm>
#include <cmath>

#include "compute/tile_schedule.hpp"

namespace podsim::compute {
namespace {

constexpr double wide = 2;          // bytes of a bf16 element
constexpr double query_tile = 128;  // queries of a tile, fewer for shorter prompts
constexpr double query_step = 16;   // in steps of the matrix unit

// Keys that one head's tiles of queries see, rounded up to tiles, and those of the tile that sees most.
struct TileKeys {
  double all;
  double longest;
};

TileKeys tile_keys(double queries, double cached, double window, double rows) {
  const double tiles = std::ceil(queries / rows);
  if (window > 0 && window < queries + cached) {
    const double ramp = std::min(tiles, std::ceil(window / rows));  // tiles until the window is full
    const double full = std::ceil(window / rows) + 1;
    const double first = cached > 0 ? tiles * full : ramp * (ramp + 1) / 2 + (tiles - ramp) * full;
    return {first * rows, std::min(full, tiles + std::ceil(cached / rows)) * rows};
  }
  return {(tiles * (tiles + 1) / 2) * rows + tiles * cached, tiles * rows + cached};
}

// (query, key) pairs of one head.
double pairs(double queries, double cached, double window) {
  const double context = queries + cached;
  if (window <= 0 || window >= context) return queries * cached + queries * (queries + 1) / 2;
  if (cached >= window) return queries * window;
  const double ramp = window - cached;  // queries that still see everything
  return ramp * cached + ramp * (ramp + 1) / 2 + (queries - ramp) * window;
}

}  // namespace

Seconds prefill_attention_time(const hardware::ChipSpec& chip, const hardware::PrefillKernels& k, FlopRate bf16_peak,
                               const PrefillShape& s) {
  const HeadShape& h = s.heads;
  const FlopRate peak = bf16_peak * (s.narrow ? k.narrow_rate : 1);
  const double rows = std::min(query_tile, std::ceil(s.tokens / query_step) * query_step);
  const double row_tiles = std::ceil(s.tokens / rows);
  const double heads = s.sequences * h.query_heads;
  const TileKeys keys = tile_keys(s.tokens, s.cached, h.window, rows);
  const Seconds item = k.item * (1 - k.item_width + k.item_width * h.width / 128);
  const double both = h.width + h.values();
  const Seconds key = rows * (Flops(2 * both) / (peak * (k.tile_rate / chip.cores)) + k.score);  // one key of a tile
  const Seconds tiles =
      std::max(heads * keys.all / chip.cores, keys.longest * k.lone) * key + item * std::max(1.0, heads * row_tiles / chip.cores);
  const double read = s.tokens * h.query_heads + (s.tokens + s.cached) * h.key_value_heads;
  const Bytes core(s.sequences * both * wide * read);
  const Flops flops(2 * heads * both * pairs(s.tokens, s.cached, h.window));
  return k.start + partly_hidden(std::max(tiles, flops / (peak * k.sustained)), core / (chip.memory_bandwidth * k.memory), k.overlap);
}

Seconds decode_attention_time(const hardware::ChipSpec& chip, const hardware::DecodeKernels& k, FlopRate bf16_peak, const DecodeShape& s) {
  const HeadShape& h = s.heads;
  const double context = h.window > 0 ? std::min(s.context, h.window) : s.context;
  const double wanted = h.query_heads / h.key_value_heads;
  const double groups = wanted > k.largest_group ? h.query_heads : h.key_value_heads;
  const double group = h.query_heads / groups;
  const bool single = group <= 1;
  const double items = s.sequences * groups;
  const double tiles = std::ceil(group / k.group_rows);
  const double rows = single && !k.single_in_tiles ? 1 : k.group_rows * tiles;
  const Seconds start = single ? k.start_single : k.start_grouped;
  const Seconds item = (single ? k.item_single : k.item_grouped) * (1 - k.item_width + k.item_width * h.width / 128) *
                       (1 - k.item_rows + k.item_rows * tiles);
  const Seconds token = Bytes(2 * h.width * h.cache_bytes) / (single ? k.core_bandwidth_single : k.core_bandwidth_grouped) +
                        Flops(4 * h.width * rows) / (bf16_peak * (k.tile_rate / chip.cores));
  const bool full = items >= chip.cores;
  const double waves = full ? std::ceil(items / chip.cores) : k.lone_item + (1 - k.lone_item) * items / chip.cores;
  const double parts = std::clamp(std::floor(k.resident * chip.cores / items), 1.0, k.most_parts);
  const double shared = std::max(1.0, parts * items / chip.cores);  // parts on a core slow each other down
  const double part = full ? context : std::max(std::min(context, k.smallest_part), context / parts);
  const double tokens = std::max(0.0, part - k.covered) * (full ? waves : shared);
  const Bytes moved(s.sequences * h.width * (groups * context * 2 * h.cache_bytes + h.query_heads * 2 * wide));
  const double split = std::clamp(std::min(parts, context / k.smallest_part) - 1, 0.0, 1.0);
  return start + partly_hidden(waves * item + tokens * token + k.combine * split, moved / (chip.memory_bandwidth * k.memory), k.overlap);
}

}  // namespace podsim::compute
