#include "topology/topology.hpp"

namespace podsim::topology {

std::optional<int> Topology::plane_named(const std::string& wanted) const {
  for (std::size_t i = 0; i < planes.size(); ++i) {
    if (planes[i].name == wanted) return static_cast<int>(i);
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
