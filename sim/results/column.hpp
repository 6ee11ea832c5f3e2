// Output tables: every column is one row of {name, unit, meaning, getter}, so header, documentation and code agree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace podsim::results {

using Cell = std::variant<std::string, std::int64_t, double>;
// The same with a text that lives in the record.
using View = std::variant<std::string_view, std::int64_t, double>;

template <class Record, class Value = Cell>
struct Column {
  const char* name;
  const char* unit;  // "" for counts, ratios and texts
  const char* meaning;
  Value (*get)(const Record&);
};
// Of tables with a row for each of many records.
template <class Record>
using RecordColumn = Column<Record, View>;

// As written to CSV: 9 significant digits; texts quoted where a comma, quote or line break asks for it.
std::string to_csv(const Cell& cell);
std::string to_csv(const std::vector<Cell>& row);

// Appends a cell of a record to a line: 12 significant digits, a week to the microsecond.
void append_csv(const View& cell, std::string& line);

template <class Record, class Value>
std::string header(const std::vector<Column<Record, Value>>& columns) {
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

template <class Record>
void append_row(const std::vector<RecordColumn<Record>>& columns, const Record& record, std::string& text) {
  for (const auto& column : columns) {
    append_csv(column.get(record), text);
    text += ',';
  }
  text.back() = '\n';
}

}  // namespace podsim::results
