#include "app/validate_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <thread>

#include "app/case_table.hpp"
#include "app/cells.hpp"
#include "app/report.hpp"
#include "app/serving_case.hpp"
#include "app/workers.hpp"
#include "base/error.hpp"
#include "metrics/statistics.hpp"
#include "results/output.hpp"

namespace podsim::app {
namespace {

using Outcome = CaseOutcome;

const std::vector<results::Column<Outcome>>& outcome_columns() {
  const auto figure = [](const Outcome& o, double value) { return o.error.empty() ? results::Cell(value) : results::Cell(std::string()); };
  static const auto shown = figure;
  static const std::vector<results::Column<Outcome>> columns = {
      {"predicted_ttft_ms", "ms", "mean time to first token", [](const Outcome& o) { return shown(o, o.figures.ttft_ms); }},
      {"predicted_tpot_ms", "ms", "mean time per output token", [](const Outcome& o) { return shown(o, o.figures.tpot_ms); }},
      {"predicted_output_tokens_per_s_per_chip", "tokens/s", "output tokens of all requests / duration / chips",
       [](const Outcome& o) { return shown(o, o.figures.output_tokens_per_s_per_chip); }},
      {"predicted_chip_power_w", "W", "mean power of one chip from the first arrival to the end of the last answer",
       [](const Outcome& o) { return shown(o, o.figures.chip_power_w); }},
      {"source", "", "of the operators' time: shares measured, fitted and from the data sheet",
       [](const Outcome& o) { return results::Cell(o.figures.source); }},
      {"error", "", "why the case could not be simulated", [](const Outcome& o) { return results::Cell(o.error); }},
  };
  return columns;
}

std::string pack_figures(const ServingFigures& f) {
  return pack({f.ttft_ms, f.tpot_ms, f.output_tokens_per_s_per_chip, f.output_tokens_per_s, f.chip_power_w, f.source});
}

ServingFigures unpack_figures(const std::string& packed) {
  const auto cells = unpack(packed);
  return {std::get<double>(cells[0]), std::get<double>(cells[1]), std::get<double>(cells[2]),
          std::get<double>(cells[3]), std::get<double>(cells[4]), std::get<std::string>(cells[5])};
}

// Relative errors of a group of cases, by figure.
struct Errors {
  std::array<std::vector<double>, serving_figures.size()> of;

  bool empty() const { return cases() == 0; }
  std::size_t cases() const {
    return std::max_element(of.begin(), of.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); })->size();
  }
};

std::string spread_of(const std::vector<double>& errors) {
  if (errors.empty()) return "";
  std::vector<double> sizes;
  double sum = 0;
  for (const double error : errors) {
    sizes.push_back(std::abs(error));
    sum += std::abs(error);
  }
  std::sort(sizes.begin(), sizes.end());
  std::vector<double> sorted = errors;
  std::sort(sorted.begin(), sorted.end());
  return fmt::format("{:.1f} / {:.1f} / {:+.1f}", 100 * metrics::quantile(sizes, 0.5), 100 * sum / static_cast<double>(sizes.size()),
                     100 * metrics::quantile(sorted, 0.5));
}

void print_errors(const CaseTable& table, const std::vector<Outcome>& outcomes) {
  std::map<std::string, Errors> groups;
  Errors all;
  for (std::size_t row = 0; row < outcomes.size(); ++row) {
    if (!outcomes[row].error.empty()) continue;
    const std::string group = table.text(row, "chip") + " " + table.text(row, "model") + " " + table.text(row, "engine");
    for (std::size_t i = 0; i < serving_figures.size(); ++i) {
      const auto measured = config::parse_text<double>(table.text(row, serving_figures[i].column));
      if (!measured || !(*measured > 0)) continue;
      const double error = outcomes[row].figures.*serving_figures[i].value / *measured - 1;
      groups[group].of[i].push_back(error);
      all.of[i].push_back(error);
    }
  }
  if (all.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"error, %: median / mean / median signed", "cases"}};
  const auto shown = [&](std::size_t figure) { return !all.of[figure].empty(); };
  for (std::size_t i = 0; i < serving_figures.size(); ++i)
    if (shown(i)) rows.front().emplace_back(serving_figures[i].title);
  const auto add_row = [&](const std::string& name, const Errors& errors) {
    rows.push_back({name, fmt::format("{}", errors.cases())});
    for (std::size_t i = 0; i < serving_figures.size(); ++i)
      if (shown(i)) rows.back().push_back(spread_of(errors.of[i]));
  };
  for (const auto& [group, errors] : groups) add_row(group, errors);
  add_row("all", all);
  print_table(rows);
}

void write(const CaseTable& table, const std::vector<Outcome>& outcomes, const std::filesystem::path& file) {
  results::OutputFile out(file);
  std::vector<results::Cell> header(table.columns().begin(), table.columns().end());
  for (const auto& column : outcome_columns()) header.emplace_back(std::string(column.name));
  out.stream() << results::to_csv(header);
  for (std::size_t row = 0; row < outcomes.size(); ++row) {
    std::vector<results::Cell> cells(table.cells(row).begin(), table.cells(row).end());
    cells.resize(table.columns().size());
    for (results::Cell& cell : results::row(outcome_columns(), outcomes[row])) cells.push_back(std::move(cell));
    out.stream() << results::to_csv(cells);
  }
  out.commit();
}

}  // namespace

namespace {

constexpr int most_computing_time = 300;  // s, of a case

// Parses what cases may need once, so that workers find it in memory. A file that is wrong is told where a case needs it.
config::Document load_library(const std::vector<std::filesystem::path>& config_dirs) {
  config::Document library(config_dirs);
  for (const char* folder : {"topologies", "benchmarks", "engines", "chips", "kernels", "models", "libraries", "links", "switches"}) {
    for (const std::string& name : library.names_in(folder, ".")) {
      try {
        library.load(library.locate(name, folder, ".", folder));
      } catch (const InputError&) {
      }
    }
  }
  return library;
}

}  // namespace

std::vector<CaseOutcome> run_cases(const CaseTable& table, int jobs, const std::vector<std::filesystem::path>& config_dirs) {
  if (jobs == 0) jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const config::Document library = load_library(config_dirs);
  const auto task = [&](int row) {
    limit_computing_time(most_computing_time);
    return pack_figures(simulate_case(read_serving_case(table, static_cast<std::size_t>(row)), library));
  };
  std::vector<Outcome> outcomes;
  for (const TaskResult& result : run_in_workers(static_cast<int>(table.rows()), jobs, task, [](int) {})) {
    outcomes.push_back({result.error.empty() ? unpack_figures(result.output) : ServingFigures{}, result.error});
  }
  return outcomes;
}

void validate_cases(const CaseOptions& options) {
  const CaseTable table(options.cases);
  const std::vector<Outcome> outcomes = run_cases(table, options.jobs, options.config_dirs);
  print_errors(table, outcomes);
  const auto failed = std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return !o.error.empty(); });
  fmt::print("{} of {} cases simulated", outcomes.size() - static_cast<std::size_t>(failed), outcomes.size());
  if (failed > 0) {
    const auto first = std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return !o.error.empty(); });
    fmt::print("; {} could not be, the first because: {}", failed, first->error);
  }
  fmt::print("\n");
  if (!options.out.empty()) write(table, outcomes, options.out);
}

}  // namespace podsim::app
