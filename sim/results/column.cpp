#include "results/column.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <cmath>

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

// A number of `decimals` decimals, without zeros at its end.
void append_decimal(std::int64_t in_last_places, int decimals, std::string& line) {
  const fmt::format_int digits(std::abs(in_last_places));
  std::string_view text(digits.data(), digits.size());
  if (in_last_places < 0) line += '-';
  const auto places = static_cast<std::size_t>(decimals);
  const std::size_t whole = text.size() > places ? text.size() - places : 0;
  while (text.size() > whole && text.back() == '0') text.remove_suffix(1);
  line += whole > 0 ? text.substr(0, whole) : "0";
  if (text.size() == whole) return;
  line += '.';
  if (whole == 0) line.append(places - digits.size(), '0');
  line += text.substr(whole);
}

// Twelve significant digits. Rounding to a whole number of last places is several times as fast as a conversion with a given precision.
void append_number(double value, std::string& line) {
  constexpr int digits = 12;
  constexpr std::array<double, 16> powers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                             1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};  // exact as doubles
  const double size = std::abs(value);
  if (size < 1e11 && value == std::trunc(value)) {
    const fmt::format_int whole(static_cast<std::int64_t>(value));
    line.append(whole.data(), whole.size());
    return;
  }
  if (size >= 1e-4 && size < 1e11) {
    const int decimals = digits - 1 - static_cast<int>(std::floor(std::log10(size)));
    append_decimal(std::llrint(value * powers[static_cast<std::size_t>(decimals)]), decimals, line);
  } else {
    fmt::format_to(std::back_inserter(line), FMT_COMPILE("{:.12g}"), value);
  }
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
    append_number(*number, line);
  } else if (const auto* count = std::get_if<std::int64_t>(&cell)) {
    const fmt::format_int digits(*count);
    line.append(digits.data(), digits.size());
  } else {
    append_text(std::get<std::string_view>(cell), line);
  }
}

}  // namespace podsim::results
