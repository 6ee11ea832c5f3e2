// The link-load cost: closed forms on one switch.
#include "collective/link_load.hpp"
#include "collective/schedules.hpp"

#include <numeric>

#include "base/error.hpp"
#include "support/clusters.hpp"

using namespace podsim;
using collective::LinkLoadCost;
using collective::Schedule;

namespace {

constexpr double rate = 100e9, wire = 1e-6;  // of test::star("100 GB/s", "1 us")

LinkLoadCost cost_on(const topology::Topology& cluster, const Schedule& schedule, std::vector<int> planes = {0}) {
  topology::Router router(cluster, 1);
  std::vector<int> group(static_cast<std::size_t>(cluster.shape.endpoints()));
  std::iota(group.begin(), group.end(), 0);
  return collective::link_load_cost(router, schedule, group, planes);
}
LinkLoadCost cost_on_star(int endpoints, const Schedule& schedule) { return cost_on(test::star(endpoints, "100 GB/s", "1 us"), schedule); }

// Two nodes of two: a fast switch in each, a slow one over both, each link of the latter 5 us.
topology::Topology two_planes() {
  return test::cluster(2, 2,
                       fmt::format("  fast: {{kind: single_switch, within: node, links_to_switch: [1], switch: {0}, link: {1}}}\n"
                                   "  slow: {{kind: single_switch, links_to_switch: [1], switch: {0}, link: {2}}}\n",
                                   test::any_switch, test::link("100 GB/s", "1 us"), test::link("10 GB/s", "5 us")));
}

}  // namespace

TEST_CASE("An all-to-all on one switch takes (n-1)/n of the bytes over one link, and two links of latency") {
  const int n = GENERATE(2, 5, 8);
  const LinkLoadCost cost = cost_on_star(n, collective::direct_all_to_all(n, Bytes(8e9)));
  CHECK(cost.transfer.value() == Approx((n - 1.0) / n * 8e9 / rate).epsilon(1e-12));
  CHECK(cost.latency.value() == Approx(2 * wire).epsilon(1e-12));
  CHECK(cost.total() == cost.latency + cost.transfer);
}

TEST_CASE("A ring on one switch takes as many steps as it has, each with its latency") {
  const int n = GENERATE(2, 5, 8);
  const LinkLoadCost reduce = cost_on_star(n, collective::ring_all_reduce(n, Bytes(8e9)));
  CHECK(reduce.transfer.value() == Approx(2.0 * (n - 1) / n * 8e9 / rate).epsilon(1e-12));
  CHECK(reduce.latency.value() == Approx(2 * (n - 1) * 2 * wire).epsilon(1e-12));
  const LinkLoadCost gather = cost_on_star(n, collective::ring_all_gather(n, Bytes(8e9)));
  CHECK(gather.transfer.value() == Approx((n - 1) * 8e9 / rate).epsilon(1e-12));
  CHECK(gather.latency.value() == Approx((n - 1) * 2 * wire).epsilon(1e-12));
}

TEST_CASE("Sprayed over k links a transfer is k times as fast") {
  const auto split = test::cluster(1, 6,
                                   fmt::format("  net: {{kind: single_switch, spread: spray, links_to_switch: [5, 4, 4, 5], switch: {}, "
                                               "link: {}}}\n",
                                               test::any_switch, test::link("100 GB/s", "1 us")));
  CHECK(cost_on(split, collective::direct_all_to_all(6, Bytes(8e9))).transfer.value() ==
        Approx(5.0 / 6 * 8e9 / (18 * rate)).epsilon(1e-12));
}

TEST_CASE("Many to one takes the sum of their bytes over the link of the one") {
  Schedule incast(1);
  for (int from = 1; from < 6; ++from) incast[0].flows.push_back({from, 0, Bytes(1e9 * from)});
  const auto star = test::star(6, "100 GB/s", "1 us");
  const LinkLoadCost cost = cost_on(star, incast);
  CHECK(cost.transfer.value() == Approx((1 + 2 + 3 + 4 + 5) * 1e9 / rate).epsilon(1e-12));
  REQUIRE(cost.bottleneck >= 0);
  CHECK(star.graph.link(cost.bottleneck).to == 0);
}

TEST_CASE("The cost of a schedule is the sum of its steps, its bottleneck that of the longest") {
  const Schedule both = {{.flows = {{0, 1, Bytes(1e9)}}, .repeat = 1}, {.flows = {{2, 3, Bytes(4e9)}}, .repeat = 3}};
  const auto star = test::star(4, "100 GB/s", "1 us");
  const LinkLoadCost cost = cost_on(star, both);
  CHECK(cost.transfer.value() == Approx((1e9 + 3 * 4e9) / rate).epsilon(1e-12));
  CHECK(cost.latency.value() == Approx((1 + 3) * 2 * wire).epsilon(1e-12));
  const auto& bottleneck = star.graph.link(cost.bottleneck);
  CHECK((bottleneck.from == 2 || bottleneck.to == 3));
}

