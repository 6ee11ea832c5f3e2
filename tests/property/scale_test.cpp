// Large networks are built, routed and costed within seconds: the limits are far above what it takes on one core.
#include <sys/resource.h>

#include <chrono>
#include <numeric>

#include "collective/all_to_all_cost.hpp"
#include "collective/schedules.hpp"
#include "support/networks.hpp"

using namespace podsim;

namespace {

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double peak_gib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

topology::Topology two_tier(int endpoints, int ports, int sub_planes = 8) {
  return test::cluster(endpoints / 8, 8,
                       fmt::format("  net: {{kind: fat_tree, spread: spray, endpoints_per_leaf: {}, sub_planes: {}, link: {}, leaf_switch: "
                                   "{{name: s, ports: {}, power: 500 W}}}}\n",
                                   ports / 2, sub_planes, test::link("12.5 GB/s", "1 us"), ports));
}

// Everyone sends at line rate, (n - 1) / n of the bytes.
void check_all_to_all(const topology::Topology& cluster, double line_rate, double latency) {
  topology::Router router(cluster, 1);
  const int planes[] = {0};
  const auto n = static_cast<double>(cluster.shape.endpoints());
  const auto cost = collective::uniform_all_to_all_cost(router, planes, Bytes(1e9));
  CHECK(cost.transfer.value() == Approx((n - 1) / n * 1e9 / line_rate).epsilon(1e-9));
  CHECK(cost.latency.value() == Approx(latency).epsilon(1e-9));
}

}  // namespace

TEST_CASE("16,384 endpoints on two tiers of eight sub-planes take less than 10 s and 2 GiB") {
  const double time = seconds_of([] { check_all_to_all(two_tier(16384, 256), 8 * 12.5e9, 2e-6); });
  WARN(fmt::format("{:.2f} s, peak {:.2f} GiB", time, peak_gib()));
  CHECK(time < 10);
  CHECK(peak_gib() < 2);
}

TEST_CASE("106,496 endpoints on three tiers take less than 60 s and 8 GiB") {
  const double time = seconds_of([] { check_all_to_all(test::three_tier(26, 64), 50e9, 2e-6); });
  WARN(fmt::format("{:.2f} s, peak {:.2f} GiB", time, peak_gib()));
  CHECK(time < 60);
  CHECK(peak_gib() < 8);
}

TEST_CASE("An all-to-all of 512 ranks is costed again within milliseconds") {
  const int sub_planes = GENERATE(1, 8);  // eight times the links
  const auto cluster = two_tier(1024, 128, sub_planes);
  topology::Router router(cluster, 1);
  std::vector<int> group(512);
  std::iota(group.begin(), group.end(), 100);
  const int planes[] = {0};
  const auto schedule = collective::direct_all_to_all(512, Bytes(1e6));
  const auto first = collective::link_load_cost(router, schedule, group, planes);
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    best = std::min(best, seconds_of([&] { CHECK(collective::link_load_cost(router, schedule, group, planes).total() == first.total()); }));
  }
  WARN(fmt::format("{:.2f} ms with {} sub-planes", best * 1e3, sub_planes));
  CHECK(best < 0.05);  // 1 to 3 ms, with room for a busy machine and sanitizers
}
