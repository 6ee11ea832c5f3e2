// Routes: connected, of the right length, on one path or spread over all, and on the first plane that joins two endpoints.
#include "topology/router.hpp"

#include <set>

#include "support/clusters.hpp"
#include "support/shipped.hpp"

using namespace podsim;
using topology::Route;
using topology::Router;
using topology::Topology;

namespace {

const std::string wire = test::link("10 GB/s", "1 us"), trunk = test::link("10 GB/s", "0.25 us");

// A plane of three nodes of four, and how many links lie between two of its endpoints.
struct Kind {
  std::string keys;
  std::function<int(int from, int to)> hops;
};
const std::vector<Kind> kinds = {
    {"kind: full_mesh, links_per_pair: 2", [](int, int) { return 1; }},
    {"kind: single_switch, links_to_switch: [2, 1], switch: " + test::any_switch, [](int, int) { return 2; }},
    {"kind: fat_tree, endpoints_per_leaf: 3, spines: 2, sub_planes: 2, trunk: " + trunk + ", leaf_switch: " + test::any_switch,
     [](int from, int to) { return from / 3 == to / 3 ? 2 : 4; }},
    {"kind: rail_optimised, nodes_per_leaf: 2, spines: 2, trunk: " + trunk + ", leaf_switch: {name: s, ports: 8, power: 0 W}",
     [](int from, int to) {  // the third node is half a unit: two rails a leaf
       const bool same_leaf = from < 8 ? from % 4 == to % 4 : from % 4 / 2 == to % 4 / 2;
       return from / 8 == to / 8 && same_leaf ? 2 : 4;
     }},
};

Topology plane(const Kind& kind, const std::string& spread) {
  return test::cluster(3, 4, fmt::format("  net: {{spread: {}, link: {}, {}}}\n", spread, wire, kind.keys));
}

// Calls visit(from, to, route) for every pair of different endpoints.
template <class Visit>
void for_each_route(const Topology& cluster, Router& router, Visit visit) {
  for (int from = 0; from < cluster.shape.endpoints(); ++from) {
    for (int to = 0; to < cluster.shape.endpoints(); ++to) {
      if (from != to) visit(from, to, router.route(0, from, to));
    }
  }
}

// The links of all routes, pair after pair.
std::vector<int> all_links(const Topology& cluster, std::uint64_t seed) {
  Router router(cluster, seed);
  std::vector<int> links;
  for_each_route(cluster, router, [&](int, int, const Route& route) {
    for (const auto& share : route.links) links.push_back(share.link);
  });
  return links;
}

}  // namespace

TEST_CASE("A hashed route is one chain of links of the right length from its source to its destination") {
  const std::size_t k = GENERATE(0U, 1U, 2U, 3U);
  const Topology cluster = plane(kinds[k], "ecmp");
  Router router(cluster, 1);
  for_each_route(cluster, router, [&](int from, int to, const Route& route) {
    REQUIRE(static_cast<int>(route.links.size()) == kinds[k].hops(from, to));
    int at = from;
    for (std::size_t i = 0; i < route.links.size(); ++i) {
      const auto& link = cluster.graph.link(route.links[i].link);
      REQUIRE(route.links[i].hop == static_cast<int>(i));
      REQUIRE(route.links[i].fraction == 1.0);
      REQUIRE(link.from == at);
      at = link.to;
    }
    REQUIRE(at == to);
  });
}

TEST_CASE("A sprayed route has the right length, and each of its hops carries the whole flow") {
  const std::size_t k = GENERATE(0U, 1U, 2U, 3U);
  const Topology cluster = plane(kinds[k], "spray");
  Router router(cluster, 1);
  for_each_route(cluster, router, [&](int from, int to, const Route& route) {
    const int hops = kinds[k].hops(from, to);
    std::vector<double> carried(static_cast<std::size_t>(hops));
    std::map<int, double> balance;  // what leaves a vertex less what enters it
    for (const auto& share : route.links) {
      REQUIRE(share.hop < hops);
      carried[static_cast<std::size_t>(share.hop)] += share.fraction;
      balance[cluster.graph.link(share.link).from] += share.fraction;
      balance[cluster.graph.link(share.link).to] -= share.fraction;
    }
    for (const double sum : carried) REQUIRE(sum == Approx(1).epsilon(1e-12));
    for (const auto& [vertex, net] : balance) REQUIRE(net == Approx(vertex == from ? 1 : vertex == to ? -1 : 0).margin(1e-12));
  });
}

