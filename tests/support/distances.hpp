// How far the endpoints of a plane lie from each other.
#pragma once

#include <algorithm>
#include <set>

#include "topology/router.hpp"

namespace test {

// Links on the longest of the shortest routes to `to`.
inline int eccentricity(podsim::topology::Router& router, int plane, int to) {
  int most = 0;
  for (int from = 0; from < router.topology().shape.endpoints(); ++from) {
    if (from == to) continue;
    const auto route = router.route(plane, from, to);
    most = std::max(most, route.links.back().hop + 1);
  }
  return most;
}

inline int diameter(const podsim::topology::Topology& cluster, int plane) {
  podsim::topology::Router router(cluster, 1);
  int most = 0;
  for (int to = 0; to < cluster.shape.endpoints(); ++to) most = std::max(most, eccentricity(router, plane, to));
  return most;
}

// Links of `plane` with one end among the endpoints for which `inside` holds and the other among the rest.
template <class Inside>
int cut(const podsim::topology::Topology& cluster, int plane, Inside inside) {
  int count = 0;
  for (int id = 0; id < cluster.graph.link_count(); id += 2) {
    const auto& link = cluster.graph.link(id);
    count += link.plane == plane && inside(link.from) != inside(link.to);
  }
  return count;
}

}  // namespace test
