// A cluster: its chips in packages, nodes and racks, and the planes that connect them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "config/node.hpp"
#include "hardware/chip.hpp"
#include "topology/graph.hpp"

namespace podsim::topology {

// What travels: a deployment says which planes each class rides.
enum class TrafficClass { tensor, expert, kv };
inline constexpr std::array<const char*, 3> traffic_class_names = {"tensor", "expert", "kv"};

// How the flows of one pair of endpoints use equal shortest paths.
enum class Spread {
  ecmp,   // each pair is hashed onto one path
  spray,  // every pair uses all paths evenly
};

// One network. Planes share endpoints but no link and no switch.
struct Plane {
  std::string name;
  Spread spread = Spread::ecmp;
  int switches = 0;
  int links = 0;     // physical
  Watts power;       // of its switches and transceivers
  Watts link_power;  // of the transceivers alone
};

// Counts that place an endpoint: endpoint = ((rack * nodes_per_rack + node) * packages_per_node + package) * endpoints_per_package + die.
struct Shape {
  int nodes = 1;
  int nodes_per_rack = 1;
  int packages_per_node = 1;
  int endpoints_per_package = 1;

  int packages() const { return nodes * packages_per_node; }
  int endpoints_per_node() const { return packages_per_node * endpoints_per_package; }
  int endpoints() const { return nodes * endpoints_per_node(); }
  int racks() const { return (nodes + nodes_per_rack - 1) / nodes_per_rack; }
  int node_of(int endpoint) const { return endpoint / endpoints_per_node(); }
};

struct Topology {
  std::string name;
  hardware::ChipSpec chip;
  Shape shape;
  std::vector<Plane> planes;
  Graph graph;       // vertices 0 .. endpoints-1 are the endpoints
  Watts node_power;  // one node without its chips: CPUs, memory, NICs, fans
  std::optional<Dollars> price;

  // The index of a plane. Empty when there is none of that name.
  std::optional<int> plane_named(const std::string& name) const;
  Watts network_power() const;
};

}  // namespace podsim::topology
