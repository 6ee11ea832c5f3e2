// The all-to-all among all endpoints by symmetry costs what it costs flow by flow.
#include "collective/all_to_all_cost.hpp"
#include "collective/moe.hpp"
#include "collective/schedules.hpp"
#include "collective/symmetric_load.hpp"
#include "support/networks.hpp"
#include "support/shipped.hpp"
#include "topology/symmetry.hpp"

#include <numeric>

using namespace podsim;

namespace {

void check_same(const topology::Topology& cluster, std::vector<int> planes) {
  topology::Router router(cluster, 3), other(cluster, 3);
  const int n = cluster.shape.endpoints();
  std::vector<int> group(static_cast<std::size_t>(n));
  std::iota(group.begin(), group.end(), 0);
  const auto exact = collective::link_load_cost(other, collective::direct_all_to_all(n, Bytes(1e6)), group, planes);
  const auto quick = collective::uniform_all_to_all_cost(router, planes, Bytes(1e6));
  CHECK(quick.transfer.value() == Approx(exact.transfer.value()).epsilon(1e-9));
  CHECK(quick.latency.value() == Approx(exact.latency.value()).epsilon(1e-12));
}

// Endpoints that trade places.
std::size_t classes(const topology::Topology& cluster) {
  return topology::find_symmetry(cluster.graph, 0).endpoint_classes(cluster.shape.endpoints()).size();
}

topology::Topology tree(int endpoints, const std::string& keys) {
  return test::cluster(1, endpoints,
                       fmt::format("  net: {{kind: fat_tree, spread: spray, link: {}, trunk: {}, leaf_switch: {}, {}}}\n",
                                   test::link("10 GB/s", "1 us"), test::link("7 GB/s", "1 us"), test::any_switch, keys));
}

}  // namespace

TEST_CASE("On random networks an all-to-all costs the same by symmetry and flow by flow") {
  check_same(test::random_cluster(GENERATE(range(0U, 40U))), {0});
}

TEST_CASE("A fat tree with even uplinks is one class of endpoints, whatever its sub-planes") {
  const auto even = tree(48, "endpoints_per_leaf: 6, uplinks: 6, spines: 3, sub_planes: 4");
  CHECK(classes(even) == 1);
  check_same(even, {0});
}

TEST_CASE("A fat tree with uneven uplinks or a leaf that is not full has more classes and the same cost") {
  const auto uneven = tree(48, "endpoints_per_leaf: 6, uplinks: 5, spines: 3");
  CHECK(classes(uneven) > 1);
  check_same(uneven, {0});
  const auto ragged = tree(47, "endpoints_per_leaf: 6, uplinks: 6, spines: 3");
  CHECK(classes(ragged) == 2);
  check_same(ragged, {0});
}

TEST_CASE("A fat tree of three tiers is one class of endpoints") {
  const auto cluster = test::three_tier(5, 3);
  CHECK(classes(cluster) == 1);
  check_same(cluster, {0});
}

TEST_CASE("Endpoints of a torus or a full mesh are one class, those of a dragonfly as many as a group of its outermost level has") {
  const auto direct = [](int endpoints, const std::string& keys) {
    return test::cluster(1, endpoints, fmt::format("  net: {{spread: spray, {}, link: {}}}\n", keys, test::link("10 GB/s", "1 us")));
  };
  const auto torus = direct(60, "kind: torus, dimensions: [3, 4, {size: 5, links_per_pair: 2}]");
  CHECK(classes(torus) == 1);
  check_same(torus, {0});
  const auto mesh = direct(24, "kind: nd_full_mesh, dimensions: [2, 3, 4]");
  CHECK(classes(mesh) == 1);
  check_same(mesh, {0});
  const auto open = direct(12, "kind: torus, dimensions: [4, {size: 3, wrap: false}]");  // a ring turns, a line does not
  CHECK(classes(open) == 3);
  check_same(open, {0});
  const auto dragonfly = direct(45, "kind: dragonfly, levels: [{size: 3}, {size: 3}, {size: 5}]");
  CHECK(classes(dragonfly) == 9);
  check_same(dragonfly, {0});
  const auto cut = direct(15, "kind: torus, dimensions: [5, 3], failed: {links: [[endpoint 0, endpoint 1]]}");
  CHECK(classes(cut) == 15);
  check_same(cut, {0});
}

TEST_CASE("A network with a failed link has fewer symmetries and the same cost") {
  const auto whole = tree(24, "endpoints_per_leaf: 6, uplinks: 3, spines: 3");
  const auto cut = tree(24, "endpoints_per_leaf: 6, uplinks: 3, spines: 3, failed: {links: [[leaf 0, spine 1]]}");
  CHECK(classes(cut) > classes(whole));
  check_same(cut, {0});
}

