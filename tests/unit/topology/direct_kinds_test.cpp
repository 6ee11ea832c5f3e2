// Networks without switches on small clusters: torus, n-dimensional full mesh, dragonfly.
#include "support/clusters.hpp"
#include "support/distances.hpp"

using namespace podsim;
using test::cluster;
using topology::Topology;

namespace {

const std::string wire = test::link("10 GB/s", "1 us");

Topology net(int endpoints, const std::string& keys) { return cluster(1, endpoints, fmt::format("  net: {{{}, link: {}}}\n", keys, wire)); }

int cables(const Topology& topology, int a, int b) {
  int count = 0;
  topology.graph.for_each_link(a, 0, [&](int, int neighbour) { count += neighbour == b; });
  return count;
}

int degree(const Topology& topology, int a) {
  int count = 0;
  topology.graph.for_each_link(a, 0, [&](int, int) { ++count; });
  return count;
}

// What reading this plane over 8 endpoints says.
std::string error_of(const std::string& keys) {
  return test::Yaml(
             fmt::format("name: t\nchip: h100-sxm\nnodes: 1\npackages_per_node: 8\nnode_power: 1 kW\nplanes:\n  net: {{{}}}\n", keys))
      .error_of([](config::Node node) { topology::read_topology(std::move(node), app::topology_kinds()); });
}

}  // namespace

TEST_CASE("A torus has as many links as endpoints in every dimension longer than two") {
  const Topology torus = net(60, "kind: torus, dimensions: [3, 4, 5]");
  CHECK(torus.planes[0].switches == 0);
  CHECK(torus.planes[0].links == 3 * 60);
  for (int e = 0; e < 60; ++e) CHECK(degree(torus, e) == 6);
  CHECK(cables(torus, 0, 1) == 1);   // first dimension
  CHECK(cables(torus, 0, 2) == 1);   // around it
  CHECK(cables(torus, 0, 3) == 1);   // second
  CHECK(cables(torus, 0, 12) == 1);  // third
  CHECK(cables(torus, 0, 4) == 0);
  CHECK(test::diameter(torus, 0) == 3 / 2 + 4 / 2 + 5 / 2);
}

TEST_CASE("The two ends of a line of two are neighbours once") {
  const Topology torus = net(8, "kind: torus, dimensions: [2, 4]");
  CHECK(torus.planes[0].links == 4 + 8);
  CHECK(cables(torus, 0, 1) == 1);
}

TEST_CASE("A torus without wrap is a mesh, and each dimension may have its own cables") {
  const Topology mesh = net(12, "kind: torus, dimensions: [4, 3], wrap: false");
  CHECK(mesh.planes[0].links == 3 * 3 + 4 * 2);
  CHECK(test::diameter(mesh, 0) == 3 + 2);
  const Topology mixed = net(
      12, "kind: torus, dimensions: [{size: 4, links_per_pair: 2}, {size: 3, wrap: false, link: " + test::link("5 GB/s", "2 us") + "}]");
  CHECK(mixed.planes[0].links == 2 * 12 + 4 * 2);
  CHECK(cables(mixed, 3, 0) == 2);
  CHECK(cables(mixed, 8, 0) == 0);
  mixed.graph.for_each_link(0, 0, [&](int link, int to) { CHECK(mixed.graph.link(link).bandwidth == ByteRate(to == 4 ? 5e9 : 10e9)); });
}

TEST_CASE("A torus cut across its longest dimension cuts two links a line") {
  const Topology torus = net(4 * 6, "kind: torus, dimensions: [4, 6]");
  CHECK(test::cut(torus, 0, [](int e) { return e / 4 < 3; }) == 2 * 4);
}

TEST_CASE("An n-dimensional full mesh joins all that differ in one coordinate, and its diameter is its dimensions") {
  const Topology mesh = net(4 * 3 * 2, "kind: nd_full_mesh, dimensions: [4, 3, 2]");
  CHECK(mesh.planes[0].links == 24 * (3 + 2 + 1) / 2);
  for (int e = 0; e < 24; ++e) CHECK(degree(mesh, e) == 3 + 2 + 1);
  CHECK(test::diameter(mesh, 0) == 3);
  CHECK(cables(mesh, 0, 3) == 1);
  CHECK(cables(mesh, 0, 8) == 1);
  CHECK(cables(mesh, 0, 5) == 0);
}

