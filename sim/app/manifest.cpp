#include "app/manifest.hpp"

#include <yaml-cpp/yaml.h>

namespace podsim::app {

void write_manifest(std::ostream& out, const std::string& command, std::uint64_t seed, Seconds wall, const config::ResolvedTree& resolved) {
  YAML::Emitter yaml;
  yaml << YAML::BeginMap;
  yaml << YAML::Key << "podsim" << YAML::Value << PODSIM_VERSION;
  yaml << YAML::Key << "command" << YAML::Value << command;
  yaml << YAML::Key << "seed" << YAML::Value << seed;
  yaml << YAML::Key << "wall_time_s" << YAML::Value << wall.value();
  yaml << YAML::Key << "experiment" << YAML::Value;
  resolved.emit(yaml);
  yaml << YAML::EndMap;
  out << yaml.c_str() << '\n';
}

}  // namespace podsim::app
