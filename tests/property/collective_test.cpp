// The two fidelities of collectives: link loads and flows through SimGrid.
#include <random>

#include "collective/link_load.hpp"
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
    platform::Fabric fabric(simulation, router, planes, group);
    Seconds by_flow;
    simulation.spawn("test", [&] { by_flow = fabric.run(schedule, group); });
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
  CHECK(flow_over_link_load(cluster, collective::all_to_all(ranks, bytes)) == Approx(1).epsilon(1e-6));
  CHECK(flow_over_link_load(cluster, collective::ring_all_reduce(ranks, bytes)) == Approx(1).epsilon(1e-6));
  CHECK(flow_over_link_load(cluster, collective::ring_all_gather(ranks, bytes)) == Approx(1).epsilon(1e-6));
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
    return collective::link_load_cost(router, collective::all_to_all(4, units::GB), group, planes).total();
  };
  CHECK(time(2) <= time(1));
}
