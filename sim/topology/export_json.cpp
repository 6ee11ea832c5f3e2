// JSON, line by line: what scripts/plot_topology.py draws.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <nlohmann/json.hpp>

#include "topology/export.hpp"
#include "topology/tiers.hpp"

namespace podsim::topology {

void write_json(std::ostream& out, const Topology& topology) {
  using nlohmann::json;
  const Graph& graph = topology.graph;
  const Shape& shape = topology.shape;
  std::vector<int> tier(static_cast<std::size_t>(graph.vertex_count()));
  json planes = json::array();
  for (std::size_t p = 0; p < topology.planes.size(); ++p) {
    const Plane& plane = topology.planes[p];
    json carries = json::array(), attached = json::array();  // all classes: an empty list
    for (std::size_t i = 0; i < plane.carries.size(); ++i) {
      if (plane.carries[i]) carries.push_back(traffic_class_names[i]);
    }
    if (carries.size() == plane.carries.size()) carries.clear();
    for (const Attached& device : plane.attached) attached.push_back({{"name", device.name}, {"count", device.count}});
    planes.push_back({{"name", plane.name},
                      {"spread", spread_names[static_cast<std::size_t>(plane.spread)]},
                      {"routing", routing_names[static_cast<std::size_t>(plane.routing)]},
                      {"carries", carries},
                      {"attached", attached},
                      {"switches", plane.switches},
                      {"links", plane.links},
                      {"transceivers", plane.transceivers},
                      {"power_w", plane.power.value()}});
    const auto own = tier_of_vertices(graph, find_tiers(graph, static_cast<int>(p)));
    for (std::size_t v = 0; v < tier.size(); ++v) {
      if (own[v] > 0) tier[v] = own[v];
    }
  }
  const json head = {{"name", topology.name},
                     {"chip", topology.chip.name},
                     {"nodes", shape.nodes},
                     {"nodes_per_rack", shape.nodes_per_rack},
                     {"packages_per_node", shape.packages_per_node},
                     {"endpoints_per_package", shape.endpoints_per_package},
                     {"planes", planes}};
  const std::string text = head.dump();
  out << text.substr(0, text.size() - 1) << ",\n\"vertices\":[";
  for (VertexId v = 0; v < graph.vertex_count(); ++v) {
    json vertex = {{"id", v}, {"role", graph.vertex(v).role}, {"tier", tier[static_cast<std::size_t>(v)]}};
    if (graph.vertex(v).plane != no_plane) {
      vertex["plane"] = plane_name(topology, graph.vertex(v).plane);
      vertex["device"] = graph.vertex(v).device;
    } else {
      vertex["node"] = shape.node_of(v);
      vertex["rack"] = shape.node_of(v) / shape.nodes_per_rack;
    }
    out << (v > 0 ? ",\n" : "\n") << vertex.dump();
  }
  out << "],\n\"links\":[";
  const char* separator = "\n";
  for (LinkId id = 0; id < graph.link_count(); id += 2) {
    const Link& link = graph.link(id);
    if (link.failed) continue;
    const json edge = {{"from", link.from},
                       {"to", link.to},
                       {"plane", plane_name(topology, link.plane)},
                       {"bandwidth_bytes_per_s", link.bandwidth.value()},
                       {"latency_s", link.latency.value()}};
    out << std::exchange(separator, ",\n") << edge.dump();
  }
  out << "]}\n";
}

}  // namespace podsim::topology
