// A CSV of cases as people keep measurements: named columns, one case a row, columns that podsim does not know allowed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace podsim::app {

class CaseTable {
 public:
  // Throws InputError when the file cannot be read, has no header, names a column twice or holds no row.
  explicit CaseTable(const std::filesystem::path& file);

  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t rows() const { return rows_.size(); }
  const std::vector<std::string>& cells(std::size_t row) const { return rows_[row].cells; }  // as many as columns, or short

  // The text of a cell; "" where the row or the column is missing.
  std::string text(std::size_t row, const std::string& column) const;
  // A cell that must be there. Throws InputError "file:line: column: ...".
  std::string word(std::size_t row, const std::string& column) const;
  // A whole number in [low, high]; `fallback` for an empty cell.
  int count(std::size_t row, const std::string& column, int low, int high, std::optional<int> fallback = std::nullopt) const;
  // A positive number; none for an empty cell.
  std::optional<double> number(std::size_t row, const std::string& column) const;

  // "file:line" of a row.
  std::string where(std::size_t row) const;
  [[noreturn]] void fail(std::size_t row, const std::string& column, const std::string& message) const;

 private:
  struct Row {
    int line;
    std::vector<std::string> cells;
  };

  std::string file_;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
};

}  // namespace podsim::app
