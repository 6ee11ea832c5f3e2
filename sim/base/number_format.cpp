#include "base/number_format.hpp"

#include <array>

namespace podsim {
namespace {

struct Row {
  std::string_view name;
  double bytes;
};
constexpr std::array<Row, number_format_count> rows = {{
    {"fp32", 4},
    {"bf16", 2},
    {"fp8", 1},
    {"fp8_block", 1 + 4.0 / (128 * 128)},
    {"int8", 1},
    {"int4", 0.5 + 2.0 / 128},
    {"fp4", 0.5 + 1.0 / 16},
    {"nvfp4", 0.5 + 1.0 / 16},
    {"mxfp4", 0.5 + 1.0 / 32},
}};

}  // namespace

double bytes_per_element(NumberFormat format) { return rows[static_cast<std::size_t>(format)].bytes; }

NumberFormat arithmetic_of(NumberFormat format) {
  switch (format) {
    case NumberFormat::fp8_block: return NumberFormat::fp8;
    case NumberFormat::nvfp4:
    case NumberFormat::mxfp4: return NumberFormat::fp4;
    default: return format;
  }
}

NumberFormat arithmetic_of(NumberFormat one, NumberFormat other) {
  return arithmetic_of(bytes_per_element(one) > bytes_per_element(other) ? one : other);
}

std::string_view name_of(NumberFormat format) { return rows[static_cast<std::size_t>(format)].name; }

std::optional<NumberFormat> number_format_from(std::string_view name) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name == name) return static_cast<NumberFormat>(i);
  }
  return std::nullopt;
}

std::string list_number_formats() {
  std::string list;
  for (const Row& row : rows) list += (list.empty() ? "" : ", ") + std::string(row.name);
  return list;
}

}  // namespace podsim
