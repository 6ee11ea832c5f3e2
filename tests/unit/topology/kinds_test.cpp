// The kinds of plane on small clusters: how many switches and links, where they go, and what they draw.
#include <map>
#include <set>

#include "support/clusters.hpp"

using namespace podsim;
using test::any_switch;
using test::cluster;
using topology::Topology;

namespace {

const std::string wire = test::link("10 GB/s", "1 us");

// One plane "net" of this kind and keys.
Topology net(int nodes, int packages, const std::string& keys) {
  return cluster(nodes, packages, fmt::format("  net: {{{}, link: {}}}\n", keys, wire));
}

// How many cables lie between two vertices.
int cables(const Topology& topology, int a, int b) {
  int count = 0;
  topology.graph.for_each_link(a, 0, [&](int, int neighbour) { count += neighbour == b; });
  return count;
}

}  // namespace

TEST_CASE("A full mesh of n has n(n-1)/2 links and no switch") {
  const int n = GENERATE(1, 2, 5, 8);
  const Topology mesh = net(1, n, "kind: full_mesh");
  CHECK(mesh.planes[0].links == n * (n - 1) / 2);
  CHECK(mesh.planes[0].switches == 0);
  for (int a = 0; a < n; ++a) {
    for (int b = 0; b < n; ++b) CHECK(cables(mesh, a, b) == (a == b ? 0 : 1));
  }
}

TEST_CASE("A full mesh may have several links a pair") {
  const Topology mesh = net(1, 4, "kind: full_mesh, links_per_pair: 3");
  CHECK(mesh.planes[0].links == 3 * 4 * 3 / 2);
  CHECK(cables(mesh, 3, 1) == 3);
}

TEST_CASE("A plane within the node is built once for every node") {
  const Topology mesh = net(3, 4, "kind: full_mesh, within: node");
  CHECK(mesh.planes[0].links == 3 * 4 * 3 / 2);
  CHECK(cables(mesh, 0, 3) == 1);
  CHECK(cables(mesh, 3, 4) == 0);
}

TEST_CASE("A plane within the rack is built once for every rack, the last perhaps not full") {
  test::Yaml yaml(
      fmt::format("name: t\nchip: h100-sxm\nnodes: 5\nnodes_per_rack: 2\npackages_per_node: 2\nnode_power: 1 kW\n"
                  "planes: {{net: {{kind: full_mesh, within: rack, link: {}}}}}\n",
                  wire));
  const Topology mesh = topology::read_topology(yaml.root(), app::topology_kinds());
  CHECK(mesh.shape.racks() == 3);
  CHECK(mesh.planes[0].links == 2 * (4 * 3 / 2) + 2 * 1 / 2);
}

TEST_CASE("A plane within the package joins the dies of one package") {
  test::Yaml yaml(
      fmt::format("name: t\nchip: ascend-910c\nnodes: 2\npackages_per_node: 3\nnode_power: 1 kW\n"
                  "planes: {{net: {{kind: full_mesh, within: package, link: {}}}}}\n",
                  wire));
  const Topology mesh = topology::read_topology(yaml.root(), app::topology_kinds());
  CHECK(mesh.planes[0].links == 2 * 3);
  CHECK(cables(mesh, 0, 1) == 1);
  CHECK(cables(mesh, 1, 2) == 0);
}

TEST_CASE("Single switches stand side by side, each with its own number of links from every endpoint") {
  const Topology star = net(1, 6, "kind: single_switch, links_to_switch: [3, 1], switch: " + any_switch);
  CHECK(star.planes[0].switches == 2);
  CHECK(star.planes[0].links == 6 * (3 + 1));
  for (int endpoint = 0; endpoint < 6; ++endpoint) {
    CHECK(cables(star, endpoint, 6) == 3);
    CHECK(cables(star, endpoint, 7) == 1);
  }
}

TEST_CASE("A fat tree has a leaf for every group of neighbours and as few spines as their ports allow") {
  // 4 leaves of 3 endpoints with 3 uplinks each: 12 cables over spines of 6 ports.
  const Topology tree = net(1, 12, "kind: fat_tree, endpoints_per_leaf: 3, leaf_switch: {name: s, ports: 6, power: 0 W}");
  CHECK(tree.planes[0].switches == 4 + 12 / 6);
  CHECK(tree.planes[0].links == 12 + 12);
  for (int endpoint = 0; endpoint < 12; ++endpoint) {
    CHECK(cables(tree, endpoint, 12 + endpoint / 3) == 1);
    CHECK(tree.graph.vertex(12 + endpoint / 3).role == "leaf");
  }
  for (int leaf = 12; leaf < 16; ++leaf) {
    CHECK(tree.graph.vertex(16).role == "spine");
    CHECK(cables(tree, leaf, 16) + cables(tree, leaf, 17) == 3);
    CHECK(cables(tree, leaf, 16) >= 1);
    CHECK(cables(tree, leaf, 17) >= 1);
  }
}

TEST_CASE("A fat tree whose last leaf is not full has as many uplinks there as elsewhere") {
  const Topology tree = net(1, 7, "kind: fat_tree, endpoints_per_leaf: 3, leaf_switch: " + any_switch);
  CHECK(tree.planes[0].switches == 3 + 1);
  CHECK(tree.planes[0].links == 7 + 3 * 3);
}

