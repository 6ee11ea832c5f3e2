#include "app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/experiment.hpp"
#include "app/report.hpp"
#include "base/error.hpp"
#include "engine/steady_state.hpp"
#include "results/output.hpp"

namespace podsim::app {
namespace {

struct Case {
  std::string id;
  std::string system;
  std::string condition;
  std::string unit;
  std::string source;
  double published = 0;
  double predicted = 0;
  engine::SteadyState state;

  double error() const { return predicted / published - 1; }
};

const std::vector<results::Column<Case>>& case_columns() {
  static const std::vector<results::Column<Case>> columns = {
      {"case", "", "name of the case", [](const Case& c) { return results::Cell(c.id); }},
      {"system", "", "system of configs/systems", [](const Case& c) { return results::Cell(c.system); }},
      {"condition", "", "load of the isolated pool", [](const Case& c) { return results::Cell(c.condition); }},
      {"unit", "", "of the two figures", [](const Case& c) { return results::Cell(c.unit); }},
      {"published", "", "the figure of the source", [](const Case& c) { return results::Cell(c.published); }},
      {"predicted", "", "what podsim computes", [](const Case& c) { return results::Cell(c.predicted); }},
      {"error", "", "predicted / published - 1", [](const Case& c) { return results::Cell(c.error()); }},
      {"source", "", "where the published figure stands", [](const Case& c) { return results::Cell(c.source); }},
  };
  return columns;
}

Case read_case(config::Node node) {
  Case result;
  result.id = node.get<std::string>("case");
  result.system = node.reference_name("system");
  const engine::Scenario scenario = read_system(result.system, node.reference("system", "systems"), 1);
  const auto& pools = scenario.deployment.pools;
  std::vector<std::string> pool_names;
  for (const serving::Pool& pool : pools) pool_names.push_back(pool.name);
  const std::size_t pool = node.one_of("pool", pool_names);
  engine::SteadyState& state = result.state;
  if (node.has("prompt")) {
    const double prompt = node.get_within("prompt", 1.0, 1e9), count = node.get_within("prompts_per_package", 0.001, 1e6);
    state = engine::steady_prefill(scenario, pool, count, prompt);
    result.condition = fmt::format("{} prompts of {} tokens a package", count, prompt);
  } else {
    const double context = node.get_within("context", 1.0, 1e9), count = node.get_within("sequences_per_package", 0.001, 1e6);
    state = engine::steady_decode(scenario, pool, count, context);
    result.condition = fmt::format("{} sequences a package, context {}", count, context);
  }
  const std::vector<std::string> metrics = {"tokens_per_s_per_package", "tpot_ms", "step_ms"};
  const std::size_t metric = node.one_of("metric", metrics);
  const double values[] = {state.tokens_per_s_per_package, state.tpot.value() * 1e3, state.step.total.value() * 1e3};
  result.unit = metric == 0 ? "tokens/s per package" : "ms";
  result.predicted = values[metric];
  result.published = node.get_within("published", 1e-12, 1e15);
  result.source = node.get<std::string>("source");
  node.done();
  return result;
}

std::vector<std::filesystem::path> shipped_files(const config::Document& document) {
  std::vector<std::filesystem::path> files;
  const auto known = document.locate("pools", "validation", ".", "validate");
  for (const auto& entry : std::filesystem::directory_iterator(known.parent_path())) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Microseconds of one layer, and the whole step.
void print_parts(const std::vector<Case>& cases) {
  std::vector<std::vector<std::string>> table = {
      {"us a layer", "attention", "experts", "dispatch", "combine", "tensor", "sequence", "head (once)", "step, ms"}};
  for (const Case& c : cases) {
    const engine::StepParts& p = c.state.parts;
    table.push_back({c.id});
    for (const Seconds part : {p.attention, p.experts, p.dispatch, p.combine, p.tensor, p.sequence, p.head})
      table.back().push_back(fmt::format("{:.0f}", part / units::us));
    table.back().push_back(fmt::format("{:.2f}", c.state.step.total / units::ms));
  }
  fmt::print("\n");
  print_table(table);
}

}  // namespace

void validate(const ValidateOptions& options) {
  std::vector<Case> cases;
  for (const auto& file : options.files.empty() ? shipped_files(config::Document(options.config_dirs)) : options.files) {
    config::Document document(options.config_dirs);
    config::Node node = config::Node::open(document, file);
    for (config::Node& item : node.at("cases").items()) cases.push_back(read_case(std::move(item)));
    node.done();
  }
  if (cases.empty()) throw InputError("no cases to validate");
  std::vector<std::vector<std::string>> table = {{"case", "system", "condition", "published", "predicted", "error"}};
  std::vector<double> errors;
  for (const Case& c : cases) {
    table.push_back({c.id, c.system, c.condition, fmt::format("{:.4g} {}", c.published, c.unit), fmt::format("{:.4g}", c.predicted),
                     fmt::format("{:+.1f} %", 100 * c.error())});
    errors.push_back(std::abs(c.error()));
  }
  print_table(table);
  std::sort(errors.begin(), errors.end());
  fmt::print("\n{} cases: median error {:.1f} %, worst {:.1f} %\n", errors.size(), 100 * metrics::quantile(errors, 0.5),
             100 * errors.back());
  if (options.parts) print_parts(cases);
  if (options.out.empty()) return;
  results::OutputFile out(options.out);
  out.stream() << results::header(case_columns());
  for (const Case& c : cases) out.stream() << results::to_csv(results::row(case_columns(), c));
  out.commit();
}

}  // namespace podsim::app
