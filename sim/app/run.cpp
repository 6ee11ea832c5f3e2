#include "app/run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "app/cells.hpp"
#include "app/experiment.hpp"
#include "app/manifest.hpp"
#include "app/report.hpp"
#include "app/workers.hpp"
#include "base/error.hpp"
#include "engine/simulation.hpp"
#include "results/output.hpp"
#include "results/tables.hpp"
#include "results/timeline.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {

// Rows that workers write beside the final file, put together in order when all have ended.
class PartFiles {
 public:
  PartFiles(fs::path file, std::size_t parts) : file_(std::move(file)), parts_(parts) {}
  ~PartFiles() {
    std::error_code ignored;
    for (std::size_t i = 0; i < parts_; ++i) fs::remove(part(i), ignored);
    for (std::size_t i = 0; i < parts_; ++i) fs::remove(part(i).string() + ".partial", ignored);
  }
  PartFiles(const PartFiles&) = delete;
  PartFiles& operator=(const PartFiles&) = delete;

  fs::path part(std::size_t i) const { return fmt::format("{}.part{}", file_.string(), i); }

  std::unique_ptr<results::OutputFile> join(const std::string& header) const {
    auto whole = std::make_unique<results::OutputFile>(file_);
    whole->stream() << header;
    for (std::size_t i = 0; i < parts_; ++i) {
      std::ifstream in(part(i), std::ios::binary);
      if (fs::file_size(part(i)) > 0) whole->stream() << in.rdbuf();
    }
    return whole;
  }

 private:
  fs::path file_;
  std::size_t parts_;
};

struct Files {
  PartFiles requests;
  PartFiles steps;
  fs::path folder;
  bool timeline;
};

// In the worker: simulate, write this system's rows, return its summary.
std::string simulate_system(const Experiment& experiment, std::size_t index, const Files& files) {
  const engine::Scenario& scenario = experiment.scenarios[index];
  const metrics::RunLog log = engine::simulate(scenario);
  {
    results::OutputFile part(files.requests.part(index));
    results::write_rows(part, results::request_columns(), log.requests.size(), [&](std::size_t i) {
      return results::RequestRow{scenario.name, static_cast<std::int64_t>(i), log.requests[i]};
    });
    part.commit();
  }
  {
    results::OutputFile part(files.steps.part(index));
    results::write_rows(part, results::step_columns(), log.steps.size(), [&](std::size_t i) {
      return results::StepRow{scenario.name, log, log.steps[i]};
    });
    part.commit();
  }
  if (files.timeline) {
    results::OutputFile timeline(files.folder / fmt::format("timeline-{}.json", scenario.name));
    results::write_timeline(timeline.stream(), scenario.name, log);
    timeline.commit();
  }
  const metrics::Summary summary = metrics::summarise(log, experiment.service_level, metrics::window_of(experiment.measure, log));
  return pack(results::row(results::summary_columns(), results::SummaryRow{scenario.name, summary}));
}

config::Document open_document(const RunOptions& options) {
  config::Document document(options.config_dirs);
  for (const std::string& assignment : options.overrides) document.add_override(assignment);
  return document;
}

}  // namespace

void run_experiment(const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  config::Document document = open_document(options);
  const Experiment experiment = load_experiment(document, options.experiment);
  const fs::path folder = options.out.empty() ? fs::path("output") / experiment.name : options.out;
  results::prepare_folder(folder);
  const std::size_t count = experiment.scenarios.size();
  const Files files{{folder / "requests.csv", count}, {folder / "steps.csv", count}, folder, options.timeline};

  const int jobs = options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  fmt::print("{}: {} requests ({}), {} system{}\n", experiment.name, experiment.workload->requests.size(), experiment.workload->name, count,
             count == 1 ? "" : "s");
  const auto tasks = run_in_workers(
      static_cast<int>(count), jobs, [&](int i) { return simulate_system(experiment, static_cast<std::size_t>(i), files); },
      [&](int i) {
        fmt::print("  {} done\n", experiment.scenarios[static_cast<std::size_t>(i)].name);
        std::fflush(stdout);
      });
  std::vector<std::vector<results::Cell>> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string message = fmt::format("{}: {}", experiment.scenarios[i].name, tasks[i].error);
    if (tasks[i].status == 2) throw InputError(message);
    if (tasks[i].status != 0) throw RunError(message);
    rows.push_back(unpack(tasks[i].output));
  }

  const auto requests = files.requests.join(results::header(results::request_columns()));
  const auto steps = files.steps.join(results::header(results::step_columns()));
  results::OutputFile summary(folder / "summary.csv");
  summary.stream() << results::header(results::summary_columns());
  for (const auto& row : rows) summary.stream() << results::to_csv(row);
  results::OutputFile manifest(folder / "manifest.yaml");
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  write_manifest(manifest.stream(), options.command, experiment.seed, Seconds(wall.count()), document.resolved());
  requests->commit();
  steps->commit();
  summary.commit();
  manifest.commit();

  print_summary(rows, experiment.service_level);
  fmt::print("{} requests served by {} system{} in {:.2f} s; files in {}\n", experiment.workload->requests.size(), count,
             count == 1 ? "" : "s", wall.count(), folder.string());
}

void check_experiment(const RunOptions& options) {
  config::Document document = open_document(options);
  const Experiment experiment = load_experiment(document, options.experiment);
  fmt::print("{}: {} requests ({})\n", experiment.name, experiment.workload->requests.size(), experiment.workload->name);
  for (const engine::Scenario& scenario : experiment.scenarios) print_scenario(scenario);
}

}  // namespace podsim::app
