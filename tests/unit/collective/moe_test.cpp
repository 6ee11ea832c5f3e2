// Dispatch and combine of an MoE layer: how many copies of a token travel, and where.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "collective/schedule.hpp"

using namespace podsim;
using collective::MoeCopies;
using collective::MoeTraffic;
using collective::Schedule;

namespace {

constexpr MoeTraffic two_tiers = {.ranks = 24, .ranks_per_node = 8, .top_k = 6, .max_nodes = 0};

// Bytes by (from / group, to / group).
std::map<std::pair<int, int>, double> bytes_between(const Schedule& schedule, int group) {
  std::map<std::pair<int, int>, double> bytes;
  for (const auto& step : schedule) {
    for (const auto& flow : step.flows) bytes[{flow.from / group, flow.to / group}] += flow.bytes.value() * step.repeat;
  }
  return bytes;
}

double total(const Schedule& schedule) {
  double sum = 0;
  for (const auto& [pair, bytes] : bytes_between(schedule, 1)) sum += bytes;
  return sum;
}

// The flows as a sorted list, perhaps each turned round.
std::vector<std::tuple<int, int, double>> flows(const Schedule& schedule, bool reversed) {
  std::vector<std::tuple<int, int, double>> list;
  for (const auto& step : schedule) {
    for (const auto& [from, to, bytes] : step.flows) list.emplace_back(reversed ? to : from, reversed ? from : to, bytes.value());
  }
  std::sort(list.begin(), list.end());
  return list;
}

// The number of different nodes, averaged over all ways to choose `picks` times one of `nodes`.
double counted_nodes(int nodes, int picks) {
  const int ways = static_cast<int>(std::lround(std::pow(nodes, picks)));
  double sum = 0;
  for (int way = 0; way < ways; ++way) {
    std::vector<bool> hit(static_cast<std::size_t>(nodes));
    for (int i = 0, rest = way; i < picks; ++i, rest /= nodes) hit[static_cast<std::size_t>(rest % nodes)] = true;
    sum += static_cast<double>(std::count(hit.begin(), hit.end(), true));
  }
  return sum / ways;
}

}  // namespace

TEST_CASE("With one copy an expert, (n-1)/n of all copies cross the network") {
  const int n = GENERATE(2, 8, 24, 256);
  const MoeTraffic traffic = {.ranks = n, .ranks_per_node = 8, .top_k = 8};
  CHECK(total(collective::moe_dispatch(traffic, MoeCopies::per_expert, Bytes(1000))) ==
        Approx(n * 1000.0 * 8 * (n - 1) / n).epsilon(1e-12));
}

TEST_CASE("With one copy an expert every rank sends the same to every other") {
  const auto pairs = bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_expert, Bytes(1000)), 1);
  CHECK(pairs.size() == 24 * 23);
  for (const auto& [pair, bytes] : pairs) CHECK(bytes == Approx(1000.0 * 6 / 24).epsilon(1e-12));
}

TEST_CASE("With one copy a node, a pair of nodes exchanges a copy of every token that has an expert there") {
  const auto pairs = bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_node, Bytes(1000)), 8);
  const int nodes = 3;
  const double chance = 1 - std::pow(1 - 1.0 / nodes, 6);  // that a given node holds one of a token's six experts
  for (int a = 0; a < nodes; ++a) {
    for (int b = 0; b < nodes; ++b) {
      if (a != b) CHECK(pairs.at({a, b}) == Approx(8 * 1000.0 * chance).epsilon(1e-12));
    }
  }
}

TEST_CASE("Between nodes a copy goes to the rank of the same position, and all copies are forwarded within the node") {
  for (const auto& [pair, bytes] : bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_node, Bytes(1000)), 1)) {
    const auto [from, to] = pair;
    CHECK(from != to);
    if (from / 8 != to / 8) CHECK(from % 8 == to % 8);
    if (from / 8 == to / 8) CHECK(bytes == Approx(1000.0 * 6 / 8).epsilon(1e-12));
  }
}

