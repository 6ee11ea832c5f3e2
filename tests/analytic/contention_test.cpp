// A KV transfer and an all-to-all as flows: on one NIC they slow each other as max-min sharing says, on planes of their own they do not.
#include "platform/fabric.hpp"
#include "support/child.hpp"
#include "support/clusters.hpp"

#include <numeric>

using namespace podsim;
using platform::Fabric;
using platform::Signal;
using platform::Simulation;

namespace {

constexpr double rate = 50e9;    // B/s of a NIC
constexpr double share = 10e6;   // bytes that a rank sends to each other rank
constexpr double cache = 900e6;  // bytes of the KV cache: longer on the way than any of the exchanges

// Two networks without latency over the same endpoints.
topology::Topology two_networks(int endpoints) {
  const std::string plane =
      fmt::format("{{kind: single_switch, link: {}, switch: {}, links_to_switch: [1]}}", test::link("50 GB/s", "0 us"), test::any_switch);
  return test::cluster(1, endpoints, fmt::format("  first: {0}\n  second: {0}\n", plane));
}

struct Times {
  double exchange = 0;
  double transfer = 0;
};

// An all-to-all of the first `ranks` endpoints over plane 0 and the transfer of a cache from endpoint 0 to the last over `kv_plane`, both
// started at 0; -1: without the transfer.
Times run(int ranks, int kv_plane) {
  const auto cluster = two_networks(ranks + 1);
  Simulation simulation;
  topology::Router router(cluster, 1);
  std::vector<int> members(static_cast<std::size_t>(ranks) + 1);
  std::iota(members.begin(), members.end(), 0);
  Times times;
  const int both[] = {0, 1};
  Fabric fabric(simulation, router, both, members);
  simulation.spawn("exchange", [&] { times.exchange = fabric.run(collective::all_to_all(ranks, Bytes(share * ranks)), members).value(); });
  if (kv_plane >= 0) {
    simulation.spawn("transfer", [&] {
      Signal arrived;
      const int plane[] = {kv_plane};
      fabric.transfer(
          0, ranks, Bytes(cache), Seconds(0), [&] { arrived.notify(); }, plane);
      arrived.wait();
      times.transfer = Simulation::now().value();
    });
  }
  simulation.run();
  return times;
}

}  // namespace

TEST_CASE("An all-to-all and a KV transfer on one NIC share it flow by flow") {
  const int ranks = GENERATE(2, 4, 8);
  const double peers = ranks - 1;
  const double exchange = test::number_in_child([&] { return run(ranks, 0).exchange; });
  const double transfer = test::number_in_child([&] { return run(ranks, 0).transfer; });
  // Endpoint 0 has one flow to each peer and the cache, each with an equal part of the NIC until the exchange is over ...
  CHECK(exchange == Approx((peers + 1) * share / rate).epsilon(1e-9));
  // ... and then the cache has all of it: in the end the NIC has carried all bytes without a pause.
  CHECK(transfer == Approx((peers * share + cache) / rate).epsilon(1e-9));
}

TEST_CASE("An all-to-all and a KV transfer on planes of their own take what they take alone") {
  const int ranks = GENERATE(2, 4, 8);
  const double alone = test::number_in_child([&] { return run(ranks, -1).exchange; });
  CHECK(alone == Approx((ranks - 1) * share / rate).epsilon(1e-9));
  CHECK(test::number_in_child([&] { return run(ranks, 1).exchange; }) == alone);
  CHECK(test::number_in_child([&] { return run(ranks, 1).transfer; }) == Approx(cache / rate).epsilon(1e-9));
}
