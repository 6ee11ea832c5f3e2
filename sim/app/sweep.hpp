// `podsim sweep`: an experiment at every point of a grid, one row a point and system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace podsim::app {

struct SweepOptions {
  std::filesystem::path sweep;
  std::filesystem::path out;  // "": output/<sweep name>
  std::vector<std::string> overrides;
  std::vector<std::filesystem::path> config_dirs;
  int jobs = 0;   // 0: one a core
  int seeds = 1;  // runs a point and system, with the point's seed and those after it
  std::string command;
};

// Writes sweep.csv and manifest.yaml, with several seeds means and confidence.csv. A point that fails is a row with its error; the others
// go on.
void run_sweep(const SweepOptions& options);

}  // namespace podsim::app
