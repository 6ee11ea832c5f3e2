// Quantities as people write them: "28 GB/s", "2 us", "752 TFLOPS".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/units.hpp"

namespace podsim {

struct UnitName {
  std::string_view name;
  double factor;  // of the base unit
};

// The spellings of each dimension, the base unit first. Decimal prefixes are powers of 1000, as data sheets use
// them; KiB, MiB, GiB are powers of 1024; a lower-case b is a bit.
template <class Q>
std::span<const UnitName> unit_names() = delete;
template <>
std::span<const UnitName> unit_names<Seconds>();
template <>
std::span<const UnitName> unit_names<Hertz>();
template <>
std::span<const UnitName> unit_names<Bytes>();
template <>
std::span<const UnitName> unit_names<ByteRate>();
template <>
std::span<const UnitName> unit_names<FlopRate>();
template <>
std::span<const UnitName> unit_names<Watts>();
template <>
std::span<const UnitName> unit_names<Joules>();
template <>
std::span<const UnitName> unit_names<Dollars>();

// Reads "<number> <unit>" into base units. Empty when the number or the unit is not understood.
std::optional<double> parse_with_unit(std::string_view text, std::span<const UnitName> units);
// Writes `value` (base units) with the largest unit that leaves at least 1; 12 significant digits.
std::string write_with_unit(double value, std::span<const UnitName> units);
// "s, ms, us, ns, min, h", for error messages.
std::string list_units(std::span<const UnitName> units);

template <class Q>
std::optional<Q> parse_quantity(std::string_view text) {
  const auto value = parse_with_unit(text, unit_names<Q>());
  return value ? std::optional<Q>(Q(*value)) : std::nullopt;
}

template <class Q>
std::string to_text(Q value) {
  return write_with_unit(value.value(), unit_names<Q>());
}

}  // namespace podsim
