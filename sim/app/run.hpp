// `podsim run`: every system of an experiment in its own process, with one seed or several, then the table and the files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace podsim::app {

struct RunOptions {
  std::filesystem::path experiment;
  std::filesystem::path out;  // "": output/<experiment name>
  std::vector<std::string> overrides;
  std::vector<std::filesystem::path> config_dirs;
  int jobs = 0;  // 0: one a core
  bool timeline = false;
  int seeds = 1;        // runs a system, with the experiment's seed and those after it
  std::string command;  // as typed, for the manifest
};

// Throws InputError or RunError; then the output folder holds no half-written file.
void run_experiment(const RunOptions& options);

// `podsim check`: reads and cross-checks only, and prints what would run.
void check_experiment(const RunOptions& options);

}  // namespace podsim::app
