#include "app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/report.hpp"
#include "app/validation_case.hpp"
#include "base/error.hpp"
#include "results/output.hpp"

namespace podsim::app {
namespace {

const std::vector<results::Column<Case>>& case_columns() {
  static const std::vector<results::Column<Case>> columns = {
      {"case", "", "name of the case", [](const Case& c) { return results::Cell(c.id); }},
      {"system", "", "system of configs/systems, or cluster of topologies/ for a collective",
       [](const Case& c) { return results::Cell(c.system); }},
      {"condition", "", "load of the isolated pool, or size of the collective", [](const Case& c) { return results::Cell(c.condition); }},
      {"unit", "", "of the two figures", [](const Case& c) { return results::Cell(c.unit); }},
      {"published", "", "the figure of the source", [](const Case& c) { return results::Cell(c.published); }},
      {"predicted", "", "what podsim computes", [](const Case& c) { return results::Cell(c.predicted); }},
      {"error", "", "predicted / published - 1", [](const Case& c) { return results::Cell(c.error()); }},
      {"fitted", "", "1 where a library's constants were fitted to this very figure, 0 where it is predicted",
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

}  // namespace

void validate(const ValidateOptions& options) {
  std::vector<Case> cases;
  std::vector<std::filesystem::path> files = options.files;
  if (files.empty()) files.push_back(config::Document(options.config_dirs).locate(options.set, "validation", ".", "--set"));
  for (const auto& file : files) {
    config::Document document(options.config_dirs);
    config::Node node = config::Node::open(document, file);
    for (config::Node& item : node.at("cases").items()) cases.push_back(read_case(std::move(item)));
    node.done();
  }
  if (cases.empty()) throw InputError("no cases to validate");
  std::vector<std::vector<std::string>> table = {{"case", "system", "condition", "published", "predicted", "error", ""}};
  for (const Case& c : cases) {
    table.push_back({c.id, c.system, c.condition, fmt::format("{:.4g} {}", c.published, c.unit), fmt::format("{:.4g}", c.predicted),
                     fmt::format("{:+.1f} %", 100 * c.error()), c.fitted ? "fitted" : ""});
  }
  print_table(table);
  fmt::print("\n");
  print_errors("", cases, [](const Case&) { return true; });
  if (std::any_of(cases.begin(), cases.end(), [](const Case& c) { return c.fitted; })) {
    print_errors(" that constants were fitted to", cases, [](const Case& c) { return c.fitted; });
    print_errors(" that no constant has seen", cases, [](const Case& c) { return !c.fitted; });
  }
  if (options.parts) print_parts(cases);
  if (options.out.empty()) return;
  results::OutputFile out(options.out);
  out.stream() << results::header(case_columns());
  for (const Case& c : cases) out.stream() << results::to_csv(results::row(case_columns(), c));
  out.commit();
}

}  // namespace podsim::app
