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

TEST_CASE("A leaf that is not full has uplinks in proportion, and one to each spine at least") {
  const std::string ports = GENERATE("1024", "6");
  const Topology tree = net(1, 7, "kind: fat_tree, endpoints_per_leaf: 3, leaf_switch: {name: s, power: 0 W, ports: " + ports + "}");
  // 3 + 3 + 1 uplinks, which one spine of 1,024 ports carries; of 6 ports two do, and the last leaf has a cable to both.
  const int spines = ports == "6" ? 2 : 1;
  CHECK(tree.planes[0].switches == 3 + spines);
  CHECK(tree.planes[0].links == 7 + 3 + 3 + spines);
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

TEST_CASE("A rail-optimised network has a leaf for each rail of each full unit, and none that endpoints do not need") {
  // 5 nodes of 3 rails on switches of 14 ports, 2 nodes a leaf: two full units, and one of a node whose leaf takes two rails.
  const Topology rails = net(5, 3, "kind: rail_optimised, nodes_per_leaf: 2, uplinks: 2, leaf_switch: {name: s, ports: 14, power: 0 W}");
  const int leaves = 3 + 3 + 2, uplinks = 6 * 2 + 2 + 1;
  CHECK(rails.planes[0].switches == leaves + 2);        // 15 uplinks on spines of 14 ports
  CHECK(rails.planes[0].links == 5 * 3 + uplinks + 1);  // the last leaf has one endpoint and reaches both spines
  int leaf_of[15] = {};
  for (int e = 0; e < 15; ++e) rails.graph.for_each_link(e, 0, [&](int, int leaf) { leaf_of[e] = leaf; });
  for (int a = 0; a < 15; ++a) {
    for (int b = 0; b < 15; ++b) {
      const bool same_rail = a >= 12 ? a % 3 / 2 == b % 3 / 2 : a % 3 == b % 3;
      CHECK((leaf_of[a] == leaf_of[b]) == (a / 6 == b / 6 && same_rail));
    }
  }
}

TEST_CASE("Rails that fit one switch share it, and a node more takes leaves and spines") {
  const std::string keys = "kind: rail_optimised, nodes_per_leaf: 8, leaf_switch: {name: s, ports: 16, power: 0 W}";
  const Topology fits = net(4, 4, keys);
  CHECK(fits.planes[0].switches == 1);
  CHECK(fits.planes[0].links == 16);
  const Topology more = net(5, 4, keys);  // a rail of 5 nodes fills no more than a leaf of 8; 20 uplinks are two spines of 16 ports
  CHECK(more.planes[0].switches == 4 + 2);
  CHECK(more.planes[0].links == 20 + 20);
}

TEST_CASE("A rail-optimised network is non-blocking and has the fewest switches at every number of nodes") {
  const int nodes = GENERATE(range(1, 33)), rails = 8, ports = 64, unit = 32;
  const Topology cluster =
      test::cluster(nodes, rails,
                    "  net: {kind: rail_optimised, nodes_per_leaf: 32, leaf_switch: {name: s, ports: 64, power: 0 W},\n"
                    "    link: " +
                        wire + "}\n");
  const auto up = [](int a, int b) { return (a + b - 1) / b; };
  const int endpoints = nodes * rails;
  const bool one = endpoints <= ports;
  const int leaves = one ? 1 : up(rails, unit / nodes);
  CHECK(cluster.planes[0].switches == (one ? 1 : leaves + up(endpoints, ports)));
  CHECK(cluster.planes[0].links == (one ? endpoints : 2 * endpoints));
}

TEST_CASE("A pod that is not full has cables to the cores in proportion") {
  // Pods of two leaves of 2 and two spines of 2 uplinks: the fifth pair of endpoints is half a pod, one cable a spine.
  const Topology tree = net(1, 10,
                            "kind: fat_tree, endpoints_per_leaf: 2, leaves_per_pod: 2, leaf_switch: {name: s, ports: 4, power: 0 W}, "
                            "core_switch: {name: c, ports: 8, power: 0 W}");
  CHECK(tree.planes[0].switches == 5 + 6 + 2);
  CHECK(tree.planes[0].links == 10 + 10 + 2 * (2 + 2 + 1));
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
  const Topology apart =
      net(5, 2, "kind: rail_optimised, nodes_per_leaf: 2, rails_apart: true, leaf_switch: {name: s, ports: 4, power: 0 W}");
  CHECK(apart.planes[0].switches == 2 * (3 + 2));  // of a rail: leaves of 2, 2 and 1 nodes; 5 uplinks on spines of 4 ports
  CHECK(apart.planes[0].links == 2 * (5 + 6));     // the leaf of one node reaches both
}

TEST_CASE("A rail-optimised network may be built several times side by side") {
  const Topology twin = net(4, 2, "kind: rail_optimised, nodes_per_leaf: 2, sub_planes: 2, leaf_switch: {name: s, ports: 4, power: 0 W}");
  CHECK(twin.planes[0].switches == 2 * (4 + 2));
  CHECK(twin.planes[0].links == 2 * (8 + 8));
}
