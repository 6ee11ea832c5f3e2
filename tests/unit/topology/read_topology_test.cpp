// Cluster files: what they may leave out, and how their mistakes are answered.
#include "support/shipped.hpp"

using namespace podsim;
using topology::Topology;

namespace {

// A cluster of two nodes of four; the net starts at line 6.
std::string text_with(const std::string& net) {
  return "name: test\nchip: h100-sxm\nnodes: 2\npackages_per_node: 4\nnode_power: 1 kW\nplanes:\n  net: {" + net + "}\n";
}
const std::string wire = "link: {name: l, bandwidth: 1 GB/s, latency: 1 us}";
std::string ports(int count) { return fmt::format("{{name: s, ports: {}, power: 1 W}}", count); }

std::string error_of(const std::string& text) {
  return test::Yaml(text).error_of([](config::Node node) { topology::read_topology(std::move(node), app::topology_kinds()); });
}
std::string net_error(const std::string& net) { return error_of(text_with(net)); }

std::string shipped_error(const std::string& cluster) {
  return test::Yaml("cluster: " + cluster + "\n").error_of([](config::Node node) {
    topology::read_topology(node.reference("cluster", "topologies"), app::topology_kinds());
  });
}

}  // namespace

TEST_CASE("What a cluster file leaves out has a default") {
  test::Yaml yaml(text_with("kind: full_mesh, " + wire));
  const Topology cluster = topology::read_topology(yaml.root(), app::topology_kinds());
  CHECK(cluster.name == "test");
  CHECK(cluster.chip.name == "H100 SXM5");
  CHECK(cluster.shape.racks() == 1);
  CHECK_FALSE(cluster.price.has_value());
  CHECK(cluster.planes.at(0).spread == topology::Spread::ecmp);
  CHECK(cluster.planes.at(0).links == 8 * 7 / 2);  // within the cluster
}

TEST_CASE("Planes keep their names and their order in the file") {
  test::Yaml yaml(text_with("kind: full_mesh, " + wire) + "  second: {kind: full_mesh, spread: spray, within: node, " + wire + "}\n");
  const Topology cluster = topology::read_topology(yaml.root(), app::topology_kinds());
  CHECK(cluster.plane_named("net") == 0);
  CHECK(cluster.plane_named("second") == 1);
  CHECK_FALSE(cluster.plane_named("third").has_value());
  CHECK(cluster.planes[1].spread == topology::Spread::spray);
}

TEST_CASE("An unknown kind, scope or spread is answered with the words there are") {
  CHECK(net_error("kind: full_msh, " + wire) ==
        "test.yaml:7: planes.net.kind: \"full_msh\" is not one of full_mesh, single_switch, fat_tree, rail_optimised, torus, nd_full_mesh, "
        "dragonfly, explicit, file; did you mean \"full_mesh\"?");
  CHECK(net_error("kind: full_mesh, within: rock, " + wire) ==
        "test.yaml:7: planes.net.within: \"rock\" is not one of package, node, rack, cluster; did you mean \"rack\"?");
  CHECK(net_error("kind: full_mesh, spread: hash, " + wire) == "test.yaml:7: planes.net.spread: \"hash\" is not one of ecmp, spray");
}

TEST_CASE("A key of another kind is refused") {
  CHECK(net_error("kind: full_mesh, links_to_switch: [1], " + wire) ==
        "test.yaml:7: planes.net.links_to_switch: unknown key \"links_to_switch\" (allowed: attached, carries, endpoint_ports, "
        "failed, forward_over, kind, link, links_per_pair, routing, spread, within)");
}

