#include "results/column.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>

namespace podsim::results {
namespace {

void append_text(std::string_view text, std::string& line) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

}  // namespace

std::string to_csv(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell)) return fmt::format("{:.9g}", *number);
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *count);
  std::string text;
  append_text(std::get<std::string>(cell), text);
  return text;
}

std::string to_csv(const std::vector<Cell>& cells) {
  std::string line;
  for (const Cell& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += to_csv(cell);
  }
  return line += '\n';
}

void append_csv(const View& cell, std::string& line) {
  if (const auto* number = std::get_if<double>(&cell)) {
    std::array<char, 32> digits;
    line.append(digits.data(), fmt::format_to(digits.data(), FMT_COMPILE("{:.12g}"), *number));
  } else if (const auto* count = std::get_if<std::int64_t>(&cell)) {
    const fmt::format_int digits(*count);
    line.append(digits.data(), digits.size());
  } else {
    append_text(std::get<std::string_view>(cell), line);
  }
}

}  // namespace podsim::results
