#include "compute/measured_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/error.hpp"

namespace podsim::compute {
namespace {

enum Column { sequences, tokens, heads, kv_heads, width, window, cache_bytes, m, n, k, experts, bytes, time_us, column_count };
constexpr std::array<const char*, column_count> column_names = {
    "sequences", "tokens", "heads", "kv_heads", "width", "window", "cache_bytes", "m", "n", "k", "experts", "bytes", "time_us"};
constexpr std::array<const char*, 5> operators = {"gemm", "grouped_gemm", "attention_prefill", "attention_decode", "vector"};

// What must match exactly, and the two axes to interpolate along.
struct Place {
  std::vector<double> key;
  double first;
  double second;
};

double code(NumberFormat format) { return static_cast<double>(format); }

Place heads_place(double kind, NumberFormat format, const HeadShape& h, double sequences, double tokens) {
  return {{kind, code(format), h.query_heads, h.key_value_heads, h.width, h.window, h.cache_bytes}, sequences, tokens};
}

struct PlaceOf {
  NumberFormat format;
  std::optional<Place> operator()(std::monostate) const { return std::nullopt; }
  std::optional<Place> operator()(const GemmShape& s) const { return Place{{0, code(format), s.n, s.k}, s.m, 0}; }
  std::optional<Place> operator()(const RoutedShape& s) const { return Place{{1, code(format), s.experts, s.n, s.k}, s.copies, 0}; }
  std::optional<Place> operator()(const RoutedVectorShape&) const { return std::nullopt; }
  std::optional<Place> operator()(const VectorShape& s) const { return Place{{4, code(format)}, s.moved.value(), 0}; }
  std::optional<Place> operator()(const PrefillShape& s) const {
    if (s.cached > 0 || s.heads.values() != s.heads.width) return std::nullopt;
    return heads_place(2, format, s.heads, s.sequences, s.tokens);
  }
  std::optional<Place> operator()(const DecodeShape& s) const { return heads_place(3, format, s.heads, s.sequences, s.context); }
};

Shape shape_of(std::size_t kind, const std::array<double, column_count>& v) {
  const HeadShape h{v[heads], v[kv_heads], v[width], v[window], v[cache_bytes]};
  switch (kind) {
    case 0: return GemmShape{v[m], v[n], v[k], {}};
    case 1: return RoutedShape{v[m], v[experts], v[n], v[k], {}};
    case 2: return PrefillShape{h, v[sequences], v[tokens]};
    case 3: return DecodeShape{h, v[sequences], v[tokens]};
    default: return VectorShape{Bytes(v[bytes])};
  }
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',') cells.emplace_back();
    else if (c != '\r') cells.back() += c;
  }
  return cells;
}

double number(const std::string& cell, const std::string& where, const std::string& column) {
  double value = 0;
  if (cell.empty() && column != "time_us") return 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !(value >= 0) || !std::isfinite(value)) {
    throw InputError(where + ": " + column + ": \"" + cell + "\" is no number (allowed: 0 or more)");
  }
  return value;
}

// One line of the file.
struct Measurement {
  std::size_t kind;  // of `operators`
  NumberFormat format;
  std::array<double, column_count> values;
};

// Which cell of a line holds what.
class Header {
 public:
  Header(const std::string& line, const std::string& where) : names_(cells_of(line)) {
    kind_ = find("operator", where);
    format_ = find("format", where);
    for (std::size_t i = 0; i < column_count; ++i) place_[i] = find(column_names[i], where);
  }

  Measurement read(const std::string& line, const std::string& where) const {
    const auto cells = cells_of(line);
    if (cells.size() != names_.size()) {
      throw InputError(where + ": has " + std::to_string(cells.size()) + " cells, the header " + std::to_string(names_.size()));
    }
    Measurement row{};
    while (row.kind < operators.size() && cells[kind_] != operators[row.kind]) ++row.kind;
    if (row.kind == operators.size()) {
      throw InputError(where + ": operator: \"" + cells[kind_] +
                       "\" is unknown (allowed: gemm, grouped_gemm, attention_prefill, attention_decode, vector)");
    }
    const auto format = number_format_from(cells[format_]);
    if (!format) throw InputError(where + ": format: \"" + cells[format_] + "\" is unknown (allowed: " + list_number_formats() + ")");
    row.format = *format;
    for (std::size_t i = 0; i < column_count; ++i) row.values[i] = number(cells[place_[i]], where, column_names[i]);
    return row;
  }

 private:
  std::size_t find(const std::string& name, const std::string& where) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) throw InputError(where + ": " + name + ": this column is missing");
    return static_cast<std::size_t>(found - names_.begin());
  }

  std::vector<std::string> names_;
  std::size_t kind_ = 0, format_ = 0;
  std::array<std::size_t, column_count> place_{};
};

// The neighbours of `at`, and the share of the upper one; none outside.
template <class Map>
std::optional<std::tuple<typename Map::const_iterator, typename Map::const_iterator, double>> around(const Map& map, double at) {
  const auto above = map.lower_bound(at);
  if (above == map.end()) return std::nullopt;
  if (above->first == at) return std::tuple{above, above, 0.0};
  if (above == map.begin()) return std::nullopt;
  const auto below = std::prev(above);
  return std::tuple{below, above, (at - below->first) / (above->first - below->first)};
}

}  // namespace

MeasuredTable MeasuredTable::read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw InputError(file.string() + ": cannot be read");
  return read(in, file.string());
}

MeasuredTable MeasuredTable::read(std::istream& in, const std::string& shown_as) {
  std::string line;
  std::getline(in, line);
  const Header header(line, shown_as + ":1");
  MeasuredTable table;
  for (int number_of_line = 2; std::getline(in, line); ++number_of_line) {
    const std::string where = shown_as + ":" + std::to_string(number_of_line);
    const Measurement row = header.read(line, where);
    const Place at = *std::visit(PlaceOf{row.format}, shape_of(row.kind, row.values));
    if (!table.grids_[at.key][at.first].emplace(at.second, row.values[time_us] * 1e-6).second) {
      throw InputError(where + ": time_us: an earlier line has a time for this shape (allowed: one)");
    }
  }
  return table;
}

std::optional<Seconds> MeasuredTable::time(NumberFormat format, const Shape& shape) const {
  const auto place = std::visit(PlaceOf{format}, shape);
  if (!place) return std::nullopt;
  const auto grid = grids_.find(place->key);
  if (grid == grids_.end()) return std::nullopt;
  const auto rows = around(grid->second, place->first);
  if (!rows) return std::nullopt;
  const auto along = [&](const Row& row) -> std::optional<double> {
    const auto found = around(row, place->second);
    if (!found) return std::nullopt;
    const auto& [below, above, share] = *found;
    return below->second * (1 - share) + above->second * share;
  };
  const auto& [below, above, share] = *rows;
  const auto low = along(below->second), high = along(above->second);
  if (!low || !high) return std::nullopt;
  return Seconds(*low * (1 - share) + *high * share);
}

}  // namespace podsim::compute
