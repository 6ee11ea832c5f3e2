// The time of attention's core, scores and values, by its shape: prompts, and decoding sequences.
#pragma once

#include "base/units.hpp"
#include "hardware/chip.hpp"

namespace podsim::compute {

// What a layer's heads look like on one endpoint.
struct HeadShape {
  double query_heads;
  double key_value_heads;
  double width;            // head dimension
  double window = 0;       // of a sliding window, 0 = none
  double cache_bytes = 2;  // of an element of the KV cache
  double value_width = 0;  // head dimension of values, 0 = that of keys

  double values() const { return value_width > 0 ? value_width : width; }
};

// `sequences` prompts of `tokens` each after `cached` tokens that are there already, causal. In fp8 where `narrow`.
struct PrefillShape {
  HeadShape heads;
  double sequences;
  double tokens;
  double cached = 0;
  bool narrow = false;
};

// `sequences` that each attend to `context` tokens (their mean, which is exact while no window cuts).
struct DecodeShape {
  HeadShape heads;
  double sequences;
  double context;
};

// start + the longer of max(tiles of queries over the cores, flops / (sustained peak)) and bytes / bandwidth, and what it does not hide of
// the other.
Seconds prefill_attention_time(const hardware::ChipSpec& chip, const hardware::PrefillKernels& kernels, FlopRate bf16_peak,
                               const PrefillShape& shape);

// start + the longer of bytes / bandwidth and waves of items over the cores, and what it does not hide of the other. Piecewise linear in
// the context for fixed sequences.
Seconds decode_attention_time(const hardware::ChipSpec& chip, const hardware::DecodeKernels& kernels, FlopRate bf16_peak,
                              const DecodeShape& shape);

}  // namespace podsim::compute
