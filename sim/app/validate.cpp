#include "app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "app/report.hpp"
#include "app/validation_case.hpp"
#include "base/error.hpp"
#include "results/output.hpp"

namespace podsim::app {
namespace {

const std::vector<results::Column<Case>>& case_columns() {
  static const std::vector<results::Column<Case>> columns = {
      {"set", "", "set of configs/validation", [](const Case& c) { return results::Cell(c.set); }},
      {"group", "", "what is measured there; empty: no group", [](const Case& c) { return results::Cell(c.group); }},
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

// Cases that stand for one measurement, and the error that they shall have at most.
struct Group {
  std::string name;
  std::optional<double> median, worst;
};

struct Set {
  std::vector<Group> groups;  // in order of the files
  std::vector<Case> cases;
};

void read_cases(const config::Node& list, const std::string& group, Set& set) {
  for (config::Node& node : list.items()) {
    Case result = node.has("operation") ? read_collective_case(node) : read_pool_case(node);
    result.group = group;
    result.source = node.get<std::string>("source");
    node.done();
    set.cases.push_back(std::move(result));
  }
}

// {group, goal: {median, worst} (of the errors, as shares of 1; either may be left out), cases}
void read_group(config::Node node, Set& set) {
  Group group{.name = node.get<std::string>("group"), .median = std::nullopt, .worst = std::nullopt};
  const auto known = [&](const Group& g) { return g.name == group.name; };
  if (std::any_of(set.groups.begin(), set.groups.end(), known)) node.fail("group", fmt::format("\"{}\" stands here twice", group.name));
  if (auto goal = node.find("goal")) {
    if (goal->has("median")) group.median = goal->get_within("median", 0.0, 10.0);
    if (goal->has("worst")) group.worst = goal->get_within("worst", 0.0, 10.0);
    goal->done();
  }
  read_cases(node.at("cases"), group.name, set);
  node.done();
  set.groups.push_back(std::move(group));
}

// `cases` and `groups` of them, each with its own keys, and `runs`: tables of serving runs beside the file.
void read_file(const std::filesystem::path& file, const ValidateOptions& options, Set& set) {
  config::Document document(options.config_dirs);
  config::Node node = config::Node::open(document, file);
  const std::size_t before = set.cases.size();
  if (node.has("cases") || (!node.has("groups") && !node.has("runs"))) read_cases(node.at("cases"), "", set);
  if (auto groups = node.find("groups")) {
    for (config::Node& group : groups->items()) read_group(std::move(group), set);
  }
  if (auto tables = node.find("runs")) {
    for (const config::Node& table : tables->items()) {
      const std::filesystem::path path = file.parent_path() / table.as<std::string>();
      for (Case& run : read_run_cases(path, options.jobs, options.config_dirs)) set.cases.push_back(std::move(run));
    }
  }
  node.done();
  for (std::size_t i = before; i < set.cases.size(); ++i) set.cases[i].set = file.stem().string();
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

// Absolute errors of those that `counts`, ascending.
template <class Counts>
std::vector<double> errors_of(const std::vector<Case>& cases, Counts counts) {
  std::vector<double> errors;
  for (const Case& c : cases) {
    if (counts(c)) errors.push_back(std::abs(c.error()));
  }
  std::sort(errors.begin(), errors.end());
  return errors;
}

// "12 cases<which>: median error 3.1 %, worst 9.7 %", of those that `counts`.
template <class Counts>
void print_errors(const char* which, const std::vector<Case>& cases, Counts counts) {
  const std::vector<double> errors = errors_of(cases, counts);
  if (errors.empty()) return;
  fmt::print("{} cases{}: median error {:.1f} %, worst {:.1f} %\n", errors.size(), which, 100 * metrics::quantile(errors, 0.5),
             100 * errors.back());
}

// Every group beside its goal.
void print_groups(const Set& set) {
  std::vector<std::vector<std::string>> table = {{"group", "cases", "not fitted", "median", "worst", "goal", ""}};
  for (const Group& group : set.groups) {
    const auto mine = [&](const Case& c) { return c.group == group.name; };
    const std::vector<double> errors = errors_of(set.cases, mine);
    if (errors.empty()) continue;
    const std::size_t unseen = errors_of(set.cases, [&](const Case& c) { return mine(c) && !c.fitted; }).size();
    const double median = metrics::quantile(errors, 0.5), worst = errors.back();
    std::string goal;
    if (group.median) goal = fmt::format("median {:.3g} %", 100 * *group.median);
    if (group.worst) goal += fmt::format("{}worst {:.3g} %", goal.empty() ? "" : ", ", 100 * *group.worst);
    const bool held = median <= group.median.value_or(median) && worst <= group.worst.value_or(worst);
    table.push_back({group.name, fmt::format("{}", errors.size()), fmt::format("{}", unseen), fmt::format("{:.1f} %", 100 * median),
                     fmt::format("{:.1f} %", 100 * worst), goal,
                     goal.empty() ? ""
                     : held       ? "held"
                                  : "missed"});
  }
  if (table.size() == 1) return;
  fmt::print("\n");
  print_table(table);
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

// By set, chip, model and engine.
void print_parties(const std::vector<Case>& cases) {
  std::map<std::array<std::string, 5>, std::vector<double>> parties;
  for (const Case& c : cases) {
    if (!c.chip.empty()) parties[{c.set, c.chip, c.model, c.engine, c.unit}].push_back(c.error());
  }
  if (parties.empty()) return;
  std::vector<std::vector<std::string>> table = {{"error, %: median / worst / median signed", "cases", "unit", ""}};
  for (const auto& [key, errors] : parties) {
    table.push_back(
        {fmt::format("{}, {}, {}, {}", key[0], key[1], key[2], key[3]), fmt::format("{}", errors.size()), key[4], spread_of(errors)});
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

void write(const std::vector<Case>& cases, results::OutputFile& out) {
  out.stream() << results::header(case_columns());
  for (const Case& c : cases) out.stream() << results::to_csv(results::row(case_columns(), c));
  out.commit();
}

}  // namespace

void validate(const ValidateOptions& options) {
  std::optional<results::OutputFile> out;
  if (!options.out.empty()) out.emplace(options.out);
  Set set;
  const std::vector<std::filesystem::path> files = files_of(options);
  for (const auto& file : files) read_file(file, options, set);
  const std::vector<Case>& cases = set.cases;
  if (cases.empty()) throw InputError("no cases to validate");
  print_cases(cases, files.size() == 1);
  print_parties(cases);
  fmt::print("\n");
  print_errors("", cases, [](const Case&) { return true; });
  if (std::any_of(cases.begin(), cases.end(), [](const Case& c) { return c.fitted; })) {
    print_errors(" that constants were fitted to", cases, [](const Case& c) { return c.fitted; });
    print_errors(" that no constant has seen", cases, [](const Case& c) { return !c.fitted; });
  }
  print_groups(set);
  if (options.parts) print_parts(cases);
  if (out) write(cases, *out);
}

}  // namespace podsim::app
