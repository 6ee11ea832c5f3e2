#include "app/cluster_argument.hpp"

#include "app/catalogue.hpp"

namespace podsim::app {
namespace fs = std::filesystem;

topology::Cluster read_cluster(const std::string& cluster, const std::vector<std::string>& overrides,
                               const std::vector<fs::path>& config_dirs) {
  config::Document document(config_dirs);
  for (const std::string& assignment : overrides) document.add_override(assignment);
  std::error_code ignored;
  const bool is_file = fs::exists(cluster, ignored) || cluster.find('/') != std::string::npos || cluster.ends_with(".yaml");
  const fs::path file = is_file ? fs::path(cluster) : document.locate(cluster, "topologies", ".", "topology");
  return topology::read_cluster(config::Node::open(document, file), topology_kinds());
}

}  // namespace podsim::app
