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
    {"int8", 1},
    {"fp4", 0.5 + 1.0 / 16},
}};

}  // namespace

double bytes_per_element(NumberFormat format) { return rows[static_cast<std::size_t>(format)].bytes; }

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