TEST_CASE("An endpoint reaches itself without a link") {
  for (const char* spread : {"ecmp", "spray"}) {
    const Topology cluster = plane(kinds[1], spread);
    Router router(cluster, 1);
    CHECK(router.route(0, 5, 5).links.empty());
    CHECK(router.route(0, 5, 5).latency == Seconds(0));
    CHECK(router.route(0, 5, 5).latency == Seconds(0));
  }
}

TEST_CASE("The hash depends on the seed and on nothing else") {
  const Topology cluster = plane(kinds[2], "ecmp");
  CHECK(all_links(cluster, 1) == all_links(cluster, 1));
  CHECK(all_links(cluster, 1) != all_links(cluster, 2));
  Router used(cluster, 1), fresh(cluster, 1);
  for (int to = 1; to < 12; ++to) used.route(0, 0, to);
  CHECK(used.route(0, 11, 0).links.back().link == fresh.route(0, 11, 0).links.back().link);
}

TEST_CASE("Sprayed routes do not depend on the seed") {
  const Topology cluster = plane(kinds[2], "spray");
  CHECK(all_links(cluster, 1) == all_links(cluster, 2));
}

TEST_CASE("The hash uses every switch about equally often") {
  const int endpoints = 32;
  const Topology cluster = test::cluster(
      1, endpoints,
      fmt::format("  net: {{kind: single_switch, links_to_switch: [1, 1, 1, 1], switch: {}, link: {}}}\n", test::any_switch, wire));
  Router router(cluster, 3);
  std::map<int, double> used;
  for_each_route(cluster, router, [&](int, int, const Route& route) { used[cluster.graph.link(route.links[0].link).to] += 1; });
  const double pairs = endpoints * (endpoints - 1), share = 1.0 / 4;
  CHECK(used.size() == 4);
  for (const auto& [chip, count] : used) CHECK(std::abs(count - pairs * share) < 5 * std::sqrt(pairs * share * (1 - share)));
}

TEST_CASE("An HGX node sends 5, 4, 4 and 5 parts of 18 over its switches") {
  const Topology cluster = test::shipped_cluster("hgx-h100");
  Router router(cluster, 1);
  std::map<int, double> up, down;  // by switch
  for (const auto& share : router.route(*cluster.plane_named("nvlink"), 2, 7).links) {
    const auto& link = cluster.graph.link(share.link);
    if (share.hop == 0) up[link.to] += share.fraction;
    if (share.hop == 1) down[link.from] += share.fraction;
  }
  std::vector<double> parts;
  for (const auto& [chip, fraction] : up) {
    parts.push_back(fraction);
    CHECK(down[chip] == Approx(fraction).epsilon(1e-12));
  }
  REQUIRE(parts.size() == 4);
  const double expected[] = {5.0 / 18, 4.0 / 18, 4.0 / 18, 5.0 / 18};
  for (std::size_t i = 0; i < 4; ++i) CHECK(parts[i] == Approx(expected[i]).epsilon(1e-12));
}

TEST_CASE("Between two CloudMatrix384 nodes a flow uses seven sub-planes and every L2 switch evenly") {
  const Topology cluster = test::shipped_cluster("cloudmatrix384");
  Router router(cluster, 1);
  std::map<int, std::set<double>> fractions;
  std::map<int, int> count;
  for (const auto& share : router.route(*cluster.plane_named("ub"), 3, 700).links) {
    fractions[share.hop].insert(share.fraction);
    ++count[share.hop];
  }
  CHECK(count == std::map<int, int>{{0, 7}, {1, 7 * 16}, {2, 7 * 16}, {3, 7}});
  for (const auto& [hop, values] : fractions) {
    for (const double value : values) CHECK(value == Approx(1.0 / count[hop]).epsilon(1e-12));
  }
  CHECK(router.route(*cluster.plane_named("ub"), 3, 15).links.size() == 2 * 7);  // of one node
}

TEST_CASE("The latency of a route is the sum over the links of one path") {
  const std::size_t k = GENERATE(0U, 1U, 2U, 3U);
  const std::string spread = GENERATE("ecmp", "spray");
  const Topology cluster = plane(kinds[k], spread);
  Router router(cluster, 1);
  for_each_route(cluster, router, [&](int from, int to, const Route& route) {
    const int hops = kinds[k].hops(from, to);
    const double expected = 1e-6 * std::min(hops, 2) + 0.25e-6 * (hops == 4 ? 2 : 0);  // cables at the ends, trunks between
    REQUIRE(route.latency.value() == Approx(expected).epsilon(1e-12));
    REQUIRE(router.route(0, from, to).latency.value() == Approx(expected).epsilon(1e-12));
  });
}