TEST_CASE("A network with one leaf has no spine") {
  const std::string kind = GENERATE("fat_tree, endpoints_per_leaf: 4", "rail_optimised, nodes_per_leaf: 4");
  const Topology flat =
      net(kind.starts_with("fat") ? 1 : 4, kind.starts_with("fat") ? 4 : 1, "kind: " + kind + ", leaf_switch: " + any_switch);
  CHECK(flat.planes[0].switches == 1);
  CHECK(flat.planes[0].links == 4);
}

TEST_CASE("Uplinks, spines and sub-planes can be chosen") {
  const Topology tree =
      net(1, 8, "kind: fat_tree, endpoints_per_leaf: 4, uplinks: 2, spines: 2, sub_planes: 3, leaf_switch: " + any_switch);
  CHECK(tree.planes[0].switches == 3 * (2 + 2));
  CHECK(tree.planes[0].links == 3 * (8 + 2 * 2));
}

TEST_CASE("A rail-optimised network has a leaf for each rail of each unit") {
  const Topology rails = net(5, 3, "kind: rail_optimised, nodes_per_leaf: 2, uplinks: 2, leaf_switch: " + any_switch);
  const int units = 3;
  const int leaves = units * 3;
  CHECK(rails.planes[0].switches == leaves + 1);
  CHECK(rails.planes[0].links == 5 * 3 + leaves * 2);
  int leaf_of[15] = {};
  for (int e = 0; e < 15; ++e) rails.graph.for_each_link(e, 0, [&](int, int leaf) { leaf_of[e] = leaf; });
  for (int a = 0; a < 15; ++a) {
    for (int b = 0; b < 15; ++b) CHECK((leaf_of[a] == leaf_of[b]) == (a / 6 == b / 6 && a % 3 == b % 3));
  }
}

TEST_CASE("A plane draws what its switches and its cables draw") {
  const Topology tree = cluster(1, 8,
                                "  net: {kind: fat_tree, endpoints_per_leaf: 4, leaf_switch: {name: l, ports: 8, power: 100 W},\n"
                                "    spine_switch: {name: s, ports: 4, power: 300 W},\n"
                                "    link: {name: c, bandwidth: 1 GB/s, latency: 1 us, power: 2 W},\n"
                                "    trunk: {name: f, bandwidth: 1 GB/s, latency: 1 us, power: 5 W}}\n"
                                "  mesh: {kind: full_mesh, link: {name: m, bandwidth: 1 GB/s, latency: 1 us, power: 1 W}}\n");
  CHECK(tree.planes[0].power == Watts(2 * 100 + 2 * 300 + 8 * 2 + 8 * 5));
  CHECK(tree.planes[1].power == Watts(8 * 7 / 2));
  CHECK(tree.network_power() == tree.planes[0].power + tree.planes[1].power);
}

TEST_CASE("The tiers of a fat tree have the rate and latency of their own cables") {
  const Topology tree = cluster(1, 4,
                                fmt::format("  net: {{kind: fat_tree, endpoints_per_leaf: 2, leaf_switch: {}, link: {}, trunk: {}}}\n",
                                            any_switch, wire, test::link("40 GB/s", "3 us")));
  for (int id = 0; id < tree.graph.link_count(); ++id) {
    const auto& link = tree.graph.link(id);
    const bool access = link.from < 4 || link.to < 4;
    CHECK(link.bandwidth == ByteRate(access ? 10e9 : 40e9));
    CHECK(link.latency.value() == Approx(access ? 1e-6 : 3e-6));
  }
}

TEST_CASE("A fat tree takes a third tier only where two are too few") {
  // Leaves of 2 endpoints and 2 uplinks under switches of 4 ports: two tiers carry 4 leaves.
  const std::string keys = "kind: fat_tree, endpoints_per_leaf: 2, leaves_per_pod: 2, leaf_switch: {name: s, ports: 4, power: 0 W}";
  const Topology two = net(1, 8, keys);
  CHECK(two.planes[0].switches == 4 + 2);
  const Topology three = net(1, 16, keys);  // the fat tree of 4-port switches: 8 leaves, 8 spines, 4 cores
  CHECK(three.planes[0].switches == 8 + 8 + 4);
  CHECK(three.planes[0].links == 3 * 16);
  int cores = 0;
  for (int v = 16; v < three.graph.vertex_count(); ++v) cores += three.graph.vertex(v).role == "core";
  CHECK(cores == 4);
  CHECK_THROWS_WITH(net(1, 18, keys), Catch::Contains("three tiers are too few: 5 pods need 3 core switches a spine"));
}

TEST_CASE("Rails apart have spines of their own") {
  const Topology apart = net(4, 2, "kind: rail_optimised, nodes_per_leaf: 2, rails_apart: true, leaf_switch: " + any_switch);
  CHECK(apart.planes[0].switches == 4 + 2);
  CHECK(apart.planes[0].links == 8 + 8);
}

TEST_CASE("A rail-optimised network may be built several times side by side") {
  const Topology twin = net(4, 2, "kind: rail_optimised, nodes_per_leaf: 2, sub_planes: 2, leaf_switch: " + any_switch);
  CHECK(twin.planes[0].switches == 2 * (4 + 1));
  CHECK(twin.planes[0].links == 2 * (8 + 8));
}
