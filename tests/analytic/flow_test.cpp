// SimGrid's options: flows take the time that the formulas say and share links max-min fairly.
#include "platform/fabric.hpp"
#include "support/clusters.hpp"

using namespace podsim;
using platform::Fabric;
using platform::Signal;
using platform::Simulation;

namespace {

struct Transfer {
  int from;
  int to;
  Bytes bytes;
  Seconds start;
};

// When each transfer ends, all on the planes of `topology`.
std::vector<double> finish_times(const topology::Topology& topology, const std::vector<Transfer>& transfers, Seconds delay = Seconds(0)) {
  Simulation simulation;
  topology::Router router(topology, 1);
  std::vector<int> planes;
  for (std::size_t i = 0; i < topology.planes.size(); ++i) planes.push_back(static_cast<int>(i));
  Fabric fabric(simulation, router, planes);
  std::vector<double> times(transfers.size());
  simulation.spawn([&]() -> platform::Process<> {
    Signal done;
    std::size_t missing = transfers.size();
    for (std::size_t i = 0; i < transfers.size(); ++i) {
      co_await Simulation::sleep_until(transfers[i].start);
      fabric.transfer(transfers[i].from, transfers[i].to, transfers[i].bytes, delay, [&, i] {
        times[i] = Simulation::now().value();
        if (--missing == 0) done.notify();
      });
    }
    co_await done.wait();
  });
  simulation.run();
  return times;
}

const Bytes size = 50 * units::MB;
const double alone = 50e6 / 50e9;  // s at 50 GB/s

}  // namespace

TEST_CASE("One flow takes latency + bytes / bandwidth") {
  const auto times = finish_times(test::star(2, "50 GB/s", "2 us"), {{0, 1, size, Seconds(0)}});
  CHECK(times[0] == Approx(2 * 2e-6 + alone).epsilon(1e-9));
}

TEST_CASE("A flow of a few bytes late in a long run is still exact") {
  const auto times = finish_times(test::star(2, "50 GB/s", "2 us"), {{0, 1, Bytes(50000), Seconds(7200)}});
  CHECK(times[0] - 7200 == Approx(4e-6 + 1e-6).margin(2e-11));
}

TEST_CASE("Two flows into one link get half each") {
  const auto two = finish_times(test::star(3, "50 GB/s", "0 us"), {{0, 2, size, Seconds(0)}, {1, 2, size, Seconds(0)}});
  CHECK(two[0] == Approx(2 * alone).epsilon(1e-9));
  CHECK(two[1] == Approx(2 * alone).epsilon(1e-9));
}

TEST_CASE("Sharing does not depend on latency") {
  // Endpoint 0 is near the switch, endpoint 1 far; both send to 2 and share its link evenly while both are there.
  const std::string planes =
      fmt::format("  net: {{kind: fat_tree, endpoints_per_leaf: 1, link: {}, trunk: {}, leaf_switch: {}, uplinks: 4, spines: 1}}\n",
                  test::link("50 GB/s", "1 us"), test::link("100 GB/s", "500 us"), test::any_switch);
  const auto times = finish_times(test::cluster(1, 3, planes), {{0, 2, size, Seconds(0)}, {1, 2, size, Seconds(0)}});
  CHECK(times[0] == Approx(1002e-6 + 2 * alone).epsilon(1e-9));
  CHECK(times[1] == Approx(times[0]).epsilon(1e-12));
}

TEST_CASE("Opposite directions of a link do not touch") {
  const auto times = finish_times(test::star(2, "50 GB/s", "0 us"), {{0, 1, size, Seconds(0)}, {1, 0, size, Seconds(0)}});
  CHECK(times[0] == Approx(alone).epsilon(1e-9));
  CHECK(times[1] == Approx(alone).epsilon(1e-9));
}

TEST_CASE("A flow that is left alone speeds up: max-min over time") {
  // B starts when A is half done: A needs half more at half rate, then B has the link for itself.
  const auto times = finish_times(test::star(3, "50 GB/s", "0 us"), {{0, 2, size, Seconds(0)}, {1, 2, size, Seconds(alone / 2)}});
  CHECK(times[0] == Approx(1.5 * alone).epsilon(1e-9));
  CHECK(times[1] == Approx(2 * alone).epsilon(1e-9));
}

TEST_CASE("Separate planes do not disturb each other") {
  const std::string network =
      fmt::format("spread: spray, link: {}, switch: {}, links_to_switch: [1]", test::link("50 GB/s", "0 us"), test::any_switch);
  const std::string planes =
      fmt::format("  near: {{kind: single_switch, within: node, {}}}\n  far: {{kind: single_switch, {}}}\n", network, network);
  // 0 -> 1 rides the near plane, 0 -> 2 must take the far one; the same endpoint sends both at full rate.
  const auto times = finish_times(test::cluster(2, 2, planes), {{0, 1, size, Seconds(0)}, {0, 2, size, Seconds(0)}});
  CHECK(times[0] == Approx(alone).epsilon(1e-9));
  CHECK(times[1] == Approx(alone).epsilon(1e-9));
}

TEST_CASE("A sprayed flow fills all parallel links, and two share them") {
  const std::string planes = fmt::format("  net: {{kind: single_switch, spread: spray, link: {}, switch: {}, links_to_switch: [2, 3]}}\n",
                                         test::link("10 GB/s", "1 us"), test::any_switch);
  const auto times = finish_times(test::cluster(1, 3, planes), {{0, 2, size, Seconds(0)}, {1, 2, size, Seconds(0)}});
  CHECK(times[0] == Approx(2e-6 + 2 * alone).epsilon(1e-9));
}

TEST_CASE("The delay of a transfer comes on top, and within an endpoint it is all") {
  const auto times = finish_times(test::star(2, "50 GB/s", "2 us"), {{0, 1, size, Seconds(0)}, {1, 1, size, Seconds(0)}}, 3 * units::us);
  CHECK(times[0] == Approx(3e-6 + 4e-6 + alone).epsilon(1e-9));
  CHECK(times[1] == Approx(3e-6).epsilon(1e-9));
}
