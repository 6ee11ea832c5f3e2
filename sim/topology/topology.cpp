#include "topology/topology.hpp"

#include <fmt/format.h>

#include <map>

namespace podsim::topology {

std::optional<int> Topology::plane_named(const std::string& wanted) const {
  for (std::size_t i = 0; i < planes.size(); ++i) {
    if (planes[i].name == wanted) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::optional<VertexId> Topology::end_named(const std::string& wanted) const {
  if (const auto endpoint = config::parse_text<int>(wanted)) {
    const bool known = *endpoint >= 0 && *endpoint < shape.endpoints();
    return known ? std::optional(*endpoint) : std::nullopt;
  }
  std::map<std::pair<int, std::string>, int> number;  // by plane and role
  for (VertexId v = shape.endpoints(); v < graph.vertex_count(); ++v) {
    const Vertex& vertex = graph.vertex(v);
    if (vertex.device && wanted == fmt::format("{} {}", vertex.role, number[{vertex.plane, vertex.role}]++)) return v;
  }
  return std::nullopt;
}

double Topology::transceivers() const {
  double sum = 0;
  for (const Plane& plane : planes) sum += plane.transceivers;
  return sum;
}

Watts Topology::network_power() const {
  Watts sum;
  for (const Plane& plane : planes) sum += plane.power;
  return sum;
}

}  // namespace podsim::topology
