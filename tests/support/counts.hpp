// What a plane of a cluster is made of, counted link by link and switch by switch.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "topology/topology.hpp"

namespace test {

// The index of a plane that must be there.
inline int plane_of(const podsim::topology::Topology& cluster, const std::string& name) {
  const auto plane = cluster.plane_named(name);
  REQUIRE(plane);
  return *plane;
}

// Switches of a role in a plane.
inline int switches(const podsim::topology::Topology& cluster, const std::string& plane, const std::string& role) {
  int count = 0;
  const int wanted = plane_of(cluster, plane);
  for (int v = cluster.shape.endpoints(); v < cluster.graph.vertex_count(); ++v) {
    count += cluster.graph.vertex(v).plane == wanted && cluster.graph.vertex(v).role == role;
  }
  return count;
}

// The links between two roles of a plane, each once: the ids of one direction.
inline std::vector<int> links(const podsim::topology::Topology& cluster, const std::string& plane, const std::string& from,
                              const std::string& to) {
  std::vector<int> ids;
  const int wanted = plane_of(cluster, plane);
  for (int id = 0; id < cluster.graph.link_count(); ++id) {
    const auto& link = cluster.graph.link(id);
    const bool joins = cluster.graph.vertex(link.from).role == from && cluster.graph.vertex(link.to).role == to;
    if (link.plane == wanted && joins) ids.push_back(id);
  }
  return ids;
}

inline int cables(const podsim::topology::Topology& cluster, const std::string& plane, const std::string& from, const std::string& to) {
  return static_cast<int>(links(cluster, plane, from, to).size());
}

}  // namespace test