TEST_CASE("A dragonfly joins every two groups and deals the cables to the endpoints evenly") {
  // 5 groups of 4: 4 cables leave a group, one from each endpoint.
  const Topology fly = net(20, "kind: dragonfly, levels: [{size: 4}, {}]");
  CHECK(fly.planes[0].links == 5 * 6 + 5 * 4 / 2);
  for (int e = 0; e < 20; ++e) CHECK(degree(fly, e) == 3 + 1);
  CHECK(test::diameter(fly, 0) == 3);
  for (int a = 0; a < 5; ++a) {
    for (int b = 0; b < a; ++b) {
      int joined = 0;
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) joined += cables(fly, 4 * a + i, 4 * b + j);
      }
      CHECK(joined == 1);
    }
  }
}

TEST_CASE("Groups of a dragonfly may form groups again, joined more than once") {
  // 3 groups of 2, joined twice: each endpoint has 2 cables; 7 of those, each endpoint 1 more.
  const Topology fly = net(42, "kind: dragonfly, levels: [{size: 2}, {size: 3, links_per_pair: 2}, {size: 7}]");
  CHECK(fly.planes[0].links == 7 * (3 * 1 + 3 * 2) + 7 * 6 / 2);
  for (int e = 0; e < 42; ++e) CHECK(degree(fly, e) == 1 + 2 + 1);
}

TEST_CASE("Dimensions and levels that do not make the plane's endpoints are refused") {
  const std::string link = ", link: " + wire;
  CHECK(error_of("kind: torus, dimensions: [2, 3]" + link) ==
        "test.yaml:7: planes.net: the dimensions 2 x 3 have 6 points, the plane has 8 endpoints");
  CHECK(error_of("kind: nd_full_mesh, dimensions: [1000000, 1000000]" + link) ==
        "test.yaml:7: planes.net: the dimensions 1000000 x 1000000 have 1000000000000 points, the plane has 8 endpoints");
  CHECK(error_of("kind: torus, dimensions: [8, 0]" + link) ==
        "test.yaml:7: planes.net.dimensions.1: must lie between 1 and 1048576, not 0");
  CHECK(error_of("kind: torus, dimensions: []" + link) == "test.yaml:7: planes.net.dimensions: must have at least one");
  CHECK(error_of("kind: dragonfly, levels: [{size: 3}, {}]" + link) ==
        "test.yaml:7: planes.net: 8 endpoints cannot be divided into groups of 3");
  CHECK(error_of("kind: dragonfly, levels: [{size: 2}, {size: 3}]" + link) ==
        "test.yaml:7: planes.net: 8 endpoints cannot be divided into groups of 2 x 3");
  CHECK(error_of("kind: dragonfly, levels: [{size: 2}, {size: 2}]" + link) ==
        "test.yaml:7: planes.net: the levels have 4 endpoints, the plane has 8");
  CHECK(error_of("kind: dragonfly, levels: [{}, {size: 2}]" + link) == "test.yaml:7: planes.net.levels.0: the key \"size\" is missing");
}

TEST_CASE("A dimension or level without a link is refused, and so is wrap in a full mesh") {
  CHECK(error_of("kind: torus, dimensions: [8]") == "test.yaml:7: planes.net.dimensions.0: has no link, neither here nor in the plane");
  CHECK(error_of("kind: dragonfly, levels: [{size: 8}]") == "test.yaml:7: planes.net.levels.0: has no link, neither here nor in the plane");
  CHECK_THAT(error_of("kind: nd_full_mesh, dimensions: [8], wrap: true, link: " + wire), Catch::Contains("unknown key \"wrap\""));
}

TEST_CASE("A rate that is not positive is refused") {
  CHECK_THAT(error_of("kind: torus, dimensions: [8], link: " + test::link("0 GB/s", "1 us")),
             Catch::StartsWith("test.yaml:7: planes.net.link.bandwidth: must lie between"));
}

TEST_CASE("An endpoint with more cables than ports is refused") {
  CHECK(error_of("kind: nd_full_mesh, dimensions: [4, 2], endpoint_ports: 3, link: " + wire) ==
        "test.yaml:7: planes.net: an endpoint would need 4 ports and has 3");
  CHECK(error_of("kind: nd_full_mesh, dimensions: [4, 2], endpoint_ports: 4, link: " + wire).empty());
}
