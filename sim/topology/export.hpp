// A cluster's network in the formats of other tools.
#pragma once

#include <ostream>
#include <string>

#include "topology/topology.hpp"

namespace podsim::topology {

struct ExportFormat {
  std::string name;
  void (*write)(std::ostream& out, const Topology& topology);
};

// Each working physical link once, with plane, rate (B/s) and latency (s); each vertex with role and plane, endpoints with node and rack.
void write_dot(std::ostream& out, const Topology& topology);
void write_graphml(std::ostream& out, const Topology& topology);
void write_json(std::ostream& out, const Topology& topology);
// A platform of SimGrid (DTD 4.1): a zone a plane, a host PLANE:ENDPOINT a port, parallel links as one.
void write_simgrid(std::ostream& out, const Topology& topology);

// "endpoint 3", "leaf 800": a vertex in words, the same in every format.
std::string vertex_label(const Graph& graph, VertexId vertex);
// The name of the plane of a switch or link, "" for an endpoint.
std::string plane_name(const Topology& topology, int plane);
// Text inside an XML attribute or element.
std::string xml_text(const std::string& text);

}  // namespace podsim::topology
