// What podsim ships under configs/ and topologies/, read as an experiment would read it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "app/catalogue.hpp"
#include "support/files.hpp"
#include "topology/cluster.hpp"

namespace test {

// The YAML files of a folder of the project, in order of name.
inline std::vector<std::filesystem::path> shipped_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What `read` makes of one of those files: shipped("configs/chips/gb200.yaml", hardware::read_chip).
template <class Read>
auto shipped(const std::string& file, Read read) {
  podsim::config::Document document;
  return read(podsim::config::Node::open(document, source_dir() / file));
}

// A cluster as it stands after `cluster:` of an experiment: a name, or "{use: cloudmatrix384, nodes: 24}".
// Of one with several parts, the whole.
inline podsim::topology::Topology shipped_cluster(const std::string& cluster) {
  Yaml yaml("cluster: " + cluster + "\n");
  return podsim::topology::read_cluster(yaml.root().reference("cluster", "topologies"), podsim::app::topology_kinds()).whole();
}

}  // namespace test
