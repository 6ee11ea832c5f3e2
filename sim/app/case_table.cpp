#include "app/case_table.hpp"

#include <fmt/format.h>
#include <boost/tokenizer.hpp>

#include <algorithm>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "config/node.hpp"

namespace podsim::app {
namespace {

// One line of comma-separated cells; a cell may be quoted, a quote in it doubled (RFC 4180) or escaped.
std::vector<std::string> split(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::string escaped;  // boost's separator knows \" for a quote, and a backslash as an escape
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool doubled = line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"' && i > 0 && line[i - 1] != ',';
    if (line[i] == '\\') escaped += "\\\\";
    else if (doubled) escaped += "\\\"", ++i;
    else escaped += line[i];
  }
  boost::tokenizer<boost::escaped_list_separator<char>> cells(escaped);
  return {cells.begin(), cells.end()};
}

}  // namespace

CaseTable::CaseTable(const std::filesystem::path& file) : file_(file.string()) {
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file)) throw InputError(fmt::format("{}: cannot be read", file_));
  std::string line;
  int number = 0;
  while (std::getline(in, line)) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a byte order mark, as spreadsheets write it
    if (columns_.empty()) columns_ = split(line);
    else rows_.push_back({number, split(line)});
  }
  const std::set<std::string> names(columns_.begin(), columns_.end());
  if (names.size() != columns_.size()) throw InputError(fmt::format("{}:1: a column stands twice in the header", file_));
  if (rows_.empty()) throw InputError(fmt::format("{}: holds no cases (a header line and one line a case are expected)", file_));
}

std::string CaseTable::where(std::size_t row) const { return fmt::format("{}:{}", file_, rows_[row].line); }

void CaseTable::fail(std::size_t row, const std::string& column, const std::string& message) const {
  throw InputError(fmt::format("{}: {}: {}", where(row), column, message));
}

std::string CaseTable::text(std::size_t row, const std::string& column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  const auto index = static_cast<std::size_t>(found - columns_.begin());
  return index < rows_[row].cells.size() ? rows_[row].cells[index] : "";
}

std::string CaseTable::word(std::size_t row, const std::string& column) const {
  std::string value = text(row, column);
  if (value.empty()) fail(row, column, "is missing");
  return value;
}

int CaseTable::count(std::size_t row, const std::string& column, int low, int high, std::optional<int> fallback) const {
  if (fallback && text(row, column).empty()) return *fallback;
  const std::string written = word(row, column);
  const auto value = config::parse_text<double>(written);
  if (!value || *value != static_cast<int>(*value) || *value < low || *value > high)
    fail(row, column, fmt::format("\"{}\" is not a whole number between {} and {}", written, low, high));
  return static_cast<int>(*value);
}

std::optional<double> CaseTable::number(std::size_t row, const std::string& column) const {
  const std::string written = text(row, column);
  if (written.empty()) return std::nullopt;
  const auto value = config::parse_text<double>(written);
  if (!value || !(*value > 0)) fail(row, column, fmt::format("\"{}\" is not a positive number", written));
  return value;
}

}  // namespace podsim::app
