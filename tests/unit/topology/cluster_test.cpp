// Clusters of several parts: what joins them, and what is refused.
#include "topology/cluster.hpp"

#include "support/clusters.hpp"
#include "topology/router.hpp"

using namespace podsim;
using namespace podsim::topology;

namespace {

// A part of `endpoints` H100 on one switch; a link to it takes 1 us.
std::string part(int endpoints, const std::string& bandwidth, const std::string& more = "") {
  return fmt::format(
      "{{name: star, chip: h100-sxm, nodes: 1, packages_per_node: {}, node_power: 1 kW, planes: {{net: {{kind: single_switch, link: {}, "
      "switch: {}, links_to_switch: [1]{}}}}}}}",
      endpoints, test::link(bandwidth, "1 us"), test::any_switch, more);
}

std::string joined(const std::string& planes, const std::string& more = "gateways: 2, links: 1", int ports = 8) {
  return fmt::format(
      "name: both\nparts:\n  left: {}\n  right: {}\njoin:\n  wide: {{planes: {}, {}, link: {}, switch: {{name: g, ports: {}, power: 100 "
      "W}}}}\n",
      part(4, "50 GB/s"), part(6, "25 GB/s"), planes, more, test::link("10 GB/s", "5 us"), ports);
}

Cluster read(const std::string& text) {
  test::Yaml yaml(text);
  return read_cluster(yaml.root(), app::topology_kinds());
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { read_cluster(std::move(node), app::topology_kinds()); });
}

}  // namespace

TEST_CASE("A cluster of one kind of hardware is its only part") {
  const Cluster cluster = read(part(4, "50 GB/s"));
  REQUIRE(cluster.parts.size() == 1);
  CHECK_FALSE(cluster.joined);
  CHECK(&cluster.whole() == &cluster.parts.front().topology);
}

TEST_CASE("Joined parts keep their endpoints and links, and gateways add theirs") {
  const Cluster cluster = read(joined("{left: net, right: net}"));
  REQUIRE(cluster.joined);
  CHECK(cluster.parts[1].first_endpoint == 4);
  CHECK(cluster.endpoints() == 4 + 6);
  const Topology& whole = cluster.whole();
  REQUIRE(whole.planes.size() == 1);
  CHECK(whole.planes[0].name == "wide");
  CHECK(whole.planes[0].switches == 1 + 1 + 2);
  CHECK(whole.planes[0].links == 4 + 6 + 2 * 2);  // each gateway has a cable to each part's switch
  CHECK(whole.planes[0].power == Watts(200));     // of the gateways; the parts' switches draw none
  CHECK(whole.graph.link_count() == 2 * whole.planes[0].links);
  Router router(whole, 1);
  CHECK(router.hops(0, 0, 3) == 2);
  CHECK(router.hops(0, 0, 4) == 4);  // switch, gateway, switch
  CHECK(router.route(0, 0, 4).latency.value() == Approx(1e-6 + 5e-6 + 5e-6 + 1e-6));
}

TEST_CASE("A plane that is not joined keeps its part's name and joins that part alone") {
  const std::string two_planes =
      "{name: t, chip: h100-sxm, nodes: 1, packages_per_node: 4, node_power: 1 kW, planes: {" +
      fmt::format("a: {{kind: single_switch, link: {0}, switch: {1}, links_to_switch: [1]}}, b: {{kind: full_mesh, link: {0}}}",
                  test::link("50 GB/s", "1 us"), test::any_switch) +
      "}}";
  const Cluster cluster = read(fmt::format(
      "name: both\nparts: {{x: {0}, y: {0}}}\njoin: {{wide: {{planes: {{x: a, y: a}}, gateways: 1, link: {1}, switch: {2}}}}}\n",
      two_planes, test::link("50 GB/s", "1 us"), test::any_switch));
  const Topology& whole = cluster.whole();
  REQUIRE(whole.plane_named("x.b"));
  REQUIRE(whole.plane_named("y.b"));
  Router router(whole, 1);
  CHECK(router.hops(*whole.plane_named("y.b"), 4, 7) == 1);
  CHECK(router.hops(*whole.plane_named("y.b"), 0, 3) < 0);
  CHECK(router.hops(*whole.plane_named("wide"), 0, 7) == 4);
}

TEST_CASE("What cannot be joined is refused with file, line and key") {
  CHECK(complaint(joined("{left: net, rigth: net}")) ==
        "test.yaml:6: join.wide.planes.rigth: no such part; did you mean \"right\"? (parts: left, right)");
  CHECK(complaint(joined("{left: nett, right: net}")) ==
        "test.yaml:6: join.wide.planes.left: \"nett\" is no plane of star; did you mean \"net\"? (planes: net)");
  CHECK(complaint(joined("{left: net}")) == "test.yaml:6: join.wide.planes: must name planes of two parts or more");
  CHECK(complaint(joined("{left: net, right: net}", "gateways: 1, links: 5")) ==
        "test.yaml:6: join.wide: a gateway would need 10 ports and has 8");
  CHECK(complaint(fmt::format("name: n\nparts:\n  left: {}\n  right: {}\njoin: {{}}\n", part(4, "50 GB/s"), part(2, "50 GB/s"))) ==
        "test.yaml:5: join: must join planes of the parts");
}

TEST_CASE("Planes that spread their traffic differently cannot be joined") {
  const std::string text = fmt::format(
      "name: n\nparts:\n  left: {}\n  right: {}\njoin: {{wide: {{planes: {{left: net, right: net}}, gateways: 1, link: {}, switch: "
      "{}}}}}\n",
      part(4, "50 GB/s", ", spread: spray"), part(2, "50 GB/s"), test::link("50 GB/s", "1 us"), test::any_switch);
  CHECK(complaint(text) == "test.yaml:5: join.wide.planes: must spread their traffic alike (all ecmp, or all spray)");
}
