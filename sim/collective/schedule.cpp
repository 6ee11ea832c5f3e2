#include "collective/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::collective {
namespace {

// Every rank sends `bytes` to its right neighbour.
Step ring_step(int ranks, Bytes bytes, int repeat) {
  Step step;
  step.repeat = repeat;
  for (int rank = 0; rank < ranks; ++rank) step.flows.push_back({rank, (rank + 1) % ranks, bytes});
  return step;
}

}  // namespace

Schedule ring_all_reduce(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  return {ring_step(ranks, bytes / ranks, 2 * (ranks - 1))};
}

Schedule ring_reduce_scatter(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  return {ring_step(ranks, bytes / ranks, ranks - 1)};
}

Schedule ring_all_gather(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  return {ring_step(ranks, bytes, ranks - 1)};
}

Schedule all_to_all(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step;
  for (int from = 0; from < ranks; ++from) {
    for (int to = 0; to < ranks; ++to) {
      if (from != to) step.flows.push_back({from, to, bytes / ranks});
    }
  }
  return {step};
}

double expected_nodes(int nodes, double top_k, int max_nodes) {
  const double hit = nodes * (1 - std::pow(1 - 1.0 / nodes, top_k));
  return max_nodes > 0 ? std::min<double>(hit, max_nodes) : hit;
}

int moe_destinations(const MoeTraffic& traffic, MoeCopies copies) {
  const bool per_node = copies == MoeCopies::per_node && traffic.ranks > traffic.ranks_per_node;
  return per_node ? traffic.ranks / traffic.ranks_per_node + traffic.ranks_per_node - 2 : traffic.ranks - 1;
}

Schedule moe_dispatch(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes) {
  const int n = traffic.ranks;
  if (n < 2) return {};
  if (copies == MoeCopies::per_expert || traffic.ranks_per_node <= 1 || n <= traffic.ranks_per_node) {
    return all_to_all(n, bytes * traffic.top_k);
  }
  // Over the node's own network every copy travels; between nodes one copy a node, to the rank of the same position.
  const int per_node = traffic.ranks_per_node;
  const int nodes = n / per_node;
  const Bytes to_each_node = bytes * (expected_nodes(nodes, traffic.top_k, traffic.max_nodes) / nodes);
  const Bytes forwarded = bytes * (traffic.top_k / per_node);  // arrives at a rank's peers for each of its own and its forwarded tokens
  Step step;
  for (int from = 0; from < n; ++from) {
    const int node = from / per_node;
    const int position = from % per_node;
    for (int other = 0; other < nodes; ++other) {
      if (other != node) step.flows.push_back({from, other * per_node + position, to_each_node});
    }
    for (int peer = 0; peer < per_node; ++peer) {
      if (peer != position) step.flows.push_back({from, node * per_node + peer, forwarded});
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
