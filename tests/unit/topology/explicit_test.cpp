// Networks that a user lists switch by switch and cable by cable.
#include "support/clusters.hpp"
#include "support/distances.hpp"

using namespace podsim;
using topology::Topology;

namespace {

const std::string wire = test::link("10 GB/s", "1 us");

std::string text_with(const std::string& net) {
  return "name: t\nchip: h100-sxm\nnodes: 2\npackages_per_node: 4\nnode_power: 1 kW\nplanes:\n  net:\n    kind: explicit\n    link: " +
         wire + "\n" + net;
}
const std::string two_switches = "    switches: {a: " + test::any_switch + ", b: " + test::any_switch + "}\n";

Topology read(const std::string& net) {
  test::Yaml yaml(text_with(net));
  return topology::read_topology(yaml.root(), app::topology_kinds());
}
std::string error_of(const std::string& net) {
  return test::Yaml(text_with(net)).error_of([](config::Node node) { topology::read_topology(std::move(node), app::topology_kinds()); });
}

}  // namespace

TEST_CASE("A listed network has the switches and cables of the list") {
  const Topology own = read(two_switches + "    links: [{from: 0-3, to: a}, {from: 4-7, to: b, links: 2}, {from: a, to: b, link: " +
                            test::link("40 GB/s", "3 us") + "}]\n");
  CHECK(own.planes[0].switches == 2);
  CHECK(own.planes[0].links == 4 + 2 * 4 + 1);
  CHECK(own.graph.vertex(8).role == "a");
  topology::Router router(own, 1);
  CHECK(router.route(0, 0, 3).links.size() == 2);
  CHECK(router.route(0, 0, 4).links.size() == 3);
  CHECK(router.route(0, 0, 4).latency.value() == Approx(5e-6));
}

TEST_CASE("A list may do without switches, and is built once for every node it lies within") {
  const Topology ring = read("    within: node\n    links: [{from: 0, to: 1}, {from: 1, to: 2}, {from: 2, to: 3}, {from: 3, to: 0}]\n");
  CHECK(ring.planes[0].switches == 0);
  CHECK(ring.planes[0].links == 2 * 4);
}

TEST_CASE("A list with an end that does not exist is refused") {
  CHECK(error_of(two_switches + "    links:\n      - {from: 0-7, to: a}\n      - {from: b, to: c}\n") ==
        "test.yaml:13: planes.net.links.1.to: \"c\" is no endpoint (a number or a range such as 0-7) and no switch (there are: a, b)");
  CHECK_THAT(error_of("    switches: {leaf: " + test::any_switch + "}\n    links: [{from: 0, to: laef}]\n"),
             Catch::Contains("did you mean \"leaf\"?"));
  CHECK(error_of("    links: [{from: 0, to: s}]\n") ==
        "test.yaml:10: planes.net.links.0.to: \"s\" is no endpoint (a number or a range such as 0-7) and no switch (there are: none)");
  CHECK(error_of("    links:\n      - {from: 0, to: 8}\n") ==
        "test.yaml:11: planes.net.links.0: there is no endpoint 8 (the plane joins 8, counted from 0)");
}

TEST_CASE("A list that leaves an endpoint or a switch alone is refused") {
  CHECK(error_of("    links: [{from: 0, to: 1-6}]\n") == "test.yaml:8: planes.net: endpoint 7 has no path to endpoint 0");
  CHECK(error_of(two_switches + "    links: [{from: 0-7, to: a}]\n") == "test.yaml:8: planes.net: switch \"b\" has no path to endpoint 0");
}

TEST_CASE("A list with a cable to itself, two switches of one name, a switch named like an endpoint or too few ports is refused") {
  CHECK(error_of("    links: [{from: 0, to: 0}]\n") == "test.yaml:10: planes.net.links.0: joins something with itself");
  CHECK_THAT(error_of("    switches: {a: " + test::any_switch + ", a: " + test::any_switch + "}\n    links: []\n"),
             Catch::StartsWith("test.yaml:10: planes.net.switches.a: "));
  CHECK(error_of("    switches: {3: " + test::any_switch + "}\n    links: []\n") ==
        "test.yaml:10: planes.net.switches.3: a switch needs a name that is no number");
  CHECK(error_of("    switches: {a: {name: s, ports: 7, power: 0 W}}\n    links: [{from: 0-7, to: a}]\n") ==
        "test.yaml:8: planes.net: a a switch would need 8 ports and has 7");
}
