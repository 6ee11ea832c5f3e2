// Routing policies: dimension order, minimal, Valiant's detour, and forwarding over another plane (PXN).
#include <set>

#include "support/clusters.hpp"
#include "support/shipped.hpp"
#include "topology/router.hpp"

using namespace podsim;
using topology::Router;

namespace {

topology::Topology direct(int endpoints, const std::string& keys) {
  return test::cluster(1, endpoints, fmt::format("  net: {{{}, link: {}}}\n", keys, test::link("10 GB/s", "1 us")));
}

// Levels of the links of a hashed route, in order.
std::vector<int> levels(const topology::Topology& cluster, const topology::Route& route) {
  std::vector<int> levels;
  for (const auto& share : route.links) levels.push_back(cluster.graph.link(share.link).level);
  return levels;
}

// Two nodes of two GPUs; each rail has its own switch.
topology::Topology two_rails(const std::string& keys) {
  return test::cluster(2, 2,
                       fmt::format("  nvlink: {{kind: full_mesh, within: node, spread: spray, link: {0}}}\n"
                                   "  ib: {{kind: rail_optimised, rails_apart: true, nodes_per_leaf: 2, leaf_switch: {2}, link: {1}{3}}}\n",
                                   test::link("100 GB/s", "1 us"), test::link("10 GB/s", "3 us"), test::any_switch, keys));
}

}  // namespace

TEST_CASE("In dimension order a route finishes each dimension before the next, over as few links as any") {
  const std::string kind = GENERATE(as<std::string>{}, "kind: torus, dimensions: [4, 3, 5]", "kind: nd_full_mesh, dimensions: [4, 3, 5]");
  const std::string spread = GENERATE(as<std::string>{}, "ecmp", "spray");
  const auto ordered = direct(60, kind + ", routing: dimension_order, spread: " + spread);
  const auto any = direct(60, kind);
  Router router(ordered, 1), shortest(any, 1);
  for (int from = 0; from < 60; ++from) {
    for (int to = 0; to < 60; ++to) {
      const auto route = router.route(0, from, to);
      const auto way = levels(ordered, route);
      REQUIRE(std::is_sorted(way.begin(), way.end()));
      if (from != to) REQUIRE(route.links.back().hop + 1 == shortest.hops(0, from, to));
    }
  }
}

TEST_CASE("Minimal routes of a dragonfly cross one global cable, where shorter ways over two exist") {
  const std::string keys = "kind: dragonfly, levels: [{size: 4}, {size: 9, links_per_pair: 1}]";
  const auto minimal = direct(36, keys + ", routing: minimal");
  const auto shortest = direct(36, keys);
  Router router(minimal, 1), other(shortest, 1);
  bool shorter = false;
  for (int from = 0; from < 36; ++from) {
    for (int to = 0; to < 36; ++to) {
      const auto way = levels(minimal, router.route(0, from, to));
      REQUIRE(std::count(way.begin(), way.end(), 1) == (from / 4 == to / 4 ? 0 : 1));
      REQUIRE(way.size() <= 3);
      REQUIRE(router.hops(0, from, to) == static_cast<int>(way.size()));
      shorter = shorter || other.hops(0, from, to) < static_cast<int>(way.size());
    }
  }
  CHECK(shorter);
}

TEST_CASE("Valiant's detour takes the direct cable of two groups from one flow in as many as there are groups") {
  // All endpoints of group 0 send to group 1: minimal routing puts every flow on one cable, a random endpoint in between on one in
  // about nine, as many flows going out over each of the eight cables of the group as coming home over one to group 1.
  const std::string keys = "kind: dragonfly, levels: [{size: 8}, {size: 9}]";
  const auto busiest = [&](const std::string& routing) {
    const auto cluster = direct(72, keys + ", routing: " + routing);
    std::vector<double> load(static_cast<std::size_t>(cluster.graph.link_count()));
    const std::vector<int> sources = {0, 1, 2, 3, 4, 5, 6, 7};
    const std::vector<double> bytes(8, 1.0);
    const int seeds = 50;
    for (int seed = 0; seed < seeds; ++seed) {
      Router router(cluster, static_cast<std::uint64_t>(seed));
      for (int to = 8; to < 16; ++to) router.add_load(0, to, sources, bytes, load);
    }
    double most = 0;
    for (int id = 0; id < cluster.graph.link_count(); ++id) {
      if (cluster.graph.link(id).level == 1) most = std::max(most, load[static_cast<std::size_t>(id)] / seeds);
    }
    return most;
  };
  CHECK(busiest("minimal") == Approx(64));
  CHECK(busiest("valiant") < 64.0 / 9 * 2 * 1.5);  // out and home share a cable when the detour ends in group 0 or 1
}

