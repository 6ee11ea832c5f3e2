// `podsim topology`: what a cluster's network is made of and can carry, and its export to other tools.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace podsim::app {

struct TopologyOptions {
  std::string topology;              // a file, or a name in topologies/
  std::vector<std::string> exports;  // FORMAT=FILE
  std::filesystem::path out;         // "": no CSV
  std::vector<std::string> overrides;
  std::vector<std::filesystem::path> config_dirs;
};

// Throws InputError or RunError; then no export is half written.
void show_topology(const TopologyOptions& options);

}  // namespace podsim::app
