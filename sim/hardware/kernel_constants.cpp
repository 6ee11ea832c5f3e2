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

std::vector<GroupedGemmKernels> read_grouped(config::Node node, double most_tokens = std::numeric_limits<double>::infinity()) {
  std::vector<GroupedGemmKernels> kernels;
  if (auto few = node.find("few")) {
    const double limit = few->get_within("most_tokens", 1.0, 1e6);
    kernels = read_grouped(*few, limit);
  }
  GroupedGemmKernels grouped;
  grouped.tile = read_tile(node);
  grouped.overlap = node.get_within("overlap", 0.0, 1.0);
  grouped.vector_memory = share(node, "vector_memory", 100);
  grouped.elsewhere = node.get_within("elsewhere", 0.0, 1.0);
  grouped.most_tokens = most_tokens;
  node.done();
  kernels.push_back(grouped);
  return kernels;
}

PrefillKernels read_prefill(config::Node node) {
  PrefillKernels prefill;
  prefill.start = time(node, "start");
  prefill.item = time(node, "item");
  prefill.item_width = node.get_within("item_width", 0.0, 1.0);
  prefill.tile_rate = share(node, "tile_rate", 2);
  prefill.narrow_rate = node.get_within("narrow_rate", 1.0, 2.0);
  prefill.score = time(node, "score");
  prefill.lone = node.get_within("lone", 0.1, 4.0);
  prefill.memory = share(node, "memory");
  prefill.overlap = node.get_within("overlap", 0.0, 1.0);
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
  decode.item_rows = node.get_within("item_rows", 0.0, 1.0);
  decode.covered = node.get_within("covered", 0.0, 1e4);
  decode.core_bandwidth_single = core_rate(node, "core_bandwidth_single");
  decode.core_bandwidth_grouped = core_rate(node, "core_bandwidth_grouped");
  decode.memory = share(node, "memory");
  decode.overlap = node.get_within("overlap", 0.0, 1.0);
  decode.combine = time(node, "combine");
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

// "fp8" or "mxfp4 x bf16".
OperandFormats operands_of(config::Node& node, const std::string& name) {
  const std::string by = " x ";
  const auto at = name.find(by);
  if (at == std::string::npos) return {format_of(node, name), format_of(node, name)};
  const auto part = [&](const std::string& written) {
    const auto format = number_format_from(written);
    if (!format) node.fail(name, "\"" + written + "\" is no number format (allowed: " + list_number_formats() + ")");
    return *format;
  };
  return {part(name.substr(0, at)), part(name.substr(at + by.size()))};
}

template <class Kernels>
const Kernels* find_kernels(const std::map<OperandFormats, Kernels>& kernels, OperandFormats formats) {
  const NumberFormat arithmetic = arithmetic_of(formats.weights, formats.activations);
  for (const OperandFormats key : {formats, OperandFormats{arithmetic, arithmetic}}) {
    if (const auto found = kernels.find(key); found != kernels.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace

const GemmKernels* KernelConstants::gemm_of(OperandFormats formats) const { return find_kernels(gemm, formats); }

const GroupedGemmKernels* KernelConstants::grouped_gemm_of(OperandFormats formats, double tokens) const {
  const auto* by_tokens = find_kernels(grouped_gemm, formats);
  if (!by_tokens) return nullptr;
  for (const GroupedGemmKernels& kernels : *by_tokens) {
    if (tokens <= kernels.most_tokens) return &kernels;
  }
  return &by_tokens->back();
}

KernelConstants read_kernel_constants(config::Node node) {
  KernelConstants kernels;
  if (auto gemm = node.find("gemm")) {
    for (auto& [name, entry] : gemm->entries()) kernels.gemm[operands_of(*gemm, name)] = read_gemm(entry);
  }
  if (auto grouped = node.find("grouped_gemm")) {
    for (auto& [name, entry] : grouped->entries()) kernels.grouped_gemm[operands_of(*grouped, name)] = read_grouped(entry);
  }
  if (const auto prefill = node.find("attention_prefill")) kernels.prefill = read_prefill(*prefill);
  if (auto decode = node.find("attention_decode")) {
    for (auto& [name, entry] : decode->entries()) kernels.decode[static_cast<std::size_t>(format_of(*decode, name))] = read_decode(entry);
  }
  node.done();
  return kernels;
}

}  // namespace podsim::hardware