TEST_CASE("A switch with more cables than ports is refused") {
  CHECK(net_error("kind: single_switch, links_to_switch: [2], switch: " + ports(15) + ", " + wire) ==
        "test.yaml:7: planes.net: a switch switch would need 16 ports and has 15");
  CHECK(net_error("kind: single_switch, links_to_switch: [2], switch: " + ports(16) + ", " + wire).empty());
  CHECK(net_error("kind: fat_tree, endpoints_per_leaf: 4, leaf_switch: " + ports(7) + ", spine_switch: " + ports(8) + ", " + wire) ==
        "test.yaml:7: planes.net: a leaf switch would need 8 ports and has 7");
  CHECK(net_error("kind: fat_tree, endpoints_per_leaf: 4, spines: 1, leaf_switch: " + ports(8) + ", spine_switch: " + ports(7) + ", " +
                  wire) == "test.yaml:7: planes.net: a spine switch would need 8 ports and has 7");
  CHECK(net_error("kind: fat_tree, endpoints_per_leaf: 4, spines: 1, leaf_switch: " + ports(8) + ", " + wire).empty());
}

TEST_CASE("Ports are counted for every rack on its own") {
  const std::string rack = "kind: single_switch, within: node, links_to_switch: [1], switch: " + ports(4) + ", " + wire;
  CHECK(net_error(rack).empty());
}

TEST_CASE("Two tiers with more spines than a leaf has uplinks are refused") {
  // 2 leaves of 4 uplinks are 8 cables; with 1 port a spine that is 8 spines, and a leaf reaches 4.
  CHECK(net_error("kind: fat_tree, endpoints_per_leaf: 4, leaf_switch: " + ports(8) + ", spine_switch: " + ports(1) + ", " + wire) ==
        "test.yaml:7: planes.net: two tiers are too few: 2 leaves of 4 uplinks need 8 spines of 1 ports, more than a leaf can reach");
  CHECK_THAT(net_error("kind: rail_optimised, nodes_per_leaf: 1, uplinks: 1, spines: 2, leaf_switch: " + ports(7) + ", " + wire),
             Catch::StartsWith("test.yaml:7: planes.net: two tiers are too few: 8 leaves of 1 uplinks need 2 spines"));
}

TEST_CASE("A CloudMatrix384 of more than 48 nodes would need a third tier of switches") {
  CHECK(shipped_error("{use: cloudmatrix384, nodes: 48, nodes_per_rack: 48}").empty());
  CHECK_THAT(
      shipped_error("{use: cloudmatrix384, nodes: 51, nodes_per_rack: 51}"),
      Catch::Contains("cloudmatrix384.yaml:") && Catch::Contains("planes.ub: two tiers are too few: 51 leaves of 16 uplinks need 17"));
}

TEST_CASE("Links to switches are at least one, to at least one switch") {
  CHECK(net_error("kind: single_switch, links_to_switch: [1, 0], switch: " + ports(99) + ", " + wire) ==
        "test.yaml:7: planes.net.links_to_switch.1: must be at least 1");
  CHECK(net_error("kind: single_switch, links_to_switch: [], switch: " + ports(99) + ", " + wire) ==
        "test.yaml:7: planes.net.links_to_switch: must name at least one switch");
}

TEST_CASE("A cluster without planes, chip or shape is refused") {
  const std::string head = "name: test\nchip: h100-sxm\nnodes: 2\npackages_per_node: 4\nnode_power: 1 kW\n";
  CHECK(error_of(head + "planes: {}\n") == "test.yaml:6: planes: at least one plane must connect the chips");
  CHECK(error_of(head) == "test.yaml:1: the key \"planes\" is missing");
  CHECK(error_of("name: test\n") == "test.yaml:1: the key \"chip\" is missing");
  CHECK(error_of("name: test\nchip: h100-sxm\nnodes: 0\n") == "test.yaml:3: nodes: must lie between 1 and 1048576, not 0");
}

TEST_CASE("A chip, link or switch that does not exist is answered with those that do") {
  CHECK_THAT(error_of("name: test\nchip: h100\nnodes: 2\n"),
             Catch::StartsWith("test.yaml:2: chip: no chips named \"h100\"") && Catch::Contains("h100-sxm"));
  CHECK_THAT(net_error("kind: full_mesh, link: nvlink6"),
             Catch::StartsWith("test.yaml:7: planes.net.link: no links named \"nvlink6\"; did you mean \"nvlink3\"?"));
  CHECK_THAT(shipped_error("clodmatrix384"),
             Catch::StartsWith("test.yaml:1: cluster: no topologies named \"clodmatrix384\"; did you mean \"cloudmatrix384\"?"));
}
