#include "results/column.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace podsim::results {
namespace {

void append_text(std::string_view text, std::string& line) {
  if (std::ranges::none_of(text, [](char c) { return c == ',' || c == '"' || c == '\n'; })) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

constexpr std::array<double, 16> powers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};  // exact as doubles

// A number of `decimals` decimals, without zeros at its end.
void append_decimal(std::int64_t in_last_places, std::size_t decimals, std::string& line) {
  const fmt::format_int digits(std::abs(in_last_places));
  std::array<char, 40> text;
  char* end = text.data();
  if (in_last_places < 0) *end++ = '-';
  const std::size_t whole = digits.size() > decimals ? digits.size() - decimals : 0;
  if (whole == 0) *end++ = '0';
  end = std::copy_n(digits.data(), whole, end);
  *end++ = '.';
  end = std::fill_n(end, decimals - (digits.size() - whole), '0');
  end = std::copy_n(digits.data() + whole, digits.size() - whole, end);
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  line.append(text.data(), end);
}

// Twelve significant digits. Rounding to a whole number of last places is several times as fast as a conversion with a given precision.
void append_number(double value, std::string& line) {
  const double size = std::abs(value);
  if (size < 1e11 && value == std::trunc(value)) {
    const fmt::format_int whole(static_cast<std::int64_t>(value));
    line.append(whole.data(), whole.size());
  } else if (size >= 1e-4 && size < 1e11) {
    std::size_t decimals = 11;
    if (size < 1)
      decimals +=
          1 + static_cast<std::size_t>(std::ranges::count_if(std::span(powers).subspan(1, 3), [&](double p) { return size * p < 1; }));
    else decimals -= static_cast<std::size_t>(std::upper_bound(powers.begin(), powers.end(), size) - powers.begin()) - 1;
    append_decimal(std::llrint(value * powers[decimals]), decimals, line);
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
