// CPUs and the like on the switches of a plane: flows begin and end there, and nothing passes through.
#include "support/clusters.hpp"
#include "support/networks.hpp"
#include "support/shipped.hpp"
#include "topology/max_flow.hpp"
#include "topology/router.hpp"

using namespace podsim;
using topology::Topology;

namespace {

const std::string wire = test::link("10 GB/s", "1 us");

// Two nodes of two endpoints, each endpoint on a switch of its own; a switch above joins all four.
std::string leaves(const std::string& attached) {
  return fmt::format(
      "  net: {{kind: fat_tree, spread: spray, endpoints_per_leaf: 1, uplinks: 1, link: {}, leaf_switch: {{name: s, ports: 4, power: 0 "
      "W}}, "
      "spine_switch: {}, {}}}\n",
      wire, test::any_switch, attached);
}

std::string error_of(const std::string& plane) {
  try {
    test::cluster(2, 2, plane);
  } catch (const std::exception& error) {
    const std::string message = error.what();
    return message.substr(message.find("planes.net"));
  }
  return "";
}

}  // namespace

TEST_CASE("A CPU of a CloudMatrix384 reaches dies and CPUs over all sub-planes in two hops within its node and four beyond") {
  const Topology cluster = test::shipped_cluster("cloudmatrix384");
  topology::Router router(cluster, 1);
  const int ub = *cluster.plane_named("ub");
  const int own = *cluster.end_named("cpu 3"), neighbour = *cluster.end_named("cpu 0"), far = *cluster.end_named("cpu 191");
  CHECK_FALSE(cluster.end_named("cpu 192"));
  CHECK_FALSE(cluster.end_named("768"));
  for (const auto& [from, to, hops] :
       {std::tuple(own, 0, 2), {0, own, 2}, {own, 767, 4}, {767, own, 4}, {own, neighbour, 2}, {own, far, 4}}) {
    CHECK(router.hops(ub, from, to) == hops);
    const topology::Route route = router.route(ub, from, to);
    double first = 0, last = 0;
    for (const topology::LinkShare& share : route.links) {
      const topology::Link& link = cluster.graph.link(share.link);
      if (link.from == from) first += share.fraction;
      if (link.to == to) last += share.fraction;
      const bool at_device = (share.hop == 0 && from >= 768) || (share.hop == hops - 1 && to >= 768);  // dies come first
      CHECK(cluster.graph.reaches_device(share.link) == at_device);
    }
    CHECK(route.links.back().hop == hops - 1);
    CHECK(first == Approx(1));
    CHECK(last == Approx(1));
    CHECK(route.latency.value() == Approx(hops * 375e-9));
  }
  CHECK(router.hops(*cluster.plane_named("rdma"), own, 0) == -1);
}

TEST_CASE("No route passes through a device, and none counts as a way across a cut") {
  // From switch to switch of a node it is two hops over its CPU, and two over the switch above.
  const Topology cluster = test::cluster(2, 2, leaves("attached: {cpu: {per_node: 1, links: 2, link: " + wire + "}}"));
  topology::Router router(cluster, 1);
  for (int from = 0; from < 4; ++from) {
    for (int to = 0; to < 4; ++to) {
      for (const topology::LinkShare& share : router.route(0, from, to).links) CHECK_FALSE(cluster.graph.reaches_device(share.link));
    }
  }
  const int sides[] = {0, 0, 1, 1};
  CHECK(topology::max_flow(cluster.graph, 0, sides).value() == Approx(20e9));
  // Between the endpoints of each node the trunks are the only way, though its CPU is on both leaves.
  const Topology narrow = test::cluster(
      2, 2, leaves("trunk: " + test::link("4 GB/s", "1 us") + ", attached: {cpu: {per_node: 1, links: 2, link: " + wire + "}}"));
  const int across[] = {0, 1, 0, 1};
  CHECK(topology::max_flow(narrow.graph, 0, across).value() == Approx(2 * 4e9));
  CHECK(topology::find_symmetry(cluster.graph, 0).endpoint_classes(4).size() == 1);
}

TEST_CASE("Devices hang on their node's switches in turn, and take their ports") {
  const Topology cluster = test::cluster(2, 2, leaves("attached: {cpu: {per_node: 2, links: 1, link: " + wire + "}}"));
  topology::Router router(cluster, 1);
  const int plane = 0;
  CHECK(router.hops(plane, *cluster.end_named("cpu 0"), 0) == 2);  // on the switch of the first endpoint
  CHECK(router.hops(plane, *cluster.end_named("cpu 0"), 1) > 2);
  CHECK(router.hops(plane, *cluster.end_named("cpu 1"), 1) == 2);
  CHECK(router.hops(plane, *cluster.end_named("cpu 2"), 2) == 2);  // of the second node
  REQUIRE(cluster.planes[0].attached.size() == 1);
  CHECK(cluster.planes[0].attached[0].count == 4);
  CHECK(error_of(leaves("attached: {cpu: {per_node: 8, links: 1, link: " + wire + "}}")) ==
        "planes.net: a leaf switch would need 6 ports and has 4");
}

TEST_CASE("Where devices cannot hang is said in one line") {
  const std::string cpu = "attached: {cpu: {per_node: 1, links: 1, link: " + wire + "}}";
  CHECK(error_of("  net: {kind: full_mesh, link: " + wire + ", " + cpu + "}\n") == "planes.net: has no switch on which a cpu could hang");
  CHECK(error_of(leaves(cpu + ", failed: {switches: [cpu 0]}")) == "planes.net.failed.switches.0: is a cpu, not a switch");
}
