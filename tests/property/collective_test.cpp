// The two fidelities of collectives: link loads and flows through SimGrid.
#include <random>

#include "collective/link_load.hpp"
#include "collective/moe.hpp"
#include "collective/schedules.hpp"
#include "platform/fabric.hpp"
#include "support/child.hpp"
#include "support/networks.hpp"

using namespace podsim;

namespace {

// The time by flows divided by the time by link loads, with the schedule on all endpoints of the cluster.
double flow_over_link_load(const topology::Topology& cluster, const collective::Schedule& schedule) {
  return test::number_in_child([&] {
    platform::Simulation simulation;
    topology::Router router(cluster, 7);
    std::vector<int> group, planes = {0};
    for (int i = 0; i < cluster.shape.endpoints(); ++i) group.push_back(i);
    platform::Fabric fabric(simulation, router, planes);
    Seconds by_flow;
    simulation.spawn([&]() -> platform::Process<> { by_flow = co_await fabric.run(schedule, group); });
    simulation.run();
    return by_flow / collective::link_load_cost(router, schedule, group, planes).total();
  });
}

std::string star_or_mesh(unsigned seed) {
  return seed % 2 == 0 ? "kind: full_mesh, link: "
                       : "kind: single_switch, links_to_switch: [2, 2], switch: " + test::any_switch + ", link: ";
}

}  // namespace

TEST_CASE("On uniform schedules both fidelities agree to rounding") {
  const unsigned seed = GENERATE(range(0U, 8U));
  const auto cluster = test::cluster(
      2, 2 + static_cast<int>(seed) / 2,
      fmt::format("  net: {{spread: spray, {}{}}}\n", star_or_mesh(seed), test::link(fmt::format("{} GB/s", 20 + 7 * seed), "1.5 us")));
  const int ranks = cluster.shape.endpoints();
  const Bytes bytes = 64 * units::MB;
  for (const auto& schedule :
       {collective::direct_all_to_all(ranks, bytes), collective::ring_all_reduce(ranks, bytes), collective::ring_all_gather(ranks, bytes),
        collective::ring_reduce_scatter(ranks, bytes), collective::chain_broadcast(ranks, bytes),
        collective::one_shot_all_reduce(ranks, bytes), collective::two_shot_all_reduce(ranks, bytes),
        collective::direct_all_gather(ranks, bytes), collective::direct_reduce_scatter(ranks, bytes),
        collective::direct_broadcast(ranks, bytes), collective::direct_send(ranks, bytes),
        collective::hierarchical_all_to_all(ranks, ranks / 2, bytes),
        collective::moe_dispatch({.ranks = ranks, .ranks_per_node = 2, .top_k = 4}, collective::MoeCopies::per_expert, bytes),
        collective::moe_combine({.ranks = ranks, .ranks_per_node = 2, .top_k = 4}, collective::MoeCopies::per_rank, bytes)})
    CHECK(flow_over_link_load(cluster, schedule) == Approx(1).epsilon(1e-6));
}

TEST_CASE("On any network the link load of a schedule is a lower bound of its flows") {
  const unsigned seed = GENERATE(range(0U, 12U));
  const auto cluster = test::random_cluster(seed);
  const int ranks = cluster.shape.endpoints(), per_node = cluster.shape.endpoints_per_node();
  const Bytes bytes = 64 * units::MB;
  const collective::MoeTraffic uneven = {.ranks = ranks, .ranks_per_node = per_node, .top_k = 4, .imbalance = 1.5};
  for (const auto& schedule :
       {collective::tree_all_reduce(ranks, bytes), collective::tree_broadcast(ranks, bytes),
        collective::hierarchical_all_reduce(ranks, per_node, bytes), collective::hierarchical_all_to_all(ranks, per_node, bytes),
        collective::moe_dispatch(uneven, collective::MoeCopies::per_node, bytes),
        collective::moe_dispatch(uneven, collective::MoeCopies::per_expert, bytes), collective::direct_all_to_all(ranks, bytes)})
    CHECK(flow_over_link_load(cluster, schedule) >= 1 - 1e-6);
}

TEST_CASE("Elsewhere the link load is a lower bound of the flows") {
  const unsigned seed = GENERATE(range(0U, 16U));
  const auto cluster = test::random_cluster(seed);
  std::mt19937 random(seed + 1000);
  const int ranks = cluster.shape.endpoints();
  collective::Step step;
  for (int i = 0; i < 3 * ranks; ++i) {
    const int from = static_cast<int>(random() % static_cast<unsigned>(ranks)),
              to = static_cast<int>(random() % static_cast<unsigned>(ranks));
    if (from != to) step.flows.push_back({from, to, static_cast<double>(1 + random() % 50) * units::MB});
  }
  CHECK(flow_over_link_load(cluster, {step}) >= 1 - 1e-6);
}

TEST_CASE("Twice the bandwidth is never slower") {
  const unsigned seed = GENERATE(range(0U, 8U));
  const auto time = [&](int factor) {
    const auto cluster = test::cluster(
        2, 4, fmt::format("  net: {{{}{}}}\n", star_or_mesh(seed), test::link(fmt::format("{} GB/s", factor * (10 + seed)), "1 us")));
    topology::Router router(cluster, 1);
    const int planes[] = {0};
    const int group[] = {0, 3, 5, 6};
    return collective::link_load_cost(router, collective::direct_all_to_all(4, units::GB), group, planes).total();
  };
  CHECK(time(2) <= time(1));
}