TEST_CASE("Opposite directions of a link do not share it, equal directions do") {
  const Schedule exchange = {{.flows = {{0, 1, Bytes(1e9)}, {1, 0, Bytes(1e9)}}}};
  const Schedule twice = {{.flows = {{0, 1, Bytes(1e9)}, {0, 1, Bytes(1e9)}}}};
  CHECK(cost_on_star(2, exchange).transfer.value() == Approx(1e9 / rate).epsilon(1e-12));
  CHECK(cost_on_star(2, twice).transfer.value() == Approx(2e9 / rate).epsilon(1e-12));
}

TEST_CASE("What stays on an endpoint, or sends nothing, costs nothing") {
  const Schedule empty = GENERATE(Schedule(), Schedule(1), Schedule{{.flows = {{1, 1, Bytes(1e9)}}}});
  const LinkLoadCost cost = cost_on_star(2, empty);
  CHECK(cost.total() == Seconds(0));
  CHECK(cost.bottleneck == -1);
}

TEST_CASE("Each flow rides the first plane that joins its ends, and the slowest plane counts") {
  const auto cluster = two_planes();
  const Schedule within = {{.flows = {{0, 1, Bytes(1e9)}}}}, across = {{.flows = {{0, 1, Bytes(1e9)}, {1, 2, Bytes(1e9)}}}};
  CHECK(cost_on(cluster, within, {0, 1}).total().value() == Approx(2 * 1e-6 + 1e9 / 100e9).epsilon(1e-12));
  CHECK(cost_on(cluster, within, {1}).total().value() == Approx(2 * 5e-6 + 1e9 / 10e9).epsilon(1e-12));
  CHECK(cost_on(cluster, across, {0, 1}).total().value() == Approx(2 * 5e-6 + 1e9 / 10e9).epsilon(1e-12));
  CHECK(cost_on(cluster, across, {1}).total().value() == Approx(2 * 5e-6 + 1e9 / 10e9).epsilon(1e-12));
}

TEST_CASE("Ends that no plane joins are an error of the input") {
  const auto cluster = two_planes();
  const Schedule across = {{.flows = {{1, 2, Bytes(1)}}}};
  CHECK_THROWS_AS(cost_on(cluster, across, {0}), InputError);
  CHECK_THROWS_WITH(cost_on(cluster, across, {0}), "no plane of this traffic joins endpoints 1 and 2");
  CHECK_THROWS_AS(cost_on(cluster, across, {}), InputError);
}

TEST_CASE("A rank is the endpoint that the group says") {
  const auto star = test::star(4, "100 GB/s", "1 us");
  topology::Router router(star, 1);
  const int group[] = {3, 1}, planes[] = {0};
  const Schedule one = {{.flows = {{0, 1, Bytes(1e9)}}}};
  const auto& link = star.graph.link(collective::link_load_cost(router, one, group, planes).bottleneck);
  CHECK((link.from == 3 || link.to == 1));
}

TEST_CASE("A pipeline waits for the latency of each of its stages and loads all links at once") {
  const int n = 5;
  const LinkLoadCost cost = cost_on_star(n, collective::chain_broadcast(n, Bytes(8e9)));
  CHECK(cost.latency.value() == Approx((n - 1) * 2 * wire).epsilon(1e-12));
  CHECK(cost.transfer.value() == Approx(8e9 / rate).epsilon(1e-12));
}

TEST_CASE("In one switch a link carries (n+1)/n of the vector each way, in two latencies") {
  const int n = GENERATE(2, 5, 8);
  const LinkLoadCost cost = cost_on_star(n, collective::nvls_all_reduce(n, Bytes(8e9)));
  CHECK(cost.transfer.value() == Approx((n + 1.0) / n * 8e9 / rate).epsilon(1e-12));
  CHECK(cost.latency.value() == Approx(2 * 2 * wire).epsilon(1e-12));
  CHECK(cost_on_star(n, collective::nvls_broadcast(n, Bytes(8e9))).transfer.value() == Approx(8e9 / rate).epsilon(1e-12));
}

TEST_CASE("Switches of a tree combine on every level: no link carries the sum of what is below it") {
  // 8 leaves of 4 below 2 spines: an all-reduce in the switches puts the vector once on every link, with sprayed halves above.
  const auto tree =
      test::cluster(32, 1,
                    fmt::format("  net: {{kind: fat_tree, spread: spray, link: {0}, trunk: {0}, leaf_switch: {1}, endpoints_per_leaf: 4, "
                                "uplinks: 4, spines: 2}}\n",
                                test::link("100 GB/s", "1 us"), test::any_switch));
  const LinkLoadCost cost = cost_on(tree, collective::sharp_all_reduce(32, 1, Bytes(8e9)));
  CHECK(cost.transfer.value() == Approx(8e9 / rate).epsilon(1e-12));
}

TEST_CASE("What no one plane joins cannot be reduced in its switches") {
  CHECK_THROWS_WITH(cost_on(two_planes(), collective::nvls_all_reduce(4, Bytes(1)), {0}),
                    "no one plane of this traffic joins endpoint 0 and all that it reduces with");
}
