// DOT (Graphviz) and GraphML.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "topology/export.hpp"

namespace podsim::topology {

std::string vertex_label(const Graph& graph, VertexId vertex) { return fmt::format("{} {}", graph.vertex(vertex).role, vertex); }

std::string plane_name(const Topology& topology, int plane) {
  return plane == no_plane ? "" : topology.planes[static_cast<std::size_t>(plane)].name;
}

std::string xml_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') escaped += "&amp;";
    else if (c == '<') escaped += "&lt;";
    else if (c == '>') escaped += "&gt;";
    else if (c == '"') escaped += "&quot;";
    else escaped += c;
  }
  return escaped;
}

void write_dot(std::ostream& out, const Topology& topology) {
  const Graph& graph = topology.graph;
  const auto quoted = [](const std::string& text) {
    std::string escaped;
    for (const char c : text) escaped += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return '"' + escaped + '"';
  };
  fmt::print(out, "graph {} {{\n", quoted(topology.name));
  for (VertexId v = 0; v < graph.vertex_count(); ++v) {
    fmt::print(out, "  {} [label={}, role={}, plane={}, shape={}];\n", v, quoted(vertex_label(graph, v)), quoted(graph.vertex(v).role),
               quoted(plane_name(topology, graph.vertex(v).plane)), graph.vertex(v).plane == no_plane ? "box" : "ellipse");
  }
  for (LinkId id = 0; id < graph.link_count(); id += 2) {
    const Link& link = graph.link(id);
    if (link.failed) continue;
    fmt::print(out, "  {} -- {} [plane={}, bandwidth={:.12g}, latency={:.12g}];\n", link.from, link.to,
               quoted(plane_name(topology, link.plane)), link.bandwidth.value(), link.latency.value());
  }
  fmt::print(out, "}}\n");
}

void write_graphml(std::ostream& out, const Topology& topology) {
  const Graph& graph = topology.graph;
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
         "  <key id=\"role\" for=\"node\" attr.name=\"role\" attr.type=\"string\"/>\n"
         "  <key id=\"plane\" for=\"all\" attr.name=\"plane\" attr.type=\"string\"/>\n"
         "  <key id=\"bandwidth\" for=\"edge\" attr.name=\"bandwidth_bytes_per_s\" attr.type=\"double\"/>\n"
         "  <key id=\"latency\" for=\"edge\" attr.name=\"latency_s\" attr.type=\"double\"/>\n";
  fmt::print(out, "  <graph id=\"{}\" edgedefault=\"undirected\">\n", xml_text(topology.name));
  for (VertexId v = 0; v < graph.vertex_count(); ++v) {
    fmt::print(out, "    <node id=\"n{}\"><data key=\"role\">{}</data><data key=\"plane\">{}</data></node>\n", v,
               xml_text(graph.vertex(v).role), xml_text(plane_name(topology, graph.vertex(v).plane)));
  }
  for (LinkId id = 0; id < graph.link_count(); id += 2) {
    const Link& link = graph.link(id);
    if (link.failed) continue;
    fmt::print(out,
               "    <edge id=\"e{}\" source=\"n{}\" target=\"n{}\"><data key=\"plane\">{}</data><data key=\"bandwidth\">{:.12g}</data>"
               "<data key=\"latency\">{:.12g}</data></edge>\n",
               id / 2, link.from, link.to, xml_text(plane_name(topology, link.plane)), link.bandwidth.value(), link.latency.value());
  }
  out << "  </graph>\n</graphml>\n";
}

}  // namespace podsim::topology
