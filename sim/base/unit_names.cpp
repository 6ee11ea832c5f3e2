#include "base/unit_names.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace podsim {
namespace {

constexpr UnitName second_names[] = {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"min", 60}, {"h", 3600}};
constexpr UnitName hertz_names[] = {{"/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}};
constexpr UnitName byte_names[] = {{"B", 1},     {"KB", 1e3},     {"MB", 1e6},        {"GB", 1e9},
                                   {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}};
constexpr UnitName byte_rate_names[] = {{"B/s", 1}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12}, {"Gb/s", 1e9 / 8}, {"Tb/s", 1e12 / 8}};
constexpr UnitName flop_rate_names[] = {{"FLOPS", 1}, {"GFLOPS", 1e9}, {"TFLOPS", 1e12}, {"PFLOPS", 1e15}, {"TOPS", 1e12}};
constexpr UnitName watt_names[] = {{"W", 1}, {"kW", 1e3}, {"MW", 1e6}};
constexpr UnitName joule_names[] = {{"J", 1}, {"kJ", 1e3}, {"MJ", 1e6}, {"kWh", 3.6e6}};
constexpr UnitName dollar_names[] = {{"USD", 1}, {"kUSD", 1e3}, {"MUSD", 1e6}};

bool is_decimal(const UnitName& unit) {
  return unit.name.find('i') == std::string_view::npos && unit.name.find('b') == std::string_view::npos && unit.name != "TOPS";
}

}  // namespace

template <>
std::span<const UnitName> unit_names<Seconds>() {
  return second_names;
}
template <>
std::span<const UnitName> unit_names<Hertz>() {
  return hertz_names;
}
template <>
std::span<const UnitName> unit_names<Bytes>() {
  return byte_names;
}
template <>
std::span<const UnitName> unit_names<ByteRate>() {
  return byte_rate_names;
}
template <>
std::span<const UnitName> unit_names<FlopRate>() {
  return flop_rate_names;
}
template <>
std::span<const UnitName> unit_names<Watts>() {
  return watt_names;
}
template <>
std::span<const UnitName> unit_names<Joules>() {
  return joule_names;
}
template <>
std::span<const UnitName> unit_names<Dollars>() {
  return dollar_names;
}

std::optional<double> parse_with_unit(std::string_view text, std::span<const UnitName> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const UnitName& candidate : units) {
    if (candidate.name == unit) return number * candidate.factor;
  }
  return std::nullopt;
}

std::string write_with_unit(double value, std::span<const UnitName> units) {
  const UnitName* best = &units.front();
  const UnitName* smallest = best;
  bool readable = false;
  for (const UnitName& unit : units) {
    if (!is_decimal(unit)) continue;
    if (unit.factor < smallest->factor) smallest = &unit;
    if (std::abs(value) >= unit.factor && (!readable || unit.factor > best->factor)) {
      best = &unit;
      readable = true;
    }
  }
  if (!readable && value != 0) best = smallest;
  return fmt::format("{:.12g} {}", value / best->factor, best->name);
}

std::string list_units(std::span<const UnitName> units) {
  std::string names;
  for (const UnitName& unit : units) {
    if (!names.empty()) names += ", ";
    names += unit.name;
  }
  return names;
}

}  // namespace podsim
