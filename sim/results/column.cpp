#include "results/column.hpp"

#include <fmt/format.h>

namespace podsim::results {

std::string to_csv(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell)) return fmt::format("{:.9g}", *number);
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *count);
  const auto& text = std::get<std::string>(cell);
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string to_csv(const std::vector<Cell>& cells) {
  std::string line;
  for (const Cell& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += to_csv(cell);
  }
  return line += '\n';
}

}  // namespace podsim::results
