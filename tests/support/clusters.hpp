// Small clusters for tests, built as a user would describe them.
#pragma once

#include <string>

#include "app/catalogue.hpp"
#include "support/files.hpp"
#include "topology/plane_builder.hpp"

namespace test {

// A link as an inline map: `link("100 GB/s", "1 us")`.
inline std::string link(const std::string& bandwidth, const std::string& latency) {
  return fmt::format("{{name: l, bandwidth: {}, latency: {}}}", bandwidth, latency);
}
inline const std::string any_switch = "{name: s, ports: 1024, power: 0 W}";

// A cluster of H100 with these planes (YAML below `planes:`, each line indented by two).
inline podsim::topology::Topology cluster(int nodes, int packages_per_node, const std::string& planes) {
  Yaml yaml(fmt::format("name: test\nchip: h100-sxm\nnodes: {}\npackages_per_node: {}\nnode_power: 1 kW\nplanes:\n{}", nodes,
                        packages_per_node, planes));
  return podsim::topology::read_topology(yaml.root(), podsim::app::topology_kinds());
}

// Every endpoint on one switch with a link of this bandwidth and latency.
inline podsim::topology::Topology star(int endpoints, const std::string& bandwidth, const std::string& latency) {
  return cluster(1, endpoints,
                 fmt::format("  net: {{kind: single_switch, spread: spray, link: {}, switch: {}, links_to_switch: [1]}}\n",
                             link(bandwidth, latency), any_switch));
}

}  // namespace test
