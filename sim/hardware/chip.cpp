#include "hardware/chip.hpp"

namespace podsim::hardware {
namespace {

Efficiency read_efficiency(config::Node node) {
  Efficiency efficiency;
  const auto share = [&](const char* key) { return node.get_within<double>(key, 0.01, 1.0); };
  efficiency.gemm = share("gemm");
  efficiency.grouped_gemm = share("grouped_gemm");
  efficiency.attention_prefill = share("attention_prefill");
  efficiency.attention_decode = share("attention_decode");
  efficiency.memory = share("memory");
  efficiency.vector = share("vector");
  node.done();
  return efficiency;
}

// {LIBRARY: a file of configs/kernels, ...}
void read_libraries(config::Node node, ChipSpec& chip) {
  for (const auto& [library, entry] : node.entries()) {
    const auto [known, added] = chip.libraries.emplace(library, read_kernel_constants(node.reference(library, "kernels")));
    if (chip.libraries.size() == 1) chip.kernels = known->second;
  }
  node.done();
}

void read_endpoint(config::Node node, ChipSpec& chip) {
  config::Node compute = node.at("compute");
  for (auto& [name, rate] : compute.entries()) {
    const auto format = number_format_from(name);
    if (!format) compute.fail(name, "is no number format (allowed: " + list_number_formats() + ")");
    chip.peak[static_cast<std::size_t>(*format)] = rate.as<FlopRate>();
  }
  config::Node memory = node.at("memory");
  chip.memory_capacity = memory.get_within<Bytes>("capacity", 1 * units::MB, 100 * units::TB);
  chip.memory_bandwidth = memory.get_within<ByteRate>("bandwidth", 1 * units::GB / units::s, 1e6 * units::GB / units::s);
  memory.done();
  chip.cores = node.get_within("cores", 1.0, 1e5, 1.0);
  if (const auto kernels = node.find("kernels")) {
    if (!node.has("cores")) node.fail("cores", "is missing, and `kernels` counts waves over them (allowed: 1 to 100000)");
    read_libraries(*kernels, chip);
  }
  if (const auto file = node.find_as<std::string>("measured")) {
    chip.measured = node.at("measured").folder() / *file;
    if (!std::filesystem::is_regular_file(chip.measured)) node.fail("measured", "no such file: " + chip.measured.string());
  }
  chip.efficiency = read_efficiency(node.at("efficiency"));
  chip.matrix_kernel_overhead = node.get_within<Seconds>("matrix_kernel_overhead", Seconds(0), units::ms);
  chip.vector_kernel_overhead = node.get_within<Seconds>("vector_kernel_overhead", Seconds(0), units::ms);
  node.done();
}

}  // namespace

std::string ChipSpec::formats() const {
  std::string list;
  for (int i = 0; i < number_format_count; ++i) {
    if (peak[static_cast<std::size_t>(i)]) list += (list.empty() ? "" : ", ") + std::string(name_of(static_cast<NumberFormat>(i)));
  }
  return list;
}

void ChipSpec::use_kernels(const std::string& library) {
  if (const auto known = libraries.find(library); known != libraries.end()) kernels = known->second;
}

ChipSpec read_chip(config::Node node) {
  ChipSpec chip;
  chip.name = node.get<std::string>("name");
  chip.endpoints_per_package = node.get_within("endpoints_per_package", 1, 16, 1);
  chip.host_speed = node.get_within("host_speed", 0.01, 100.0, 1.0);
  read_endpoint(node.at("endpoint"), chip);
  chip.power = read_power(node.at("power"));
  chip.price = node.find_as<Dollars>("price");
  node.done();
  return chip;
}

}  // namespace podsim::hardware
