// A platform of SimGrid (DTD 4.1), with the network options under which a lone flow takes latency + bytes / bandwidth.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <map>

#include "topology/export.hpp"

namespace podsim::topology {
namespace {

struct Bundle {
  ByteRate bandwidth;
  Seconds latency;
};

// A zone whose hosts are the endpoints' ports and the devices on this plane; SimGrid finds the shortest ways itself.
void write_plane(std::ostream& out, const Topology& topology, int plane) {
  const Graph& graph = topology.graph;
  const std::string name = xml_text(plane_name(topology, plane));
  fmt::print(out, "    <zone id=\"{}\" routing=\"Dijkstra\">\n", name);
  std::map<std::pair<VertexId, VertexId>, Bundle> bundles;
  for (VertexId v = 0; v < graph.vertex_count(); ++v) {
    const Vertex& vertex = graph.vertex(v);
    if (vertex.plane != no_plane && vertex.plane != plane) continue;
    if (vertex.plane == no_plane || vertex.device) fmt::print(out, "      <host id=\"{}:{}\" speed=\"1Gf\"/>\n", name, v);
    else fmt::print(out, "      <router id=\"{}:{}\"/>\n", name, v);
  }
  for (LinkId id = 0; id < graph.link_count(); id += 2) {
    const Link& link = graph.link(id);
    if (link.plane != plane || link.failed) continue;
    Bundle& bundle = bundles[std::minmax(link.from, link.to)];
    bundle.bandwidth += link.bandwidth;
    bundle.latency = link.latency;
  }
  for (const auto& [ends, bundle] : bundles) {
    for (const auto& [from, to] : {ends, std::pair(ends.second, ends.first)}) {
      fmt::print(out, "      <link id=\"{}:{}-{}\" bandwidth=\"{:.12g}Bps\" latency=\"{:.12g}s\"/>\n", name, from, to,
                 bundle.bandwidth.value(), bundle.latency.value());
    }
  }
  for (const auto& [ends, bundle] : bundles) {
    for (const auto& [from, to] : {ends, std::pair(ends.second, ends.first)}) {
      fmt::print(out, "      <route src=\"{0}:{1}\" dst=\"{0}:{2}\" symmetrical=\"NO\"><link_ctn id=\"{0}:{1}-{2}\"/></route>\n", name,
                 from, to);
    }
  }
  out << "    </zone>\n";
}

}  // namespace

void write_simgrid(std::ostream& out, const Topology& topology) {
  out << "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n<platform version=\"4.1\">\n  "
         "<config>\n";
  const std::pair<const char*, const char*> options[] = {{"network/model", "CM02"},         {"network/latency-factor", "1"},
                                                         {"network/bandwidth-factor", "1"}, {"network/weight-S", "0"},
                                                         {"network/TCP-gamma", "1e30"},     {"network/crosstraffic", "0"}};
  for (const auto& [key, value] : options) fmt::print(out, "    <prop id=\"{}\" value=\"{}\"/>\n", key, value);
  out << "  </config>\n  <!-- A zone a plane; hosts are PLANE:ENDPOINT. SimGrid sends a flow over one path: where podsim sprays a flow "
         "over\n"
         "       several, only cables between the same two ends are taken together here. -->\n  <zone id=\"podsim\" routing=\"Full\">\n";
  for (std::size_t plane = 0; plane < topology.planes.size(); ++plane) write_plane(out, topology, static_cast<int>(plane));
  out << "  </zone>\n</platform>\n";
}

}  // namespace podsim::topology
