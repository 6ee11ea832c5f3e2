// Deadlock: which routings need which virtual channels, and which can block.
#include "topology/credit_loops.hpp"
#include "support/clusters.hpp"

using namespace podsim;
using topology::CreditLoops;

namespace {

CreditLoops loops_of(const topology::Topology& cluster) {
  topology::Router router(cluster, 1);
  return topology::find_credit_loops(router, 0);
}

CreditLoops direct(int endpoints, const std::string& keys) {
  return loops_of(
      test::cluster(1, endpoints, fmt::format("  net: {{spread: spray, {}, link: {}}}\n", keys, test::link("10 GB/s", "1 us"))));
}

CreditLoops tree(const std::string& keys) {
  return loops_of(test::cluster(1, 12,
                                fmt::format("  net: {{kind: fat_tree, spread: spray, link: {}, leaf_switch: {}, {}}}\n",
                                            test::link("10 GB/s", "1 us"), test::any_switch, keys)));
}

}  // namespace

TEST_CASE("Up and down a tree nothing waits in a circle") {
  const CreditLoops loops = tree("endpoints_per_leaf: 3, uplinks: 3, spines: 3");
  CHECK(loops.loop.empty());
  CHECK(loops.virtual_channels == 1);
}

TEST_CASE("A mesh in dimension order needs one virtual channel, a torus two (Dally and Seitz 1987)") {
  const CreditLoops mesh = direct(60, "kind: torus, wrap: false, dimensions: [4, 3, 5], routing: dimension_order");
  CHECK(mesh.loop.empty());
  CHECK(mesh.virtual_channels == 1);
  const CreditLoops torus = direct(60, "kind: torus, dimensions: [4, 3, 5], routing: dimension_order");
  CHECK(torus.loop.empty());
  CHECK(torus.virtual_channels == 2);
  const CreditLoops full = direct(24, "kind: nd_full_mesh, dimensions: [4, 3, 2], routing: dimension_order");
  CHECK(full.loop.empty());
  CHECK(full.virtual_channels == 1);
}

TEST_CASE("A mesh where packets turn as they like can block, in a circle of links that follow each other") {
  const std::string keys = "kind: torus, wrap: false, dimensions: [4, 4]";
  const auto cluster = test::cluster(1, 16, fmt::format("  net: {{spread: spray, {}, link: {}}}\n", keys, test::link("10 GB/s", "1 us")));
  const CreditLoops loops = loops_of(cluster);
  REQUIRE(loops.loop.size() >= 4);
  for (std::size_t i = 0; i < loops.loop.size(); ++i) {
    CHECK(cluster.graph.link(loops.loop[i]).to == cluster.graph.link(loops.loop[(i + 1) % loops.loop.size()]).from);
  }
}

TEST_CASE("A dragonfly needs two virtual channels for minimal routes and twice as many for Valiant's (Kim et al. 2008)") {
  const std::string keys = "kind: dragonfly, levels: [{size: 4}, {size: 9}], routing: ";
  CHECK(direct(36, keys + "minimal").loop.empty());
  CHECK(direct(36, keys + "minimal").virtual_channels == 2);
  CHECK(direct(36, keys + "valiant").loop.empty());
  CHECK(direct(36, keys + "valiant").virtual_channels == 4);
}

TEST_CASE("A dragonfly of three levels needs four virtual channels on the innermost") {
  const CreditLoops loops = direct(90, "kind: dragonfly, levels: [{size: 3}, {size: 5}, {size: 6}], routing: minimal");
  CHECK(loops.loop.empty());
  CHECK(loops.virtual_channels == 4);
}