TEST_CASE("A Valiant route is two minimal ways by way of an endpoint that the seed draws") {
  const auto cluster = direct(72, "kind: dragonfly, levels: [{size: 8}, {size: 9}], routing: valiant");
  std::set<int> between;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Router router(cluster, seed);
    const auto legs = router.legs(0, 3, 60);
    REQUIRE_FALSE(legs.empty());
    CHECK(legs[0].from == 3);
    CHECK(legs.back().to == 60);
    if (legs.size() == 2) CHECK(legs[0].to == legs[1].from);
    between.insert(legs[0].to);
    const auto route = router.route(0, 3, 60);
    for (std::size_t i = 0; i + 1 < route.links.size(); ++i) {
      REQUIRE(cluster.graph.link(route.links[i].link).to == cluster.graph.link(route.links[i + 1].link).from);
    }
  }
  CHECK(between.size() > 20);
}

TEST_CASE("Rails that do not meet are joined over NVLink to the neighbour on the destination's rail") {
  const auto apart = two_rails(""), joined = two_rails(", forward_over: nvlink");
  Router without(apart, 1), router(joined, 1);
  const std::vector<int> ib = {1};
  CHECK(without.plane_for(ib, 0, 3) == topology::no_plane);
  CHECK(router.plane_for(ib, 0, 3) == 1);
  const auto legs = router.legs(1, 0, 3);
  REQUIRE(legs.size() == 2);
  CHECK(legs[0].to == 1);
  CHECK(router.legs(1, 0, 2).size() == 1);  // one rail
  CHECK(router.hops(1, 0, 3) == 1 + 2);
  CHECK(router.route(1, 0, 3).latency.value() == Approx(1e-6 + 2 * 3e-6));
  CHECK(router.route(1, 0, 3).latency.value() == Approx(1e-6 + 2 * 3e-6));
  const auto inside = router.legs(1, 0, 1);
  REQUIRE(inside.size() == 1);
  CHECK(inside[0].plane == 0);
}

TEST_CASE("Forwarded flows load the cable of the neighbour and the link to it") {
  const auto cluster = two_rails(", forward_over: nvlink");
  Router router(cluster, 1);
  const std::vector<int> sources = {0, 1}, ib = {1};
  const std::vector<double> bytes = {5, 7};
  std::vector<double> load(static_cast<std::size_t>(cluster.graph.link_count()));
  for (const auto& inflow : router.inflow(ib, 3, sources, bytes)) {
    for (const auto& run : inflow.loads) {
      for (int i = 0; i < run.count; ++i) load[static_cast<std::size_t>(run.first + i * run.stride)] += run.bytes;
    }
  }
  double scale_up = 0, from_neighbour = 0, from_source = 0;
  for (int id = 0; id < cluster.graph.link_count(); ++id) {
    const auto& link = cluster.graph.link(id);
    const double amount = load[static_cast<std::size_t>(id)];
    if (link.plane == 0) scale_up += amount;
    if (link.plane == 1 && link.from == 1) from_neighbour += amount;
    if (link.plane == 1 && link.from == 0) from_source += amount;
  }
  CHECK(scale_up == 5);
  CHECK(from_neighbour == 12);
  CHECK(from_source == 0);
}

TEST_CASE("A routing that the network cannot have is refused with its line") {
  const auto error = [](const std::string& keys) {
    test::Yaml yaml(
        fmt::format("name: t\nchip: h100-sxm\nnodes: 1\npackages_per_node: 8\nnode_power: 1 kW\nplanes:\n  net:\n    link: {}\n    {}\n",
                    test::link("10 GB/s", "1 us"), keys));
    return yaml.error_of([](config::Node node) { topology::read_topology(std::move(node), app::topology_kinds()); });
  };
  CHECK(error("kind: full_mesh\n    routing: dimension_order") ==
        "test.yaml:10: planes.net.routing: dimension_order needs a grid of two dimensions or more");
  CHECK(error("kind: full_mesh\n    routing: minimal") ==
        "test.yaml:10: planes.net.routing: minimal needs a dragonfly of two levels or more");
  CHECK(error("kind: full_mesh\n    routing: ecmp") ==
        "test.yaml:10: planes.net.routing: \"ecmp\" is not one of shortest, dimension_order, minimal, valiant");
  CHECK(error("kind: full_mesh\n    carries: [kv, experts]") ==
        "test.yaml:10: planes.net.carries.1: \"experts\" is no class of traffic; did you mean \"expert\"? (classes: tensor, expert, kv, "
        "cache, "
        "weights, management, storage)");
}