TEST_CASE("A limit on the nodes of a token limits its copies between nodes and not those within") {
  MoeTraffic limited = two_tiers;
  limited.max_nodes = 1;
  const Schedule schedule = collective::moe_dispatch(limited, MoeCopies::per_node, Bytes(1000));
  const auto pairs = bytes_between(schedule, 8);
  CHECK(pairs.at({0, 1}) == Approx(8 * 1000.0 * (1.0 / 3)).epsilon(1e-12));
  CHECK(pairs.at({0, 0}) == Approx(8 * 7 * 1000.0 * 6 / 8).epsilon(1e-12));
}

TEST_CASE("With one copy a node fewer bytes cross between nodes than with one an expert") {
  const auto per_node = bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_node, Bytes(1000)), 8);
  const auto per_expert = bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_expert, Bytes(1000)), 8);
  CHECK(per_node.at({0, 1}) < per_expert.at({0, 1}));
  MoeTraffic single = two_tiers;
  single.top_k = 1;  // one expert is on one node: nothing is saved
  CHECK(bytes_between(collective::moe_dispatch(single, MoeCopies::per_node, Bytes(1000)), 8).at({0, 1}) ==
        Approx(bytes_between(collective::moe_dispatch(single, MoeCopies::per_expert, Bytes(1000)), 8).at({0, 1})).epsilon(1e-12));
}

TEST_CASE("Where a group lies in one node, or each rank is a node, every copy travels by itself") {
  for (const MoeTraffic traffic :
       {MoeTraffic{.ranks = 8, .ranks_per_node = 8, .top_k = 4}, MoeTraffic{.ranks = 4, .ranks_per_node = 8, .top_k = 4},
        MoeTraffic{.ranks = 12, .ranks_per_node = 1, .top_k = 4}}) {
    CHECK(flows(collective::moe_dispatch(traffic, MoeCopies::per_node, Bytes(1000)), false) ==
          flows(collective::moe_dispatch(traffic, MoeCopies::per_expert, Bytes(1000)), false));
  }
}

TEST_CASE("A combine is the dispatch with every flow turned round") {
  const MoeCopies copies = GENERATE(MoeCopies::per_expert, MoeCopies::per_node);
  const auto back = flows(collective::moe_combine(two_tiers, copies, Bytes(1000)), true);
  CHECK(back == flows(collective::moe_dispatch(two_tiers, copies, Bytes(1000)), false));
  CHECK_FALSE(back.empty());
}

TEST_CASE("One rank holds all experts itself") {
  CHECK(collective::moe_dispatch({.ranks = 1, .top_k = 8}, MoeCopies::per_expert, Bytes(1000)).empty());
  CHECK(collective::moe_combine({.ranks = 1, .top_k = 8}, MoeCopies::per_node, Bytes(1000)).empty());
}

TEST_CASE("The expected number of nodes is the average over all choices") {
  const auto [nodes, picks] = GENERATE(table<int, int>({{2, 1}, {2, 4}, {3, 3}, {4, 6}, {7, 5}}));
  CHECK(collective::expected_nodes(nodes, picks, 0) == Approx(counted_nodes(nodes, picks)).epsilon(1e-12));
}

TEST_CASE("The expected number of nodes lies between one and all, and below its limit") {
  CHECK(collective::expected_nodes(1, 8, 0) == Approx(1).epsilon(1e-12));
  CHECK(collective::expected_nodes(16, 1, 0) == Approx(1).epsilon(1e-12));
  CHECK(collective::expected_nodes(16, 1e4, 0) == Approx(16).epsilon(1e-12));
  CHECK(collective::expected_nodes(16, 8, 4) == 4);  // 16 (1 - (15/16)^8) = 6.45 without the limit
  CHECK(collective::expected_nodes(2, 8, 4) < 2);    // a limit beyond reach does not count
}
