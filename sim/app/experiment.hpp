// An experiment: one workload and service level, served by one or several systems.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/run_files.hpp"
#include "config/document.hpp"
#include "config/node.hpp"
#include "engine/scenario.hpp"
#include "metrics/measure.hpp"
#include "metrics/summary.hpp"
#include "workload/workload.hpp"

namespace podsim::app {

struct Experiment {
  std::string name;
  std::uint64_t seed = 0;
  metrics::ServiceLevel service_level;
  metrics::Measure measure;
  Records records;
  std::unique_ptr<workload::Workload> workload;  // the scenarios point to it
  std::vector<engine::Scenario> scenarios;       // one a system, in file order
};

// Reads and cross-checks an experiment file; with `only`, just that system.
// Throws InputError for everything that is wrong with the input, what place() finds included.
Experiment load_experiment(config::Document& document, const std::filesystem::path& file,
                           const std::optional<std::string>& only = std::nullopt);

// The names of an experiment's systems, without reading them.
std::vector<std::string> system_names(config::Document& document, const std::filesystem::path& file);

// Reads a system (configs/systems/*.yaml): cluster, model and deployment, or several models with theirs. The workload is left to the
// caller.
engine::Scenario read_system(const std::string& name, config::Node node, std::uint64_t seed);

}  // namespace podsim::app
