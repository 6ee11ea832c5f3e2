// Reads a cluster file: shape, chip and planes; each plane is built once for every group it lies within.
#include <fmt/format.h>

#include <algorithm>

#include "config/suggest.hpp"
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

template <std::size_t N>
std::vector<std::string> words(const std::array<const char*, N>& names) {
  return {names.begin(), names.end()};
}

TrafficClasses read_carries(const config::Node& list) {
  const std::vector<std::string> names = words(traffic_class_names);
  TrafficClasses carries = {};
  for (const config::Node& item : list.items()) {
    const auto name = item.as<std::string>();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      item.fail(fmt::format("\"{}\" is no class of traffic{} (classes: {})", name, config::did_you_mean(name, names), config::join(names)));
    }
    carries[static_cast<std::size_t>(found - names.begin())] = true;
  }
  if (list.items().empty()) list.fail("must name one class of traffic at least (classes: " + config::join(names) + ")");
  return carries;
}

// attached: {cpu: {per_node: 4, links: 7, link: NAME}}
std::vector<PlaneBuilder::Devices> read_attached(config::Node node) {
  std::vector<PlaneBuilder::Devices> all;
  for (auto& [name, device] : node.entries()) {
    all.push_back({name, device.get_within("per_node", 1, 1024), device.get_within("links", 1, 1024, 1),
                   hardware::read_link(device.reference("link", "links"))});
    device.done();
  }
  return all;
}

// What a plane says of its traffic: {spread, routing, forward_over, carries}.
void read_traffic(config::Node& node, const Topology& topology, Plane& plane) {
  plane.spread = static_cast<Spread>(node.one_of("spread", words(spread_names), 0));
  plane.routing = static_cast<Routing>(node.one_of("routing", words(routing_names), 0));
  if (node.find("forward_over")) {
    std::vector<std::string> before;
    for (const Plane& other : topology.planes) before.push_back(other.name);
    plane.forward_over = static_cast<int>(node.one_of("forward_over", before));
  }
  if (const auto list = node.find("carries")) plane.carries = read_carries(*list);
}

// A routing that speaks of dimensions or levels needs a kind that has them. Four levels are as many as a router tells apart.
void check_routing(const config::Node& node, const Topology& topology, int plane) {
  const Routing routing = topology.planes[static_cast<std::size_t>(plane)].routing;
  if (routing == Routing::shortest) return;
  int highest = 0;
  for (LinkId id = 0; id < topology.graph.link_count(); id += 2) {
    const Link& link = topology.graph.link(id);
    if (link.plane == plane) highest = std::max<int>(highest, link.level);
  }
  if (routing == Routing::dimension_order && highest == 0) node.fail("routing", "dimension_order needs a grid of two dimensions or more");
  if (routing == Routing::minimal && highest == 0) node.fail("routing", "minimal needs a dragonfly of two levels or more");
  if (routing != Routing::dimension_order && highest > 3) node.fail("routing", "must be shortest or dimension_order above four dimensions");
}

void read_plane(const std::string& name, config::Node node, std::span<const TopologyKind> kinds, Topology& topology,
                std::vector<Failed>& failures) {
  std::vector<std::string> kind_names;
  for (const TopologyKind& kind : kinds) kind_names.push_back(kind.name);
  const TopologyKind& kind = kinds[node.one_of("kind", kind_names)];
  const std::size_t scope = node.one_of("within", scopes, scopes.size() - 1);
  const int group = endpoints_within(topology.shape, scope);
  if (group == 1 && topology.shape.endpoints() > 1)
    node.fail("within", fmt::format("a {} holds one endpoint: nothing to join", scopes[scope]));
  Plane plane;
  plane.name = name;
  read_traffic(node, topology, plane);
  std::optional<int> endpoint_ports;
  if (node.find("endpoint_ports")) endpoint_ports = node.get_within("endpoint_ports", 1, 100000);
  std::vector<PlaneBuilder::Devices> attached;
  if (auto devices = node.find("attached")) attached = read_attached(std::move(*devices));
  for (const auto& devices : attached) plane.attached.push_back({devices.name, topology.shape.nodes * devices.per_node, devices.links});
  const PlaneFunction build = kind.read(node);
  const auto failed = node.find("failed");
  node.done();

  const int index = static_cast<int>(topology.planes.size());
  topology.planes.push_back(plane);
  for (int first = 0; first < topology.shape.endpoints(); first += group) {
    PlaneBuilder builder(topology, index, first, std::min(group, topology.shape.endpoints() - first));
    try {
      build(builder);
      for (const PlaneBuilder::Devices& devices : attached) builder.attach(devices);
    } catch (const DoesNotFit& error) {
      node.fail(error.what());
    }
    builder.check_ports(node, endpoint_ports);
  }
  check_routing(node, topology, index);
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