TEST_CASE("Traffic rides the first of its planes that joins the two ends") {
  const Topology cluster = test::cluster(
      2, 4, fmt::format("  mesh: {{kind: full_mesh, within: node, link: {0}}}\n  net: {{kind: full_mesh, link: {0}}}\n", wire));
  Router router(cluster, 1);
  const int mesh_first[] = {0, 1}, net_first[] = {1, 0}, mesh_only[] = {0};
  CHECK(router.plane_for(mesh_first, 0, 3) == 0);
  CHECK(router.plane_for(mesh_first, 0, 4) == 1);
  CHECK(router.plane_for(net_first, 0, 3) == 1);
  CHECK(router.plane_for(mesh_only, 0, 3) == 0);
  CHECK(router.plane_for(mesh_only, 3, 4) == topology::no_plane);
  CHECK(router.plane_for({}, 0, 3) == topology::no_plane);
}

TEST_CASE("A route stays on its plane") {
  const Topology cluster = test::shipped_cluster("hgx-h100");
  Router router(cluster, 1);
  for (const char* name : {"nvlink", "ib"}) {
    const int plane = *cluster.plane_named(name);
    for (const auto& share : router.route(plane, 0, 7).links) CHECK(cluster.graph.link(share.link).plane == plane);
  }
}

TEST_CASE("The load of several flows to one end is the sum of their routes") {
  const std::size_t k = GENERATE(0U, 1U, 2U, 3U);
  const std::string spread = GENERATE("ecmp", "spray");
  const Topology cluster = plane(kinds[k], spread);
  Router router(cluster, 9);
  for (int to = 0; to < cluster.shape.endpoints(); ++to) {
    std::vector<int> sources;
    std::vector<double> bytes;
    std::vector<double> load(static_cast<std::size_t>(cluster.graph.link_count()), 0.5), expected = load;  // adds to what is there
    for (int from = 0; from < cluster.shape.endpoints(); ++from) {
      sources.push_back(from);
      bytes.push_back(100 + from);
      for (const auto& share : router.route(0, from, to).links) {
        expected[static_cast<std::size_t>(share.link)] += bytes.back() * share.fraction;
      }
    }
    router.add_load(0, to, sources, bytes, load);
    for (std::size_t id = 0; id < load.size(); ++id) REQUIRE(load[id] == Approx(expected[id]).epsilon(1e-12));
  }
}

TEST_CASE("Hops are counted between endpoints that hang on a switch and those that do not") {
  const std::size_t k = GENERATE(0U, 1U, 2U, 3U);
  const Topology cluster = plane(kinds[k], "spray");
  Router router(cluster, 1);
  for (int from = 0; from < 12; ++from) {
    for (int to = 0; to < 12; ++to) REQUIRE(router.hops(0, from, to) == (from == to ? 0 : kinds[k].hops(from, to)));
  }
  const Topology apart = test::cluster(2, 2, "  net: {kind: full_mesh, within: node, link: " + wire + "}\n");
  Router none(apart, 1);
  CHECK(none.hops(0, 0, 1) == 1);
  CHECK(none.hops(0, 0, 2) == -1);
}

TEST_CASE("A kept inflow is the load of its routes, asked for once, again, and with other bytes") {
  const std::string spread = GENERATE("ecmp", "spray");
  const Topology cluster = plane(kinds[2], spread);
  Router router(cluster, 5);
  const int planes[] = {0}, sources[] = {0, 4, 9};
  for (const double bytes : {3.0, 3.0, 7.0}) {
    const std::vector<double> amounts(3, bytes);
    std::vector<double> expected(static_cast<std::size_t>(cluster.graph.link_count())), load = expected;
    router.add_load(0, 11, sources, amounts, expected);
    const auto& inflows = router.kept_inflow(planes, 11, sources, amounts);
    REQUIRE(inflows.size() == 1);
    CHECK(inflows[0].plane == 0);
    CHECK(inflows[0].latency == router.route(0, 9, 11).latency);  // the nearest: under the same leaf
    for (const auto& run : inflows[0].loads) {
      for (int i = 0; i < run.count; ++i) load[static_cast<std::size_t>(run.first + i * run.stride)] += run.bytes;
    }
    CHECK(load == expected);
  }
}
