#include "app/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <sstream>
#include <thread>

#include "app/cells.hpp"
#include "app/experiment.hpp"
#include "app/manifest.hpp"
#include "app/replications.hpp"
#include "app/report.hpp"
#include "app/run_files.hpp"
#include "app/workers.hpp"
#include "base/error.hpp"
#include "engine/simulation.hpp"
#include "platform/flow_solver.hpp"
#include "results/output.hpp"
#include "results/tables.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {

config::Document open_document(const RunOptions& options) {
  config::Document document(options.config_dirs);
  for (const std::string& assignment : options.overrides) document.add_override(assignment);
  return document;
}

std::string summary_of(const Experiment& experiment, const engine::Scenario& scenario, const metrics::RunLog& log) {
  const auto summary = metrics::summarise(log, experiment.service_level, metrics::window_of(experiment.measure, log));
  return pack(results::row(results::summary_columns(), results::SummaryRow{scenario.name, summary}));
}

// In the worker: simulate, write this system's rows, return its summary.
std::string simulate_system(const Experiment& experiment, std::size_t system, const RunFiles& files) {
  const engine::Scenario& scenario = experiment.scenarios[system];
  const metrics::RunLog log = engine::simulate(scenario);
  std::vector<metrics::TenantSummary> tenants;
  if (experiment.records.tenants) tenants = metrics::by_tenant(log, experiment.service_level, metrics::window_of(experiment.measure, log));
  files.write(system, scenario.name, log, tenants);
  return summary_of(experiment, scenario, log);
}

// In the worker: the same with another seed, for its summary only.
std::string replicate_system(const RunOptions& options, const std::string& name, std::uint64_t seed) {
  config::Document document = open_document(options);
  document.add_override(fmt::format("seed={}", seed));
  const Experiment experiment = load_experiment(document, options.experiment, name);
  return summary_of(experiment, experiment.scenarios.front(), engine::simulate(experiment.scenarios.front()));
}

int jobs_of(const RunOptions& options) {
  return options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Every system with every seed; the rows of the first seed go to `files`.
Replications simulate_all(const RunOptions& options, const Experiment& experiment, const RunFiles& files) {
  const std::size_t systems = experiment.scenarios.size();
  Replications runs;
  for (int s = 0; s < options.seeds; ++s) runs.seeds.push_back(experiment.seed + static_cast<std::uint64_t>(s));
  runs.rows.resize(systems);
  const auto name = [&](std::size_t task) {
    const std::string& system = experiment.scenarios[task % systems].name;
    return options.seeds == 1 ? system : fmt::format("{}, seed {}", system, runs.seeds[task / systems]);
  };
  const std::size_t count = systems * runs.seeds.size();
  if (count > 1 && std::ranges::any_of(experiment.scenarios, engine::has_transfers)) platform::load_flow_solver();
  const auto tasks = run_in_workers(
      static_cast<int>(count), jobs_of(options),
      [&](int i) {
        const auto task = static_cast<std::size_t>(i);
        return task < systems ? simulate_system(experiment, task, files)
                              : replicate_system(options, experiment.scenarios[task % systems].name, runs.seeds[task / systems]);
      },
      [&](int i) {
        fmt::print("  {} done\n", name(static_cast<std::size_t>(i)));
        std::fflush(stdout);
      });
  for (std::size_t task = 0; task < count; ++task) {
    const std::string message = fmt::format("{}: {}", name(task), tasks[task].error);
    if (tasks[task].status == 2) throw InputError(message);
    if (tasks[task].status != 0) throw RunError(message);
    runs.rows[task % systems].push_back(unpack(tasks[task].output));
  }
  return runs;
}

// Written now, put in place by commit(); one that this run does not write is removed.
class Tables {
 public:
  explicit Tables(fs::path folder) : folder_(std::move(folder)) {}

  void add(const char* name, const std::string& text) {
    files_.push_back(std::make_unique<results::OutputFile>(folder_ / name));
    files_.back()->stream() << text;
  }
  void add_replications(const Replications& runs) {
    if (runs.seeds.size() > 1) {
      add(seeds_name, seeds_csv(runs));
      add(confidence_name, confidence_csv(runs));
    } else {
      unwanted_ = {seeds_name, confidence_name};
    }
  }
  void commit() {
    for (const auto& file : files_) file->commit();
    std::error_code ignored;
    for (const char* name : unwanted_) fs::remove(folder_ / name, ignored);
  }

 private:
  static constexpr const char* seeds_name = "seeds.csv";
  static constexpr const char* confidence_name = "confidence.csv";

  fs::path folder_;
  std::vector<std::unique_ptr<results::OutputFile>> files_;
  std::vector<const char*> unwanted_;
};

std::string summary_csv(const std::vector<Row>& rows) {
  std::string text = results::header(results::summary_columns());
  for (const Row& row : rows) text += results::to_csv(row);
  return text;
}

}  // namespace

void run_experiment(const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  config::Document document = open_document(options);
  Experiment experiment = load_experiment(document, options.experiment);
  experiment.records.timeline = options.timeline;
  const fs::path folder = options.out.empty() ? fs::path("output") / experiment.name : options.out;
  results::prepare_folder(folder);
  const std::size_t count = experiment.scenarios.size();
  const std::string systems = fmt::format("{} system{}", count, count == 1 ? "" : "s");
  fmt::print("{}: {} requests ({}), {}\n", experiment.name, experiment.workload->requests.size(), experiment.workload->name, systems);

  RunFiles files(folder, count, experiment.records);
  const Replications runs = simulate_all(options, experiment, files);
  const std::vector<Row> rows = means_of(runs);
  files.join();
  Tables tables(folder);
  tables.add("summary.csv", summary_csv(rows));
  tables.add_replications(runs);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::ostringstream manifest;
  write_manifest(manifest, options.command, experiment.seed, Seconds(wall.count()), document.resolved());
  tables.add("manifest.yaml", manifest.str());
  files.commit();
  tables.commit();

  print_summary(rows, experiment.service_level, options.seeds > 1 ? half_widths_of(runs) : std::vector<std::vector<double>>());
  if (options.seeds > 1) fmt::print("means over {} seeds ± half the 95 % confidence interval\n", options.seeds);
  fmt::print("{} requests served by {} in {:.2f} s; files in {}\n", experiment.workload->requests.size(), systems, wall.count(),
             folder.string());
}

void check_experiment(const RunOptions& options) {
  config::Document document = open_document(options);
  const Experiment experiment = load_experiment(document, options.experiment);
  fmt::print("{}: {} requests ({})\n", experiment.name, experiment.workload->requests.size(), experiment.workload->name);
  for (const engine::Scenario& scenario : experiment.scenarios) print_scenario(scenario);
}

}  // namespace podsim::app