TEST_CASE("Where pairs ride different planes the all-to-all is followed to every destination") {
  check_same(test::shipped_cluster("{use: gb200-nvl72, nodes: 8, nodes_per_rack: 4}"), {0, 1});
  check_same(test::shipped_cluster("{use: cloudmatrix384, nodes: 4}"), {0});
}

TEST_CASE("Links of one class are all alike in rate and tier") {
  const auto cluster = test::shipped_cluster("{use: cloudmatrix384, nodes: 6}");
  const auto symmetry = topology::find_symmetry(cluster.graph, 0);
  for (int id = 0; id < cluster.graph.link_count(); ++id) {
    const auto &link = cluster.graph.link(id), &first = cluster.graph.link(symmetry.link_class[static_cast<std::size_t>(id)]);
    REQUIRE(link.bandwidth == first.bandwidth);
    REQUIRE(cluster.graph.vertex(link.from).role == cluster.graph.vertex(first.from).role);
    REQUIRE(cluster.graph.vertex(link.to).role == cluster.graph.vertex(first.to).role);
  }
}

namespace {

// Loads of a step by symmetry and flow by flow; `group` holds the endpoints of its ranks.
void check_same_loads(const topology::Topology& cluster, const collective::Step& step, const std::vector<int>& group) {
  topology::Router router(cluster, 3);
  const int planes[] = {0};
  topology::LinkLoads quick(cluster.graph);
  const auto found = collective::add_symmetric_loads(router, step, group, planes, quick);
  REQUIRE(found);
  std::vector<double> exact(static_cast<std::size_t>(cluster.graph.link_count()));
  for (const collective::Flow& flow : step.flows) {
    const int from[] = {group[static_cast<std::size_t>(flow.from)]};
    const double bytes[] = {flow.bytes.value() * step.repeat};
    router.add_load(0, group[static_cast<std::size_t>(flow.to)], from, bytes, exact);
  }
  for (topology::LinkId id = 0; id < cluster.graph.link_count(); ++id)
    REQUIRE(quick[id] == Approx(exact[static_cast<std::size_t>(id)]).epsilon(1e-9));
}

}  // namespace

TEST_CASE("Ranks of a few kinds on a part of the endpoints load every link by symmetry as flow by flow") {
  const auto cluster = GENERATE(0, 1) == 0 ? test::shipped_cluster("cloudmatrix384") : test::three_tier(4, 6);
  const int ranks = 96;
  // In a row, so that many trade places; every seventh endpoint, so that few do.
  std::vector<int> group(ranks);
  const int stride = GENERATE(1, 7), first = GENERATE(0, 8);
  for (int rank = 0; rank < ranks; ++rank) group[static_cast<std::size_t>(rank)] = (first + rank * stride) % cluster.shape.endpoints();
  collective::MoeTraffic traffic{.ranks = ranks, .ranks_per_node = 16, .top_k = 8, .imbalance = 1.5};
  for (const collective::Schedule& schedule :
       {collective::moe_dispatch(traffic, collective::MoeCopies::per_rank, Bytes(1e6)),
        collective::moe_combine(traffic, collective::MoeCopies::per_rank, Bytes(1e6)), collective::direct_all_to_all(ranks, Bytes(1e6))}) {
    REQUIRE(schedule.size() == 1);
    check_same_loads(cluster, schedule.front(), group);
  }
}

TEST_CASE("A step whose flows differ within a kind of ranks, or do not join all, is not done by symmetry") {
  const auto cluster = test::three_tier(4, 6);
  topology::Router router(cluster, 3);
  const int planes[] = {0};
  std::vector<int> group(96);
  std::iota(group.begin(), group.end(), 0);
  topology::LinkLoads load(cluster.graph);
  collective::Step ring = collective::direct_all_to_all(96, Bytes(1e6)).front();
  // As much for each rank, but more for its neighbour than for the next one.
  for (collective::Flow& flow : ring.flows) {
    if (flow.to == (flow.from + 1) % 96) flow.bytes = flow.bytes * 1.5;
    if (flow.to == (flow.from + 2) % 96) flow.bytes = flow.bytes * 0.5;
  }
  CHECK_FALSE(collective::add_symmetric_loads(router, ring, group, planes, load));
  ring.flows.pop_back();
  CHECK_FALSE(collective::add_symmetric_loads(router, ring, group, planes, load));
}
