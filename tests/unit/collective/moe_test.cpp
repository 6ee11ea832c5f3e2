// Dispatch and combine of an MoE layer: how many copies of a token travel, and where.
#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "collective/moe.hpp"

using namespace podsim;
using collective::MoeCopies;
using collective::MoeTraffic;
using collective::Schedule;

namespace {

constexpr MoeTraffic two_tiers = {.ranks = 24, .ranks_per_node = 8, .top_k = 6};

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
    for (const auto& flow : step.flows)
      list.emplace_back(reversed ? flow.to : flow.from, reversed ? flow.from : flow.to, flow.bytes.value());
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

TEST_CASE("Between nodes a copy goes to the rank of the same position, and within the node one to each rank with an expert") {
  const double ranks = 24 * (1 - std::pow(1 - 1.0 / 24, 6));  // of a token's six experts
  for (const auto& [pair, bytes] : bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_node, Bytes(1000)), 1)) {
    const auto [from, to] = pair;
    CHECK(from != to);
    if (from / 8 != to / 8) CHECK(from % 8 == to % 8);
    if (from / 8 == to / 8) CHECK(bytes == Approx(1000.0 * ranks / 8).epsilon(1e-12));
  }
}

TEST_CASE("With one copy a rank a token goes once to each rank that has one of its experts") {
  const auto pairs = bytes_between(collective::moe_dispatch(two_tiers, MoeCopies::per_rank, Bytes(1000)), 1);
  CHECK(pairs.size() == 24 * 23);
  for (const auto& [pair, bytes] : pairs) CHECK(bytes == Approx(1000.0 * (1 - std::pow(1 - 1.0 / 24, 6))).epsilon(1e-12));
}

TEST_CASE("A limit on the nodes of a token limits its copies between nodes and within") {
  MoeTraffic limited = two_tiers;
  limited.group_limit = 1;
  const auto pairs = bytes_between(collective::moe_dispatch(limited, MoeCopies::per_node, Bytes(1000)), 8);
  CHECK(pairs.at({0, 1}) == Approx(8 * 1000.0 * (1.0 / 3)).epsilon(1e-12));
  const double ranks = 8 * (1 - std::pow(1 - 1.0 / 8, 6));  // of the one node, where all six experts are
  CHECK(pairs.at({0, 0}) == Approx(8 * 7 * 1000.0 * ranks / 8).epsilon(1e-12));
}

TEST_CASE("Uneven experts bring the busiest rank its multiple of the mean and the others the rest") {
  MoeTraffic uneven = two_tiers;
  uneven.imbalance = 1.5;
  for (const MoeCopies copies : {MoeCopies::per_expert, MoeCopies::per_rank}) {
    const auto even = bytes_between(collective::moe_dispatch(two_tiers, copies, Bytes(1000)), 1);
    const auto pairs = bytes_between(collective::moe_dispatch(uneven, copies, Bytes(1000)), 1);
    CHECK(pairs.at({5, 0}) == Approx(1.5 * even.at({5, 0})).epsilon(1e-12));
    CHECK(pairs.at({0, 5}) == Approx((24 - 1.5) / 23 * even.at({0, 5})).epsilon(1e-12));
  }
  const auto within = bytes_between(collective::moe_dispatch(uneven, MoeCopies::per_node, Bytes(1000)), 1);
  CHECK(within.at({3, 0}) / within.at({3, 1}) == Approx(1.5 / ((24 - 1.5) / 23)).epsilon(1e-12));
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

TEST_CASE("Where a group lies in one node, or each rank is a node, a copy goes straight to each rank") {
  for (const MoeTraffic traffic :
       {MoeTraffic{.ranks = 8, .ranks_per_node = 8, .top_k = 4}, MoeTraffic{.ranks = 4, .ranks_per_node = 8, .top_k = 4},
        MoeTraffic{.ranks = 12, .ranks_per_node = 1, .top_k = 4}}) {
    CHECK(flows(collective::moe_dispatch(traffic, MoeCopies::per_node, Bytes(1000)), false) ==
          flows(collective::moe_dispatch(traffic, MoeCopies::per_rank, Bytes(1000)), false));
  }
}

TEST_CASE("A combine is the dispatch with every flow turned round") {
  const MoeCopies copies = GENERATE(MoeCopies::per_expert, MoeCopies::per_rank, MoeCopies::per_node);
  const auto back = flows(collective::moe_combine(two_tiers, copies, Bytes(1000)), true);
  CHECK(back == flows(collective::moe_dispatch(two_tiers, copies, Bytes(1000)), false));
  CHECK_FALSE(back.empty());
}

TEST_CASE("One rank holds all experts itself") {
  CHECK(collective::moe_dispatch({.ranks = 1, .top_k = 8}, MoeCopies::per_expert, Bytes(1000)).empty());
  CHECK(collective::moe_combine({.ranks = 1, .top_k = 8}, MoeCopies::per_node, Bytes(1000)).empty());
}

namespace {

double expected(int domains, double top_k, int groups = 0, int limit = 0) {
  return collective::expected_domains({.ranks = domains, .top_k = top_k, .group_limit = limit, .groups = groups}, domains);
}

// The same, averaged over all ways to choose `limit` of `groups` and then `picks` times a group and a domain in it.
double counted_domains(int domains, int picks, int groups, int limit) {
  double sum = 0;
  int choices = 0;
  for (unsigned set = 0; set < 1U << groups; ++set) {
    std::vector<int> places;  // domains (or parts of one) that the token may use, each as likely
    for (int place = 0; place < std::max(domains, groups); ++place) {
      if ((set >> (domains >= groups ? place / (domains / groups) : place) & 1U) != 0)
        places.push_back(domains >= groups ? place : place / (groups / domains));
    }
    if (std::popcount(set) != limit) continue;
    const int ways = static_cast<int>(std::lround(std::pow(places.size(), picks)));
    for (int way = 0; way < ways; ++way) {
      std::set<int> hit;
      for (int i = 0, rest = way; i < picks; ++i, rest /= static_cast<int>(places.size()))
        hit.insert(places[static_cast<std::size_t>(rest) % places.size()]);
      sum += static_cast<double>(hit.size()) / ways;
    }
    ++choices;
  }
  return sum / choices;
}

}  // namespace

TEST_CASE("The expected number of nodes is the average over all choices") {
  const auto [nodes, picks] = GENERATE(table<int, int>({{2, 1}, {2, 4}, {3, 3}, {4, 6}, {7, 5}}));
  CHECK(expected(nodes, picks) == Approx(counted_nodes(nodes, picks)).epsilon(1e-12));
}

TEST_CASE("With a limit on expert groups it is the average over all choices of groups and experts") {
  const auto [domains, picks, groups, limit] = GENERATE(
      table<int, int, int, int>({{4, 3, 4, 2}, {2, 3, 4, 2}, {1, 3, 4, 2}, {8, 3, 4, 2}, {4, 4, 4, 3}, {8, 4, 8, 4}, {4, 4, 8, 3}}));
  CHECK(expected(domains, picks, groups, limit) == Approx(counted_domains(domains, picks, groups, limit)).epsilon(1e-9));
}

TEST_CASE("The expected number of nodes lies between one and all, and below its limit") {
  CHECK(expected(1, 8) == Approx(1).epsilon(1e-12));
  CHECK(expected(16, 1) == Approx(1).epsilon(1e-12));
  CHECK(expected(16, 1e4) == Approx(16).epsilon(1e-12));
  CHECK(expected(16, 1e4, 16, 4) == Approx(4).epsilon(1e-9));
  CHECK(expected(2, 8, 2, 4) < 2);  // a limit beyond reach does not count
}
