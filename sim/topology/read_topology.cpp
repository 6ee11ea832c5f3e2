// Reads a cluster file: shape, chip and planes; each plane is built once for every group it lies within.
#include <fmt/format.h>

#include <algorithm>

#include "topology/failures.hpp"
#include "topology/plane_builder.hpp"

namespace podsim::topology {
namespace {

const std::vector<std::string> scopes = {"package", "node", "rack", "cluster"};

Shape read_shape(config::Node& node, const hardware::ChipSpec& chip) {
  Shape shape;
  shape.nodes = node.get_within("nodes", 1, 1 << 20);
  shape.packages_per_node = node.get_within("packages_per_node", 1, 1024);
  shape.nodes_per_rack = node.get_within("nodes_per_rack", 1, 1 << 20, shape.nodes);
  shape.endpoints_per_package = chip.endpoints_per_package;
  return shape;
}

int endpoints_within(const Shape& shape, std::size_t scope) {
  const int sizes[] = {shape.endpoints_per_package, shape.endpoints_per_node(), shape.nodes_per_rack * shape.endpoints_per_node(),
                       shape.endpoints()};
  return std::min(sizes[scope], shape.endpoints());
}

// A plane's `failed` key, checked once the graph is sealed.
struct Failed {
  config::Node node;
  int plane;
  int group;
};

void read_plane(const std::string& name, config::Node node, std::span<const TopologyKind> kinds, Topology& topology,
                std::vector<Failed>& failures) {
  std::vector<std::string> kind_names;
  for (const TopologyKind& kind : kinds) kind_names.push_back(kind.name);
  const TopologyKind& kind = kinds[node.one_of("kind", kind_names)];
  const std::size_t scope = node.one_of("within", scopes, scopes.size() - 1);
  Plane plane;
  plane.name = name;
  plane.spread = node.one_of("spread", {"ecmp", "spray"}, 0) == 0 ? Spread::ecmp : Spread::spray;
  std::optional<int> endpoint_ports;
  if (node.find("endpoint_ports")) endpoint_ports = node.get_within("endpoint_ports", 1, 100000);
  const PlaneFunction build = kind.read(node);
  const auto failed = node.find("failed");
  node.done();

  const int index = static_cast<int>(topology.planes.size());
  topology.planes.push_back(plane);
  const int group = endpoints_within(topology.shape, scope);
  for (int first = 0; first < topology.shape.endpoints(); first += group) {
    PlaneBuilder builder(topology, index, first, std::min(group, topology.shape.endpoints() - first));
    try {
      build(builder);
    } catch (const DoesNotFit& error) {
      node.fail(error.what());
    }
    builder.check_ports(node, endpoint_ports);
  }
  if (!failed) return;
  fail_parts(*failed, topology, index);
  failures.push_back({*failed, index, group});
}

}  // namespace

Topology read_topology(config::Node node, std::span<const TopologyKind> kinds) {
  Topology topology;
  topology.name = node.get<std::string>("name");
  topology.chip = hardware::read_chip(node.reference("chip", "chips"));
  topology.shape = read_shape(node, topology.chip);
  topology.node_power = node.get_within<Watts>("node_power", Watts(0), units::kW * 1000);
  topology.price = node.find_as<Dollars>("price");
  for (int i = 0; i < topology.shape.endpoints(); ++i) topology.graph.add_vertex({"endpoint", no_plane});
  std::vector<Failed> failures;
  for (auto& [name, plane] : node.at("planes").entries()) read_plane(name, std::move(plane), kinds, topology, failures);
  if (topology.planes.empty()) node.fail("planes", "at least one plane must connect the chips");
  node.done();
  topology.graph.seal();
  for (const Failed& failed : failures) check_joined(failed.node, topology, failed.plane, failed.group);
  return topology;
}

}  // namespace podsim::topology
