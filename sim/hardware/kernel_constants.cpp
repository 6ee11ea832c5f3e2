#include "hardware/kernel_constants.hpp"

namespace podsim::hardware {
namespace {

// A share of a peak. The tile rate may exceed 1: a clock above the one that the data sheet's peak is stated at.
double share(config::Node& node, const char* key, double most = 1.0) { return node.get_within<double>(key, 0.001, most); }
Seconds time(config::Node& node, const char* key) { return node.get_within<Seconds>(key, Seconds(0), 10 * units::ms); }
ByteRate core_rate(config::Node& node, const char* key) {
  return node.get_within<ByteRate>(key, units::GB / units::s, 1e5 * units::GB / units::s);
}

TileKernels read_tile(config::Node& node) {
  TileKernels tile;
  tile.start = time(node, "start");
  tile.wave = time(node, "wave");
  tile.tile_rate = share(node, "tile_rate", 2);
  tile.core_bandwidth = core_rate(node, "core_bandwidth");
  tile.memory = share(node, "memory");
  tile.sustained = share(node, "sustained");
  return tile;
}

GemmKernels read_gemm(config::Node node) {
  GemmKernels gemm;
  gemm.tile = read_tile(node);
  gemm.split = time(node, "split");
  gemm.split_memory = share(node, "split_memory", 100);  // partial sums mostly stay in the L2 cache
  gemm.quantise = node.get_within("quantise", Seconds(0), units::ms, Seconds(0));
  gemm.quantise_memory = node.get_within("quantise_memory", 0.001, 100.0, 1.0);
  node.done();
  return gemm;
}

GroupedGemmKernels read_grouped(config::Node node) {
  GroupedGemmKernels grouped;
  grouped.tile = read_tile(node);
  grouped.vector_memory = share(node, "vector_memory", 100);
  grouped.copy = time(node, "copy");
  node.done();
  return grouped;
}

PrefillKernels read_prefill(config::Node node) {
  PrefillKernels prefill;
  prefill.start = time(node, "start");
  prefill.item = time(node, "item");
  prefill.tile_rate = share(node, "tile_rate", 2);
  prefill.narrow_rate = node.get_within("narrow_rate", 1.0, 2.0);
  prefill.score = time(node, "score");
  prefill.lone = node.get_within("lone", 0.1, 4.0);
  prefill.memory = share(node, "memory");
  prefill.prologue = share(node, "prologue", 100);
  prefill.sustained = share(node, "sustained");
  node.done();
  return prefill;
}

DecodeKernels read_decode(config::Node node) {
  DecodeKernels decode;
  decode.start_single = time(node, "start_single");
  decode.start_grouped = time(node, "start_grouped");
  decode.item_single = time(node, "item_single");
  decode.item_grouped = time(node, "item_grouped");
  decode.lone_item = node.get_within("lone_item", 0.01, 1.0, 1.0);
  decode.item_width = node.get_within("item_width", 0.0, 1.0);
  decode.core_bandwidth_single = core_rate(node, "core_bandwidth_single");
  decode.core_bandwidth_grouped = core_rate(node, "core_bandwidth_grouped");
  decode.memory = share(node, "memory");
  decode.tile_rate = share(node, "tile_rate", 2);
  decode.group_rows = node.get_within("group_rows", 1.0, 256.0);
  decode.single_in_tiles = node.get("single_in_tiles", false);
  decode.largest_group = node.get_within("largest_group", 1.0, 1e9, 1e9);
  decode.smallest_part = node.get_within("smallest_part", 1.0, 1e6);
  decode.most_parts = node.get_within("most_parts", 1.0, 1e4);
  decode.resident = node.get_within("resident", 1.0, 16.0);
  node.done();
  return decode;
}

NumberFormat format_of(config::Node& node, const std::string& name) {
  const auto format = number_format_from(name);
  if (!format) node.fail(name, "is no number format (allowed: " + list_number_formats() + ")");
  return *format;
}

}  // namespace

KernelConstants read_kernel_constants(config::Node node) {
  KernelConstants kernels;
  if (auto gemm = node.find("gemm")) {
    for (auto& [name, entry] : gemm->entries()) kernels.gemm[static_cast<std::size_t>(format_of(*gemm, name))] = read_gemm(entry);
  }
  if (auto grouped = node.find("grouped_gemm")) {
    for (auto& [name, entry] : grouped->entries()) {
      kernels.grouped_gemm[static_cast<std::size_t>(format_of(*grouped, name))] = read_grouped(entry);
    }
  }
  if (const auto prefill = node.find("attention_prefill")) kernels.prefill = read_prefill(*prefill);
  if (auto decode = node.find("attention_decode")) {
    for (auto& [name, entry] : decode->entries()) kernels.decode[static_cast<std::size_t>(format_of(*decode, name))] = read_decode(entry);
  }
  node.done();
  return kernels;
}

}  // namespace podsim::hardware
