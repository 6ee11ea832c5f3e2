// An accelerator: what one endpoint computes and holds, and what one package draws and costs.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/number_format.hpp"
#include "base/units.hpp"
#include "config/node.hpp"
#include "hardware/kernel_constants.hpp"
#include "hardware/power.hpp"

namespace podsim::hardware {

// Achieved share of the data-sheet peak for large shapes.
struct Efficiency {
  double gemm = 1;               // dense matrix products
  double grouped_gemm = 1;       // the experts of an MoE layer
  double attention_prefill = 1;  // scores and values over many queries
  double attention_decode = 1;   // scores and values, few queries a sequence
  double memory = 1;             // streaming from device memory
  double vector = 1;             // memory bandwidth that element-wise kernels reach
};

// An endpoint is what software sees as one device (a 910C die, a whole H100); a package is what one buys.
struct ChipSpec {
  std::string name;
  int endpoints_per_package = 1;

  // Per endpoint.
  std::array<std::optional<FlopRate>, number_format_count> peak;  // dense, by number format
  double cores = 1;                                               // streaming multiprocessors, matrix cores, compute units
  Bytes memory_capacity;
  ByteRate memory_bandwidth;
  Efficiency efficiency;
  Seconds matrix_kernel_overhead;  // start and drain of a kernel, launch hidden by a graph
  Seconds vector_kernel_overhead;
  double host_speed = 1;  // of the processors that drive it / of those that engine profiles were fitted on (Sapphire Rapids and later x86)
  KernelConstants kernels;  // fitted, of the library in use, at first the first; operators without them are priced with `efficiency`
  std::map<std::string, KernelConstants> libraries;  // all that were measured

  std::filesystem::path measured;  // CSV of measured kernel times (compute/measured_table), empty = none

  // Per package.
  PowerSpec power;
  std::optional<Dollars> price;

  // Of the arithmetic that tensors of a format run in.
  std::optional<FlopRate> peak_of(NumberFormat format) const { return peak[static_cast<std::size_t>(arithmetic_of(format))]; }
  std::string formats() const;  // "bf16, int8"
  // Takes the kernels of a library, where those are known.
  void use_kernels(const std::string& library);
};

// Reads configs/chips/*.yaml.
ChipSpec read_chip(config::Node node);

}  // namespace podsim::hardware
