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

// What travels: a plane says which classes it can carry, a deployment which planes each class rides.
enum class TrafficClass { tensor, expert, kv, cache, weights, management, storage };
inline constexpr std::array<const char*, 7> traffic_class_names = {"tensor", "expert", "kv", "cache", "weights", "management", "storage"};
using TrafficClasses = std::array<bool, traffic_class_names.size()>;

// How the flows of one pair of endpoints use equal paths.
enum class Spread {
  ecmp,   // each pair is hashed onto one path
  spray,  // every pair uses all paths evenly
};
inline constexpr std::array<const char*, 2> spread_names = {"ecmp", "spray"};

// Which paths are equal.
enum class Routing {
  shortest,         // all of the fewest links; up and down in a tree
  dimension_order,  // of these, at every hop those that go on in the lowest dimension
  minimal,          // as few links of the outermost level as can be, then of the next one, ...: the direct cable of a dragonfly
  valiant,          // minimal to an endpoint drawn by a hash of the pair, and from there (Valiant and Brebner, STOC 1981)
};
inline constexpr std::array<const char*, 4> routing_names = {"shortest", "dimension_order", "minimal", "valiant"};

// Devices on the switches of a plane, such as the CPUs of a node: flows begin and end there as at endpoints, but chips are elsewhere.
struct Attached {
  std::string name;
  int count = 0;
  int links = 0;  // of each
};

// One network. Planes share endpoints but no link and no switch.
struct Plane {
  std::string name;
  Spread spread = Spread::ecmp;
  int switches = 0;
  int links = 0;     // physical
  Watts power;       // of its switches and transceivers
  Watts link_power;  // of the transceivers alone
  double transceivers = 0;
  Routing routing = Routing::shortest;
  // The plane over which a flow first goes to a neighbour that this plane joins to its destination, where it does not join the source
  // (NCCL's PXN: over NVLink to the GPU whose NIC is on the right rail). No_plane: such a pair has no route here.
  int forward_over = no_plane;
  TrafficClasses carries = {true, true, true, true, true, true, true};
  std::vector<Attached> attached = {};

  bool can_carry(TrafficClass traffic) const { return carries[static_cast<std::size_t>(traffic)]; }
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
  // The vertex of endpoint "16" or device "cpu 3" (of the first plane that has such). Empty when there is none of that name.
  std::optional<VertexId> end_named(const std::string& wanted) const;
  Watts network_power() const;
  double transceivers() const;
};

}  // namespace podsim::topology
