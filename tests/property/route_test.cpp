// Routes on random networks and on all that are shipped: every pair is joined by a chain of links.
#include <numeric>
#include <random>

#include "support/clusters.hpp"
#include "support/networks.hpp"
#include "support/shipped.hpp"
#include "topology/router.hpp"

using namespace podsim;

namespace {

// From hop to hop, what leaves a vertex has arrived there, and all of it ends at `to`.
void require_valid(const topology::Graph& graph, const topology::Route& route, int from, int to) {
  REQUIRE_FALSE(route.links.empty());
  std::map<int, double> arriving = {{from, 1.0}};  // by vertex
  int hop = 0;
  std::map<int, double> next;
  for (const auto& share : route.links) {
    if (share.hop != hop) {
      arriving = std::exchange(next, {});
      ++hop;
    }
    REQUIRE(share.hop == hop);
    REQUIRE_FALSE(graph.link(share.link).failed);
    REQUIRE(arriving.contains(graph.link(share.link).from));
    next[graph.link(share.link).to] += share.fraction;
  }
  REQUIRE(next.size() == 1);
  REQUIRE(next.begin()->first == to);
  REQUIRE(next.begin()->second == Approx(1));
}

}  // namespace

TEST_CASE("Every pair has a connected route whose shares add up at every hop") {
  const unsigned seed = GENERATE(range(0U, 30U));
  const auto cluster = test::random_cluster(seed);
  topology::Router router(cluster, seed);
  for (int from = 0; from < cluster.shape.endpoints(); ++from) {
    for (int to = 0; to < cluster.shape.endpoints(); ++to) {
      if (from != to) require_valid(cluster.graph, router.route(0, from, to), from, to);
    }
  }
}

TEST_CASE("Every pair of chips of every cluster that is shipped has a route") {
  for (const auto& file : test::shipped_files("topologies")) {
    INFO(file);
    const auto cluster = test::shipped_cluster(file.stem().string());
    std::vector<int> planes(cluster.planes.size());
    std::iota(planes.begin(), planes.end(), 0);
    topology::Router router(cluster, 7);
    const int n = cluster.shape.endpoints();
    const int step = std::max(1, n / 61);  // of thousands of endpoints about sixty; a step that divides no rack or rail
    for (int from = 0; from < n; from += step) {
      for (int to = 0; to < n; to += step + 1) {
        if (from == to) continue;
        const int plane = router.plane_for(planes, from, to);
        REQUIRE(plane != topology::no_plane);
        require_valid(cluster.graph, router.route(plane, from, to), from, to);
      }
    }
  }
}
