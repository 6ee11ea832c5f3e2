#include "app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "app/report.hpp"
#include "app/validation_case.hpp"
#include "base/error.hpp"
#include "results/output.hpp"

namespace podsim::app {
namespace {

const std::vector<results::Column<Case>>& case_columns() {
  static const std::vector<results::Column<Case>> columns = {
      {"set", "", "set of configs/validation", [](const Case& c) { return results::Cell(c.set); }},
      {"case", "", "name of the case", [](const Case& c) { return results::Cell(c.id); }},
      {"chip", "", "empty for a collective", [](const Case& c) { return results::Cell(c.chip); }},
      {"model", "", "likewise", [](const Case& c) { return results::Cell(c.model); }},
      {"engine", "", "likewise", [](const Case& c) { return results::Cell(c.engine); }},
      {"system", "", "system of configs/systems, chips of a serving run, or cluster of topologies/ for a collective",
       [](const Case& c) { return results::Cell(c.system); }},
      {"condition", "", "load of the pool or run, or size of the collective", [](const Case& c) { return results::Cell(c.condition); }},
      {"unit", "", "of the two figures", [](const Case& c) { return results::Cell(c.unit); }},
      {"published", "", "the figure of the source", [](const Case& c) { return results::Cell(c.published); }},
      {"predicted", "", "what podsim computes", [](const Case& c) { return results::Cell(c.predicted); }},
      {"error", "", "predicted / published - 1", [](const Case& c) { return results::Cell(c.error()); }},
      {"fitted", "", "1 where constants were fitted to this very figure, 0 where it is predicted",
       [](const Case& c) { return results::Cell(std::int64_t{c.fitted}); }},
      {"source", "", "where the published figure stands", [](const Case& c) { return results::Cell(c.source); }},
  };
  return columns;
}

Case read_case(config::Node node) {
  Case result = node.has("operation") ? read_collective_case(node) : read_pool_case(node);
  result.source = node.get<std::string>("source");
  node.done();
  return result;
}

// Microseconds of one layer, and the whole step.
void print_parts(const std::vector<Case>& cases) {
  std::vector<std::vector<std::string>> table = {
      {"us a layer", "attention", "experts", "dispatch", "combine", "tensor", "sequence", "head (once)", "step, ms"}};
  for (const Case& c : cases) {
    const engine::StepParts& p = c.state.parts;
    if (c.state.step.total == Seconds(0)) continue;  // a collective on its own
    table.push_back({c.id});
    for (const Seconds part : {p.attention, p.experts, p.dispatch, p.combine, p.tensor, p.sequence, p.head})
      table.back().push_back(fmt::format("{:.0f}", part / units::us));
    table.back().push_back(fmt::format("{:.2f}", c.state.step.total / units::ms));
  }
  fmt::print("\n");
  print_table(table);
}

// "12 cases<which>: median error 3.1 %, worst 9.7 %", of those that `counts`.
template <class Counts>
void print_errors(const char* which, const std::vector<Case>& cases, Counts counts) {
  std::vector<double> errors;
  for (const Case& c : cases) {
    if (counts(c)) errors.push_back(std::abs(c.error()));
  }
  if (errors.empty()) return;
  std::sort(errors.begin(), errors.end());
  fmt::print("{} cases{}: median error {:.1f} %, worst {:.1f} %\n", errors.size(), which, 100 * metrics::quantile(errors, 0.5),
             100 * errors.back());
}

// "12.1 / 20.3 / +2.9": median and worst size of the errors, and their median.
std::string spread_of(std::vector<double> errors) {
  std::vector<double> sizes;
  for (const double error : errors) sizes.push_back(std::abs(error));
  std::sort(sizes.begin(), sizes.end());
  std::sort(errors.begin(), errors.end());
  return fmt::format("{:.1f} / {:.1f} / {:+.1f}", 100 * metrics::quantile(sizes, 0.5), 100 * sizes.back(),
                     100 * metrics::quantile(errors, 0.5));
}

void print_groups(const std::vector<Case>& cases) {
  std::map<std::array<std::string, 5>, std::vector<double>> groups;
  for (const Case& c : cases) groups[{c.set, c.chip, c.model, c.engine, c.unit}].push_back(c.error());
  std::vector<std::vector<std::string>> table = {{"error, %: median / worst / median signed", "cases", "unit", ""}};
  for (const auto& [key, errors] : groups) {
    std::string name = key[0];
    for (std::size_t i = 1; i < 4; ++i) {
      if (!key[i].empty()) name += ", " + key[i];
    }
    table.push_back({name, fmt::format("{}", errors.size()), key[4], spread_of(errors)});
  }
  fmt::print("\n");
  print_table(table);
}

// Those of small sets, or of all where there is only one.
void print_cases(const std::vector<Case>& cases, bool one_set) {
  constexpr std::size_t small = 40;
  std::map<std::string, std::size_t> sizes;
  for (const Case& c : cases) ++sizes[c.set];
  std::vector<std::vector<std::string>> table = {{"case", "system", "condition", "published", "predicted", "error", ""}};
  for (const Case& c : cases) {
    if (!one_set && sizes[c.set] > small) continue;
    table.push_back({c.id, c.system, c.condition, fmt::format("{:.4g} {}", c.published, c.unit), fmt::format("{:.4g}", c.predicted),
                     fmt::format("{:+.1f} %", 100 * c.error()), c.fitted ? "fitted" : ""});
  }
  if (table.size() > 1) print_table(table);
}

std::vector<std::filesystem::path> files_of(const ValidateOptions& options) {
  if (!options.files.empty()) return options.files;
  const config::Document document(options.config_dirs);
  std::vector<std::string> sets = {options.set};
  if (options.set.empty()) sets = document.names_in("validation", ".");
  std::vector<std::filesystem::path> files;
  for (const std::string& set : sets) files.push_back(document.locate(set, "validation", ".", "--set"));
  return files;
}

// `cases`, each with its own keys, and `runs`, tables of serving runs beside the file.
std::vector<Case> read_set(const std::filesystem::path& file, const ValidateOptions& options) {
  config::Document document(options.config_dirs);
  config::Node node = config::Node::open(document, file);
  std::vector<Case> cases;
  if (auto own = node.find("cases")) {
    for (config::Node& item : own->items()) cases.push_back(read_case(std::move(item)));
  }
  if (auto tables = node.find("runs")) {
    for (const config::Node& table : tables->items()) {
      const std::filesystem::path path = file.parent_path() / table.as<std::string>();
      for (Case& run : read_run_cases(path, options.jobs, options.config_dirs)) cases.push_back(std::move(run));
    }
  }
  node.done();
  for (Case& c : cases) c.set = file.stem().string();
  return cases;
}

void write(const std::vector<Case>& cases, const std::filesystem::path& file) {
  results::OutputFile out(file);
  out.stream() << results::header(case_columns());
  for (const Case& c : cases) out.stream() << results::to_csv(results::row(case_columns(), c));
  out.commit();
}

}  // namespace

void validate(const ValidateOptions& options) {
  std::vector<Case> cases;
  const std::vector<std::filesystem::path> files = files_of(options);
  for (const auto& file : files) {
    for (Case& c : read_set(file, options)) cases.push_back(std::move(c));
  }
  if (cases.empty()) throw InputError("no cases to validate");
  print_cases(cases, files.size() == 1);
  if (std::any_of(cases.begin(), cases.end(), [](const Case& c) { return !c.chip.empty(); })) print_groups(cases);
  fmt::print("\n");
  print_errors("", cases, [](const Case&) { return true; });
  if (std::any_of(cases.begin(), cases.end(), [](const Case& c) { return c.fitted; })) {
    print_errors(" that constants were fitted to", cases, [](const Case& c) { return c.fitted; });
    print_errors(" that no constant has seen", cases, [](const Case& c) { return !c.fitted; });
  }
  if (options.parts) print_parts(cases);
  if (!options.out.empty()) write(cases, options.out);
}

}  // namespace podsim::app
