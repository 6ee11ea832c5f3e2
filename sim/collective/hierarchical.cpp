// Two levels: a fast network within the node, a rail for each position between nodes.
#include "collective/schedules.hpp"

namespace podsim::collective {
namespace {

// Ranks b * positions + j: node b, position j. The vector has one piece a rank; piece j * nodes + b is the b-th of position j.
struct Nodes {
  int nodes;
  int positions;
  Bytes piece;

  int rank(int node, int position) const { return node * positions + position; }
};

// A ring over the positions of every node with all pieces of a position at once; in repetition s position j sends those of
// position j + start - s.
Step ring_within(const Nodes& n, int start, Arrival arrival) {
  Step step{.flows = {}, .repeat = n.positions - 1, .arrival = arrival, .shift = -n.nodes, .wrap = n.nodes * n.positions};
  for (int b = 0; b < n.nodes; ++b) {
    for (int j = 0; j < n.positions; ++j) {
      step.flows.push_back({.from = n.rank(b, j),
                            .to = n.rank(b, (j + 1) % n.positions),
                            .bytes = n.piece * n.nodes,
                            .pieces = {.first = (j + start) % n.positions * n.nodes, .count = n.nodes}});
    }
  }
  return step;
}

// A ring over the nodes for every position, piece by piece.
Step ring_between(const Nodes& n, int start, Arrival arrival) {
  Step step{.flows = {}, .repeat = n.nodes - 1, .arrival = arrival, .shift = -1, .wrap = n.nodes};
  for (int b = 0; b < n.nodes; ++b) {
    for (int j = 0; j < n.positions; ++j) {
      step.flows.push_back({.from = n.rank(b, j),
                            .to = n.rank((b + 1) % n.nodes, j),
                            .bytes = n.piece,
                            .pieces = {.first = j * n.nodes + (b + start) % n.nodes}});
    }
  }
  return step;
}

// All positions of every node by its switch: a position reads its part reduced, or writes it once for all.
Step switched_within(const Nodes& n, Tree::Kind kind) {
  Step step;
  for (int b = 0; b < n.nodes; ++b) {
    for (int j = 0; j < n.positions; ++j) {
      step.trees.push_back({.kind = kind,
                            .root = n.rank(b, j),
                            .members = {.first = n.rank(b, 0), .count = n.positions},
                            .bytes = n.piece * n.nodes,
                            .pieces = {.first = j * n.nodes, .count = n.nodes}});
    }
  }
  return step;
}

Schedule rings_between(const Nodes& n) {
  if (n.nodes == 1) return {};
  return {ring_between(n, n.nodes - 1, Arrival::adds), ring_between(n, 0, Arrival::replaces)};
}

void overlap(Schedule& schedule) {
  for (std::size_t i = 1; i < schedule.size(); ++i) schedule[i].overlaps = true;
}

// `between` runs among nodes where every position holds its part of the node's sum; chunk follows chunk through all of it.
Schedule around(const Nodes& n, Schedule between) {
  Schedule schedule;
  if (n.positions > 1) schedule.push_back(ring_within(n, n.positions - 1, Arrival::adds));
  schedule.insert(schedule.end(), between.begin(), between.end());
  if (n.positions > 1) schedule.push_back(ring_within(n, 0, Arrival::replaces));
  overlap(schedule);
  return schedule;
}

}  // namespace

Schedule hierarchical_all_reduce(int ranks, int ranks_per_node, Bytes bytes) {
  if (ranks < 2) return {};
  const Nodes n = {ranks / ranks_per_node, ranks_per_node, bytes / ranks};
  return around(n, rings_between(n));
}

Schedule hierarchical_nvls_all_reduce(int ranks, int ranks_per_node, Bytes bytes) {
  if (ranks < 2) return {};
  const Nodes n = {ranks / ranks_per_node, ranks_per_node, bytes / ranks};
  if (n.positions == 1) return around(n, rings_between(n));
  Schedule schedule = rings_between(n);
  schedule.insert(schedule.begin(), switched_within(n, Tree::Kind::reduce));
  schedule.push_back(switched_within(n, Tree::Kind::multicast));
  schedule.front().local = bytes;
  overlap(schedule);
  return schedule;
}

Schedule sharp_all_reduce(int ranks, int ranks_per_node, Bytes bytes) {
  if (ranks < 2) return {};
  const Nodes n = {ranks / ranks_per_node, ranks_per_node, bytes / ranks};
  if (n.nodes == 1) return around(n, {});
  Step step;
  for (int j = 0; j < n.positions; ++j) {
    step.trees.push_back({.kind = Tree::Kind::both,
                          .root = j,
                          .members = {.first = j, .count = n.nodes, .stride = n.positions},
                          .bytes = n.piece * n.nodes,
                          .pieces = {.first = j * n.nodes, .count = n.nodes}});
  }
  return around(n, {step});
}

Schedule hierarchical_all_to_all(int ranks, int ranks_per_node, Bytes bytes) {
  if (ranks < 2) return {};
  const Nodes n = {ranks / ranks_per_node, ranks_per_node, bytes / ranks};
  Step within{.flows = {}, .local = n.piece}, between;
  for (int b = 0; b < n.nodes; ++b) {
    for (int j = 0; j < n.positions; ++j) {
      const int rank = n.rank(b, j);
      for (int k = 0; k < n.positions; ++k) {  // all that goes to position k, wherever
        if (k == j) continue;
        within.flows.push_back({.from = rank,
                                .to = n.rank(b, k),
                                .bytes = n.piece * n.nodes,
                                .pieces = {.first = rank * ranks + k, .count = n.nodes, .stride = n.positions}});
      }
      for (int c = 0; c < n.nodes; ++c) {  // all of this node that goes to that rank
        if (c == b) continue;
        between.flows.push_back({.from = rank,
                                 .to = n.rank(c, j),
                                 .bytes = n.piece * n.positions,
                                 .pieces = {.first = n.rank(b, 0) * ranks + n.rank(c, j), .count = n.positions, .stride = ranks}});
      }
    }
  }
  Schedule schedule;
  if (!within.flows.empty()) schedule.push_back(std::move(within));
  if (!between.flows.empty()) schedule.push_back(std::move(between));
  return schedule;
}

}  // namespace podsim::collective
