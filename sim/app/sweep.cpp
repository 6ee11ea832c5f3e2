#include "app/sweep.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "app/cells.hpp"
#include "app/experiment.hpp"
#include "app/manifest.hpp"
#include "app/replications.hpp"
#include "app/workers.hpp"
#include "base/error.hpp"
#include "engine/simulation.hpp"
#include "platform/flow_solver.hpp"
#include "results/output.hpp"
#include "results/tables.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {

// One dimension of the grid.
struct Axis {
  std::string name;
  std::vector<std::string> labels;
  std::vector<config::Overlay> points;  // what each label lays over the experiment
};

struct Sweep {
  std::string name;
  fs::path experiment;
  std::optional<config::Overlay> everywhere;
  std::vector<Axis> axes;

  std::size_t points() const {
    std::size_t count = 1;
    for (const Axis& axis : axes) count *= axis.labels.size();
    return count;
  }
  // Row of each axis at a point; the last axis changes fastest.
  std::vector<std::size_t> rows_at(std::size_t point) const {
    std::vector<std::size_t> rows(axes.size());
    for (std::size_t a = axes.size(); a-- > 0;) {
      rows[a] = point % axes[a].labels.size();
      point /= axes[a].labels.size();
    }
    return rows;
  }
};

// {workload.requests, 10} as {workload: {requests: 10}}.
YAML::Node nest(const std::string& dotted, const YAML::Node& value) {
  YAML::Node node = YAML::Clone(value);
  std::size_t end = dotted.size();
  while (true) {
    const std::size_t dot = dotted.rfind('.', end - 1);
    const bool last = dot == std::string::npos;
    YAML::Node parent(YAML::NodeType::Map);
    parent[dotted.substr(last ? 0 : dot + 1, end - (last ? 0 : dot + 1))] = node;
    node.reset(parent);
    if (last) return node;
    end = dot;
  }
}

// {name, key, values: [...]}: one key; or {name, points: {label: {...}, ...}}: any keys that change together.
Axis read_axis(config::Node node) {
  Axis axis;
  if (node.has("key")) {
    const auto key = node.get<std::string>("key");
    axis.name = node.get<std::string>("name", key);
    for (const config::Node& value : node.at("values").items()) {
      const config::Overlay plain = value.as_overlay();
      axis.labels.push_back(value.as<std::string>());
      axis.points.push_back({nest(key, plain.yaml), plain.file});
    }
  } else {
    axis.name = node.get<std::string>("name");
    for (const auto& [label, point] : node.at("points").entries()) {
      if (!point.is_map()) point.fail("must be a map of what changes in the experiment");
      axis.labels.push_back(label);
      axis.points.push_back(point.as_overlay());
    }
  }
  if (axis.labels.empty()) node.fail("an axis needs at least one value");
  node.done();
  return axis;
}

Sweep read_sweep(config::Document& document, const fs::path& file) {
  config::Node node = config::Node::open(document, file);
  Sweep sweep;
  sweep.name = node.get<std::string>("name");
  const auto experiment = node.at("experiment");
  sweep.experiment = document.locate(experiment.as<std::string>(), "experiments", experiment.folder(), experiment.where());
  if (const auto everywhere = node.find("set")) sweep.everywhere = everywhere->as_overlay();
  for (config::Node& axis : node.at("axes").items()) sweep.axes.push_back(read_axis(std::move(axis)));
  node.done();
  return sweep;
}

config::Document document_at(const Sweep& sweep, std::size_t point, const SweepOptions& options) {
  config::Document document(options.config_dirs);
  if (sweep.everywhere) document.add_overlay(*sweep.everywhere);
  const auto rows = sweep.rows_at(point);
  for (std::size_t a = 0; a < rows.size(); ++a) document.add_overlay(sweep.axes[a].points[rows[a]]);
  for (const std::string& assignment : options.overrides) document.add_override(assignment);
  return document;
}

// In the worker: load the experiment at this point with one system only, and simulate it with the `replication`-th seed from its own on.
std::string run_point(const Sweep& sweep, const SweepOptions& options, std::size_t point, const std::string& system,
                      std::size_t replication) {
  config::Document document = document_at(sweep, point, options);
  Experiment experiment = load_experiment(document, sweep.experiment, system);
  if (replication > 0) {
    config::Document other_seed = document_at(sweep, point, options);
    other_seed.add_override(fmt::format("seed={}", experiment.seed + replication));
    experiment = load_experiment(other_seed, sweep.experiment, system);
  }
  const metrics::RunLog log = engine::simulate(experiment.scenarios.front());
  const auto summary = metrics::summarise(log, experiment.service_level, metrics::window_of(experiment.measure, log));
  return pack(results::row(results::summary_columns(), results::SummaryRow{system, summary}));
}

