#include "collective/moe.hpp"

#include <cmath>
#include <numeric>

namespace podsim::collective {
namespace {

// The chance that j of the `used` groups, of `groups`, are among `own` of them.
double hypergeometric(int groups, int used, int own, int j) {
  const auto log_choose = [](int n, int k) { return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0); };
  if (j > used || used - j > groups - own) return 0;
  return std::exp(log_choose(own, j) + log_choose(groups - own, used - j) - log_choose(groups, used));
}

bool forwards(const MoeTraffic& traffic, MoeCopies copies) {
  return copies == MoeCopies::per_node && traffic.ranks_per_node > 1 && traffic.ranks > traffic.ranks_per_node;
}

// By rank: what a sender's tokens make of copies for it / what they would without imbalance.
double want(const MoeTraffic& traffic, int rank) {
  return rank == 0 ? traffic.imbalance : (traffic.ranks - traffic.imbalance) / (traffic.ranks - 1);
}

// Straight to every rank, `copies` of a token in all.
Schedule straight(const MoeTraffic& traffic, double copies, Bytes bytes) {
  const int n = traffic.ranks;
  Step step;
  step.flows.reserve(static_cast<std::size_t>(n) * static_cast<std::size_t>(n - 1));
  for (int from = 0; from < n; ++from) {
    for (int to = 0; to < n; ++to) {
      if (from != to) step.flows.push_back({.from = from, .to = to, .bytes = bytes * (copies / n * want(traffic, to))});
    }
  }
  return {step};
}

}  // namespace

double expected_domains(const MoeTraffic& traffic, int domains) {
  const int groups = traffic.groups > 0 ? traffic.groups : std::max(1, traffic.ranks / std::max(1, traffic.ranks_per_node));
  const bool limited = traffic.group_limit > 0 && traffic.group_limit < groups;
  if (!limited) return domains * (1 - std::pow(1 - 1.0 / domains, traffic.top_k));
  const int used = traffic.group_limit;
  if (domains > groups) {
    const double reachable = static_cast<double>(domains) / groups * used;
    return reachable * (1 - std::pow(1 - 1 / reachable, traffic.top_k));
  }
  const int own = groups / domains;
  double chance = 0;
  for (int j = 1; j <= own; ++j)
    chance += hypergeometric(groups, used, own, j) * (1 - std::pow(1 - static_cast<double>(j) / used, traffic.top_k));
  return domains * chance;
}

int moe_destinations(const MoeTraffic& traffic, MoeCopies copies) {
  if (forwards(traffic, copies)) return traffic.ranks / traffic.ranks_per_node + traffic.ranks_per_node - 2;
  return traffic.ranks - 1;
}

Schedule moe_dispatch(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes) {
  const int n = traffic.ranks;
  if (n < 2) return {};
  if (copies == MoeCopies::per_expert) return straight(traffic, traffic.top_k, bytes);
  const double to_ranks = expected_domains(traffic, n);
  if (!forwards(traffic, copies)) return straight(traffic, to_ranks, bytes);
  const int per_node = traffic.ranks_per_node;
  const int nodes = n / per_node;
  const Bytes to_each_node = bytes * (expected_domains(traffic, nodes) / nodes);
  const Bytes forwarded = bytes * (to_ranks / per_node);  // of its own tokens and of those that came to its position
  Step step;
  for (int from = 0; from < n; ++from) {
    const int node = from / per_node;
    const int position = from % per_node;
    for (int other = 0; other < nodes; ++other) {
      if (other != node) step.flows.push_back({.from = from, .to = other * per_node + position, .bytes = to_each_node});
    }
    for (int peer = 0; peer < per_node; ++peer) {
      const int to = node * per_node + peer;
      if (to != from) step.flows.push_back({.from = from, .to = to, .bytes = forwarded * want(traffic, to)});
    }
  }
  return {step};
}

Schedule moe_combine(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes) {
  Schedule schedule = moe_dispatch(traffic, copies, bytes);
  for (Step& step : schedule) {
    for (Flow& flow : step.flows) std::swap(flow.from, flow.to);
  }
  return schedule;
}

}  // namespace podsim::collective
