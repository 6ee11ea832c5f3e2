#include "app/replications.hpp"

#include <algorithm>
#include <optional>

#include "metrics/statistics.hpp"
#include "metrics/verdict.hpp"
#include "results/tables.hpp"

namespace podsim::app {
namespace {

using metrics::Verdict;
using results::Cell;

std::optional<double> number(const Cell& cell) {
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*count);
  if (const auto* value = std::get_if<double>(&cell)) return *value;
  return std::nullopt;
}

// Of the numbers in one column; empty for texts.
std::optional<metrics::Estimate> estimate(const std::vector<Row>& runs, std::size_t column) {
  std::vector<double> sample;
  for (const Row& run : runs) {
    const auto value = number(run[column]);
    if (!value) return std::nullopt;
    sample.push_back(*value);
  }
  return metrics::estimate_of(sample);
}

std::string gravest_verdict(const std::vector<Row>& runs, std::size_t column) {
  for (const Verdict verdict : {Verdict::overloaded, Verdict::backlogged, Verdict::stable}) {
    const std::string name(metrics::name_of(verdict));
    if (std::any_of(runs.begin(), runs.end(), [&](const Row& run) { return run[column] == Cell(name); })) return name;
  }
  return std::string(metrics::name_of(Verdict::not_applicable));
}

Cell mean(const std::vector<Row>& runs, std::size_t column) {
  if (const auto of_numbers = estimate(runs, column)) {
    // A count that is the same in all runs stays one.
    const bool same = std::all_of(runs.begin(), runs.end(), [&](const Row& run) { return run[column] == runs.front()[column]; });
    return same ? runs.front()[column] : Cell(of_numbers->mean);
  }
  const bool verdict = results::summary_columns()[column].name == std::string_view("verdict");
  return verdict ? Cell(gravest_verdict(runs, column)) : runs.front()[column];
}

}  // namespace

std::vector<Row> means_of(const Replications& runs) {
  std::vector<Row> rows;
  for (const auto& of_system : runs.rows) {
    Row& row = rows.emplace_back();
    for (std::size_t c = 0; c < of_system.front().size(); ++c) row.push_back(mean(of_system, c));
  }
  return rows;
}

std::vector<std::vector<double>> half_widths_of(const Replications& runs) {
  std::vector<std::vector<double>> widths;
  for (const auto& of_system : runs.rows) {
    auto& of_columns = widths.emplace_back();
    for (std::size_t c = 0; c < of_system.front().size(); ++c) {
      const auto of_numbers = estimate(of_system, c);
      of_columns.push_back(of_numbers ? of_numbers->half_width : 0);
    }
  }
  return widths;
}

std::string seeds_csv(const Replications& runs) {
  Row names = {std::string("system"), std::string("seed")};
  const auto& columns = results::summary_columns();
  for (std::size_t c = 1; c < columns.size(); ++c) names.emplace_back(std::string(columns[c].name));
  std::string text = results::to_csv(names);
  for (const auto& of_system : runs.rows) {
    for (std::size_t s = 0; s < of_system.size(); ++s) {
      Row row = {of_system[s].front(), static_cast<std::int64_t>(runs.seeds[s])};
      row.insert(row.end(), of_system[s].begin() + 1, of_system[s].end());
      text += results::to_csv(row);
    }
  }
  return text;
}

Row confidence_header() {
  Row names;
  for (const char* name : {"system", "column", "unit", "seeds", "mean", "half_width_95"}) names.emplace_back(std::string(name));
  return names;
}

std::vector<Row> confidence_rows(const std::vector<Row>& runs) {
  std::vector<Row> rows;
  const auto& columns = results::summary_columns();
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (const auto of_numbers = estimate(runs, c))
      rows.push_back({runs.front().front(), std::string(columns[c].name), std::string(columns[c].unit),
                      static_cast<std::int64_t>(runs.size()), of_numbers->mean, of_numbers->half_width});
  }
  return rows;
}

std::string confidence_csv(const Replications& runs) {
  std::string text = results::to_csv(confidence_header());
  for (const auto& of_system : runs.rows) {
    for (const Row& row : confidence_rows(of_system)) text += results::to_csv(row);
  }
  return text;
}

}  // namespace podsim::app
