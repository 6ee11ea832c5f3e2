#include "app/sweep.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "app/cells.hpp"
#include "app/experiment.hpp"
#include "app/manifest.hpp"
#include "app/workers.hpp"
#include "base/error.hpp"
#include "engine/simulation.hpp"
#include "results/output.hpp"
#include "results/tables.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {

// One dimension of the grid: keys that change together, by rows of values.
struct Axis {
  std::string name;
  std::vector<std::string> labels;                    // one a row
  std::vector<std::vector<std::string>> assignments;  // "key=value", one a key, by row
};

struct Sweep {
  std::string name;
  fs::path experiment;
  std::vector<std::string> fixed;  // "key=value" for every point
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

Axis read_axis(config::Node node) {
  Axis axis;
  std::vector<std::string> keys;
  if (node.has("key")) keys.push_back(node.get<std::string>("key"));
  else
    for (const config::Node& key : node.at("keys").items()) keys.push_back(key.as<std::string>());
  axis.name = node.get<std::string>("name", keys.empty() ? "" : keys.front());
  const bool labelled = node.has("labels");
  if (labelled)
    for (const config::Node& label : node.at("labels").items()) axis.labels.push_back(label.as<std::string>());
  for (const config::Node& row : node.at("values").items()) {
    std::vector<std::string> values;
    if (row.is_list())
      for (const config::Node& value : row.items()) values.push_back(value.as<std::string>());
    else values.push_back(row.as<std::string>());
    if (values.size() != keys.size()) row.fail(fmt::format("needs {} values, one for each key, and has {}", keys.size(), values.size()));
    auto& assignments = axis.assignments.emplace_back();
    for (std::size_t k = 0; k < keys.size(); ++k) assignments.push_back(keys[k] + "=" + values[k]);
    if (!labelled) axis.labels.push_back(values.front());
  }
  if (axis.assignments.empty()) node.fail("values", "must hold at least one value");
  if (axis.labels.size() != axis.assignments.size()) node.fail("labels", "needs one label for each row of values");
  node.done();
  return axis;
}

Sweep read_sweep(config::Document& document, const fs::path& file) {
  config::Node node = config::Node::open(document, file);
  Sweep sweep;
  sweep.name = node.get<std::string>("name");
  const auto experiment = node.at("experiment");
  sweep.experiment = document.locate(experiment.as<std::string>(), "experiments", experiment.folder(), experiment.where());
  if (auto fixed = node.find("set")) {
    for (const auto& [key, value] : fixed->entries()) sweep.fixed.push_back(key + "=" + value.as<std::string>());
  }
  for (config::Node& axis : node.at("axes").items()) sweep.axes.push_back(read_axis(std::move(axis)));
  node.done();
  return sweep;
}

std::vector<std::string> settings_of(const Sweep& sweep, std::size_t point, const std::vector<std::string>& overrides) {
  std::vector<std::string> settings = sweep.fixed;
  const auto rows = sweep.rows_at(point);
  for (std::size_t a = 0; a < rows.size(); ++a) {
    const auto& assignments = sweep.axes[a].assignments[rows[a]];
    settings.insert(settings.end(), assignments.begin(), assignments.end());
  }
  settings.insert(settings.end(), overrides.begin(), overrides.end());
  return settings;
}

// In the worker: load the experiment at this point with one system only, and simulate it.
std::string run_point(const Sweep& sweep, const SweepOptions& options, std::size_t point, const std::string& system) {
  config::Document document(options.config_dirs);
  for (const std::string& setting : settings_of(sweep, point, options.overrides)) document.add_override(setting);
  const Experiment experiment = load_experiment(document, sweep.experiment, system);
  const metrics::RunLog log = engine::simulate(experiment.scenarios.front());
  const metrics::Summary summary = metrics::summarise(log, experiment.service_level);
  return pack(results::row(results::summary_columns(), results::SummaryRow{system, summary}));
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

  const auto tasks = sweep.points() * systems.size();
  const int jobs = options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  fmt::print("{}: {} points x {} systems, {} at a time\n", sweep.name, sweep.points(), systems.size(), jobs);
  std::size_t ended = 0;
  const auto results = run_in_workers(
      static_cast<int>(tasks), jobs,
      [&](int task) {
        const auto i = static_cast<std::size_t>(task);
        return run_point(sweep, options, i / systems.size(), systems[i % systems.size()]);
      },
      [&](int) {
        ++ended;
        if (isatty(STDOUT_FILENO)) fmt::print("\r{} of {}", ended, tasks);
        std::fflush(stdout);
      });
  if (isatty(STDOUT_FILENO)) fmt::print("\n");

  std::vector<results::Cell> header = {std::string("point")};
  for (const Axis& axis : sweep.axes) header.emplace_back(axis.name);
  header.emplace_back(std::string("error"));
  for (const auto& column : results::summary_columns()) header.emplace_back(std::string(column.name));
  csv.stream() << results::to_csv(header);
  std::size_t failed = 0;
  for (std::size_t i = 0; i < tasks; ++i) {
    const std::size_t point = i / systems.size();
    std::vector<results::Cell> row = {static_cast<std::int64_t>(point)};
    const auto rows = sweep.rows_at(point);
    for (std::size_t a = 0; a < rows.size(); ++a) row.emplace_back(sweep.axes[a].labels[rows[a]]);
    row.emplace_back(results[i].error);
    std::vector<results::Cell> cells;
    if (results[i].status == 0) {
      cells = unpack(results[i].output);
    } else {
      ++failed;
      cells.assign(results::summary_columns().size(), std::string());
      cells.front() = systems[i % systems.size()];
    }
    row.insert(row.end(), cells.begin(), cells.end());
    csv.stream() << results::to_csv(row);
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  write_manifest(manifest.stream(), options.command, 0, Seconds(wall.count()), document.resolved());
  csv.commit();
  manifest.commit();
  fmt::print("{} runs, {} failed, in {:.1f} s; {}\n", tasks, failed, wall.count(), (folder / "sweep.csv").string());
  if (failed == tasks) throw RunError(fmt::format("every point failed; the first says: {}", results.front().error));
}

}  // namespace podsim::app
