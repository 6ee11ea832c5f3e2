// What `podsim topology` prints, against closed forms.
#include "topology/statistics.hpp"
#include "support/clusters.hpp"

using namespace podsim;

namespace {

topology::PlaneStatistics statistics(int nodes, int packages, const std::string& keys) {
  const auto cluster = test::cluster(
      nodes, packages, fmt::format("  net: {{{}, link: {{name: l, bandwidth: 10 GB/s, latency: 1 us, power: 2 W}}}}\n", keys));
  topology::Router router(cluster, 1);
  return topology::plane_statistics(router, 0);
}
const std::string chip = "{name: s, ports: 64, power: 50 W}";

}  // namespace

TEST_CASE("A clique of n cuts into (n/2)^2 links and is one hop wide") {
  const auto s = statistics(1, 8, "kind: full_mesh");
  CHECK(s.diameter == 1);
  CHECK(s.bisection == ByteRate(4 * 4 * 10e9));
  CHECK(s.injection == ByteRate(8 * 7 * 10e9));
  CHECK(s.switches.empty());
  CHECK(s.oversubscription.empty());
}

TEST_CASE("Under one switch half of the endpoints reach the other half at line rate") {
  const auto s = statistics(1, 8, "kind: single_switch, links_to_switch: [3, 1], switch: " + chip);
  CHECK(s.diameter == 2);
  CHECK(s.bisection == ByteRate(4 * 4 * 10e9));
  CHECK(s.link_power == Watts(8 * 4 * 2));
  CHECK(s.switch_power == Watts(2 * 50));
}

TEST_CASE("A fat tree with half the uplinks is oversubscribed two to one, and so is its bisection") {
  const auto s = statistics(1, 32, "kind: fat_tree, endpoints_per_leaf: 8, uplinks: 4, spines: 2, leaf_switch: " + chip);
  CHECK(s.diameter == 4);
  REQUIRE(s.oversubscription.size() == 1);
  CHECK(s.oversubscription[0].role == "leaf");
  CHECK(s.oversubscription[0].oversubscription == Approx(2));
  CHECK(s.bisection == ByteRate(2 * 4 * 10e9));
  REQUIRE(s.links.size() == 2);
  CHECK(s.links[1].lower == "leaf");
  CHECK(s.links[1].upper == "spine");
  CHECK(s.links[1].count == 4 * 4);
}

TEST_CASE("Where a node passes on as one router, a dragonfly is as wide as its nodes and a link at each end") {
  const auto two = statistics(5, 4, "kind: dragonfly, routing: minimal, levels: [{size: 4}, {size: 5}]");
  CHECK(two.router_diameter == 1 + 2);
  const auto three = statistics(15, 2, "kind: dragonfly, routing: minimal, levels: [{size: 2}, {size: 3}, {size: 5}]");
  CHECK(three.router_diameter == 3 + 2);
  CHECK(three.diameter > 5);
  CHECK_FALSE(statistics(1, 8, "kind: full_mesh").router_diameter);
}

TEST_CASE("A plane within the node is an island a node") {
  const auto s = statistics(3, 4, "kind: full_mesh, within: node");
  CHECK(s.islands == 3);
  CHECK(s.island_endpoints == 4);
  CHECK(s.bisection == ByteRate(2 * 2 * 10e9));
}