// All runs of one system at one point.
struct Group {
  std::vector<Row> runs;  // of those that did not fail
  std::string error;      // of the first that did
};

std::vector<Group> run_points(const Sweep& sweep, const SweepOptions& options, const std::vector<std::string>& systems) {
  const auto seeds = static_cast<std::size_t>(options.seeds);
  const std::size_t tasks = sweep.points() * systems.size() * seeds;
  const int jobs = options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  fmt::print("{}: {} points x {} systems{}, {} at a time\n", sweep.name, sweep.points(), systems.size(),
             seeds > 1 ? fmt::format(" x {} seeds", seeds) : "", jobs);
  if (tasks > 1) platform::load_flow_solver();  // points may need it; what they need is read by their processes
  std::size_t ended = 0;
  const auto results = run_in_workers(
      static_cast<int>(tasks), jobs,
      [&](int task) {
        const std::size_t group = static_cast<std::size_t>(task) / seeds;
        return run_point(sweep, options, group / systems.size(), systems[group % systems.size()], static_cast<std::size_t>(task) % seeds);
      },
      [&](int) {
        ++ended;
        if (isatty(STDOUT_FILENO)) fmt::print("\r{} of {}", ended, tasks);
        std::fflush(stdout);
      });
  if (isatty(STDOUT_FILENO)) fmt::print("\n");
  std::vector<Group> groups(tasks / seeds);
  for (std::size_t i = 0; i < tasks; ++i) {
    Group& group = groups[i / seeds];
    if (results[i].status == 0) group.runs.push_back(unpack(results[i].output));
    else if (group.error.empty()) group.error = results[i].error;
  }
  return groups;
}

std::string header_of(const Sweep& sweep) {
  Row header = {std::string("point")};
  for (const Axis& axis : sweep.axes) header.emplace_back(axis.name);
  header.emplace_back(std::string("error"));
  for (const auto& column : results::summary_columns()) header.emplace_back(std::string(column.name));
  return results::to_csv(header);
}

// A point of which a run failed has no figures.
std::string line_of(const Sweep& sweep, std::size_t point, const std::string& system, const Group& group) {
  Row row = {static_cast<std::int64_t>(point)};
  const auto rows = sweep.rows_at(point);
  for (std::size_t a = 0; a < rows.size(); ++a) row.emplace_back(sweep.axes[a].labels[rows[a]]);
  row.emplace_back(group.error);
  Row cells(results::summary_columns().size(), std::string());
  cells.front() = system;
  if (group.error.empty()) cells = means_of({{}, {group.runs}}).front();
  row.insert(row.end(), cells.begin(), cells.end());
  return results::to_csv(row);
}

void write_confidence(const fs::path& file, const std::vector<Group>& groups, std::size_t systems) {
  results::OutputFile csv(file);
  csv.stream() << "point," << results::to_csv(confidence_header());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!groups[i].error.empty()) continue;
    for (const Row& row : confidence_rows(groups[i].runs)) csv.stream() << i / systems << ',' << results::to_csv(row);
  }
  csv.commit();
}

}  // namespace

void run_sweep(const SweepOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  config::Document document(options.config_dirs);
  const Sweep sweep = read_sweep(document, options.sweep);
  config::Document experiment(options.config_dirs);
  const auto systems = system_names(experiment, sweep.experiment);
  const fs::path folder = options.out.empty() ? fs::path("output") / sweep.name : options.out;
  results::prepare_folder(folder);
  results::OutputFile csv(folder / "sweep.csv");
  results::OutputFile manifest(folder / "manifest.yaml");

  const std::vector<Group> groups = run_points(sweep, options, systems);
  csv.stream() << header_of(sweep);
  std::size_t failed = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    csv.stream() << line_of(sweep, i / systems.size(), systems[i % systems.size()], groups[i]);
    if (!groups[i].error.empty()) ++failed;
  }
  if (options.seeds > 1) write_confidence(folder / "confidence.csv", groups, systems.size());
  else fs::remove(folder / "confidence.csv");  // of an earlier sweep
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  write_manifest(manifest.stream(), options.command, 0, Seconds(wall.count()), document.resolved());
  csv.commit();
  manifest.commit();
  fmt::print("{} runs, {} failed, in {:.1f} s; {}\n", groups.size(), failed, wall.count(), (folder / "sweep.csv").string());
  if (failed == groups.size()) throw RunError(fmt::format("every point failed; the first says: {}", groups.front().error));
}

}  // namespace podsim::app
