// The cluster that a command is given: a file, or a name in topologies/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "topology/cluster.hpp"

namespace podsim::app {

// `overrides`: key.key=value. Throws InputError when there is no such cluster or it cannot be.
topology::Cluster read_cluster(const std::string& cluster, const std::vector<std::string>& overrides,
                               const std::vector<std::filesystem::path>& config_dirs);

}  // namespace podsim::app
