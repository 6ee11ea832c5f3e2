// Cases of `podsim validate` that are serving runs: the rows of a table, simulated as they were measured.
#include <fmt/format.h>

#include "app/validate_cases.hpp"
#include "app/validation_case.hpp"
#include "base/error.hpp"

namespace podsim::app {
namespace {

std::string load_of(const ServingCase& c) {
  const std::string count =
      c.requests > 0 ? fmt::format("{} requests at once", c.requests) : fmt::format("{} in a closed loop", c.concurrency);
  return fmt::format("{}, {} + {} tokens", count, c.input, c.output);
}

std::string system_of(const ServingCase& c) {
  std::string text = fmt::format("{} x {}", c.chips(), c.chip);
  for (const auto& [name, degree] : {std::pair{"TP", c.tensor}, {"PP", c.pipeline}, {"DP", c.data}, {"EP", c.expert}}) {
    if (degree > 1) text += fmt::format(" {}{}", name, degree);
  }
  return text;
}

}  // namespace

std::vector<Case> read_run_cases(const std::filesystem::path& file, int jobs, const std::vector<std::filesystem::path>& config_dirs) {
  const CaseTable table(file);
  const std::vector<CaseOutcome> outcomes = run_cases(table, jobs, config_dirs);
  std::vector<Case> cases;
  for (std::size_t row = 0; row < outcomes.size(); ++row) {
    if (!outcomes[row].error.empty()) throw InputError(fmt::format("{}: {}", table.where(row), outcomes[row].error));
    const ServingCase run = read_serving_case(table, row);
    const ServingFigures& figures = outcomes[row].figures;
    for (const ServingFigure& figure : serving_figures) {
      const auto published = table.number(row, figure.column);
      if (!published) continue;
      Case result;
      result.id = table.text(row, "case") + " " + figure.column;
      result.system = system_of(run);
      result.chip = run.chip;
      result.model = run.model;
      result.engine = run.engine;
      result.condition = load_of(run);
      result.unit = figure.unit;
      result.source = table.word(row, "cited");
      result.fitted = table.count(row, "fitted", 0, 1, 0) == 1;
      result.published = *published;
      result.predicted = figures.*figure.value;
      cases.push_back(result);
    }
  }
  return cases;
}

}  // namespace podsim::app
