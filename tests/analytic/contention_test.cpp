// A KV cache on its way and an all-to-all: on one NIC they slow each other as max-min sharing says, on planes of their own they do not.
#include <fmt/ranges.h>

#include <array>
#include <iterator>
#include <numeric>
#include <sstream>

#include "collective/schedules.hpp"
#include "platform/fabric.hpp"
#include "support/child.hpp"
#include "support/clusters.hpp"

using namespace podsim;

namespace {

constexpr double rate = 50e9;        // of every link, B/s
constexpr double exchanged = 400e6;  // B that each of four ranks has for the all-to-all
constexpr double cache = 900e6;      // B from endpoint 0 to endpoint 4, in the other node

// A plane on one switch for all, or within each node.
std::string plane(const char* name, const char* within) {
  return fmt::format("  {}: {{kind: single_switch, {}spread: spray, link: {}, switch: {}, links_to_switch: [1]}}\n", name, within,
                     test::link(fmt::format("{} GB/s", rate / 1e9), "0 us"), test::any_switch);
}

struct Times {
  double all_to_all = 0, transfer = 0;
};

// Both start at once; the all-to-all is among the four endpoints of the first node.
Times times_on(const std::string& planes, bool with_cache) {
  const auto cluster = test::cluster(2, 4, planes);
  platform::Simulation simulation;
  topology::Router router(cluster, 1);
  std::vector<int> order(cluster.planes.size()), group = {0, 1, 2, 3};
  std::iota(order.begin(), order.end(), 0);
  platform::Fabric fabric(simulation, router, order);
  Times times;
  simulation.spawn([&]() -> platform::Process<> {
    platform::Signal arrived;
    if (with_cache) {
      fabric.transfer(0, 4, Bytes(cache), Seconds(0), [&] {
        times.transfer = platform::Simulation::now().value();
        arrived.notify();
      });
    }
    times.all_to_all = (co_await fabric.run(collective::direct_all_to_all(4, Bytes(exchanged)), group)).value();
    if (with_cache) co_await arrived.wait();
  });
  simulation.run();
  return times;
}

}  // namespace

TEST_CASE("An all-to-all alone takes three quarters of its bytes over its NIC") {
  CHECK(times_on(plane("net", ""), false).all_to_all == Approx(0.75 * exchanged / rate).epsilon(1e-9));
}

TEST_CASE("On one NIC a cache and an all-to-all get a quarter of the link a flow, and the cache the rest of it afterwards") {
  const Times times = times_on(plane("net", ""), true);
  CHECK(times.all_to_all == Approx(exchanged / rate).epsilon(1e-9));                 // each flow of rank 0 at a quarter
  CHECK(times.transfer == Approx((cache + 0.75 * exchanged) / rate).epsilon(1e-9));  // the link is never idle
}

TEST_CASE("On planes of their own neither knows of the other") {
  const Times times = times_on(plane("near", "within: node, ") + plane("far", ""), true);
  CHECK(times.all_to_all == Approx(0.75 * exchanged / rate).epsilon(1e-9));
  CHECK(times.transfer == Approx(cache / rate).epsilon(1e-9));
}

namespace {

// When each of several transfers ends that begin at `starts`, each of `bytes` at most at its own rate, from a memory of 100 B/s.
std::vector<double> ends_of(const std::vector<double>& starts, const std::vector<double>& bytes, const std::vector<double>& own) {
  std::istringstream ends(test::in_child([&] {
    const auto cluster = test::cluster(1, 2, plane("net", ""));
    platform::Simulation simulation;
    topology::Router router(cluster, 1);
    platform::Fabric fabric(simulation, router, {});
    const auto memory = fabric.add_port(ByteRate(100));
    std::vector<double> ended(starts.size());
    for (std::size_t i = 0; i < starts.size(); ++i) {
      simulation.spawn([&, i]() -> platform::Process<> {
        co_await platform::Simulation::sleep_until(Seconds(starts[i]));
        platform::Signal arrived;
        const std::array ports = {memory, fabric.add_port(ByteRate(own[i]))};
        fabric.pass(Bytes(bytes[i]), ports, [&arrived] { arrived.notify(); });
        co_await arrived.wait();
        ended[i] = platform::Simulation::now().value();
      });
    }
    simulation.run();
    return fmt::format("{:.12g}", fmt::join(ended, " "));
  }));
  return {std::istream_iterator<double>(ends), {}};
}

}  // namespace

TEST_CASE("Who reads a shared memory alone has its own rate; together they share what the slow ones leave") {
  const auto near = [](const std::vector<double>& found, const std::vector<double>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]));
  };
  near(ends_of({0}, {300}, {60}), {5});
  near(ends_of({0, 0}, {300, 300}, {60, 60}), {6, 6});  // 50 each
  near(ends_of({0, 0}, {300, 300}, {1000, 10}), {300. / 90, 30});
  // One begins alone at 100; from 1 s on both have 50, until it ends at 3 s; the other then has 100.
  near(ends_of({0, 1}, {200, 200}, {100, 100}), {3, 4});
  near(ends_of({0, 0, 0, 5}, {0, 100, 100, 40}, {100, 100, 100, 40}), {0, 2, 2, 6});
}
