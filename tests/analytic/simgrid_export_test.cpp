// The SimGrid platform that `podsim topology` writes is one that SimGrid loads, with the transfer times that the formulas say.
#include <simgrid/s4u.hpp>

#include "support/clusters.hpp"
#include "topology/export.hpp"

#include <sstream>

using namespace podsim;
namespace s4u = simgrid::s4u;

namespace {

// When each transfer of `bytes` ends on the exported platform, all started at 0.
std::vector<double> finish_times(const topology::Topology& cluster, const std::vector<std::pair<int, int>>& pairs, double bytes) {
  test::TemporaryFolder folder;
  std::ostringstream xml;
  topology::write_simgrid(xml, cluster);
  char name[] = "test";
  char* arguments[] = {name, nullptr};
  int count = 1;
  s4u::Engine engine(&count, arguments);
  engine.load_platform(folder.write("platform.xml", xml.str()).string());
  std::vector<double> times(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    s4u::Host* from = engine.host_by_name(fmt::format("net:{}", pairs[i].first));
    s4u::Host* to = engine.host_by_name(fmt::format("net:{}", pairs[i].second));
    s4u::Actor::create("sender", from, [&times, i, from, to, bytes] {
      s4u::Comm::sendto(from, to, static_cast<std::uint64_t>(bytes));
      times[i] = s4u::Engine::get_clock();
    });
  }
  engine.run();
  return times;
}

topology::Topology tree() {
  return test::cluster(
      1, 8,
      fmt::format("  net: {{kind: fat_tree, endpoints_per_leaf: 4, spines: 1, uplinks: 2, link: {}, trunk: {}, leaf_switch: {}}}\n",
                  test::link("10 GB/s", "1 us"), test::link("6 GB/s", "3 us"), test::any_switch));
}

}  // namespace

TEST_CASE("SimGrid loads an exported fat tree and moves a flow in latency + bytes / bandwidth") {
  const auto times = finish_times(tree(), {{0, 7}}, 1e9);
  CHECK(times[0] == Approx(2 * 1e-6 + 2 * 3e-6 + 1e9 / 10e9).epsilon(1e-6));
}

TEST_CASE("Opposite directions of an exported link do not touch, and flows in one direction share it") {
  const auto times = finish_times(tree(), {{0, 1}, {1, 0}, {4, 6}, {5, 6}}, 1e9);
  CHECK(times[0] == Approx(0.1).epsilon(1e-3));
  CHECK(times[1] == Approx(0.1).epsilon(1e-3));
  CHECK(times[2] == Approx(0.2).epsilon(1e-3));
  CHECK(times[3] == Approx(0.2).epsilon(1e-3));
}
