// Output tables: every column is one row of {name, unit, meaning, getter}, so header, documentation and code agree.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace podsim::results {

using Cell = std::variant<std::string, std::int64_t, double>;

template <class Record>
struct Column {
  const char* name;
  const char* unit;  // "" for counts, ratios and texts
  const char* meaning;
  Cell (*get)(const Record&);
};

// As written to CSV: 9 significant digits; texts quoted where a comma, quote or line break asks for it.
std::string to_csv(const Cell& cell);
std::string to_csv(const std::vector<Cell>& row);

template <class Record>
std::string header(const std::vector<Column<Record>>& columns) {
  std::vector<Cell> names;
  for (const auto& column : columns) names.emplace_back(std::string(column.name));
  return to_csv(names);
}

template <class Record>
std::vector<Cell> row(const std::vector<Column<Record>>& columns, const Record& record) {
  std::vector<Cell> cells;
  for (const auto& column : columns) cells.push_back(column.get(record));
  return cells;
}

}  // namespace podsim::results
