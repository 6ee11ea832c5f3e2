// Routes on random networks: every pair of every plane is joined by a chain of links.
#include <random>

#include "support/clusters.hpp"
#include "support/networks.hpp"
#include "topology/router.hpp"

using namespace podsim;

TEST_CASE("Every pair has a connected route whose shares add up at every hop") {
  const unsigned seed = GENERATE(range(0U, 30U));
  const auto cluster = test::random_cluster(seed);
  topology::Router router(cluster, seed);
  const auto& graph = cluster.graph;
  for (int from = 0; from < cluster.shape.endpoints(); ++from) {
    for (int to = 0; to < cluster.shape.endpoints(); ++to) {
      if (from == to) continue;
      const auto route = router.route(0, from, to);
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
        REQUIRE(arriving.contains(graph.link(share.link).from));
        next[graph.link(share.link).to] += share.fraction;
      }
      REQUIRE(next.size() == 1);
      CHECK(next.begin()->first == to);
      CHECK(next.begin()->second == Approx(1));
    }
  }
}
