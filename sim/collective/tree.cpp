// Binary trees, two of which carry half of the vector each.
#include <algorithm>

#include "collective/schedules.hpp"

namespace podsim::collective {
namespace {

// The in-order binary tree over 0 .. ranks-1 with root 0: odd ranks are leaves. By rank; -1 for the root.
std::vector<int> parents(int ranks) {
  std::vector<int> parent(static_cast<std::size_t>(ranks), -1);
  for (int rank = 1; rank < ranks; ++rank) {
    const int bit = rank & -rank;
    const int up = (rank ^ bit) | (bit << 1);
    parent[static_cast<std::size_t>(rank)] = up < ranks ? up : rank ^ bit;
  }
  return parent;
}

// The other tree of a pair: mirrored where ranks are even, moved by one where they are odd, so that odd and even ranks change places.
int partner(int rank, int ranks) { return ranks % 2 == 0 ? ranks - 1 - rank : (rank + 1) % ranks; }

// Edges (child, parent), deepest first; `depth` is the number of levels below the root.
struct Edges {
  std::vector<std::pair<int, int>> list;
  int depth = 0;
};

Edges edges_of(int ranks) {
  const std::vector<int> parent = parents(ranks);
  std::vector<int> level(parent.size());
  for (int rank = 0; rank < ranks; ++rank) {
    for (int at = rank; parent[static_cast<std::size_t>(at)] >= 0; at = parent[static_cast<std::size_t>(at)])
      ++level[static_cast<std::size_t>(rank)];
  }
  Edges edges;
  for (int rank = 1; rank < ranks; ++rank) edges.list.emplace_back(rank, parent[static_cast<std::size_t>(rank)]);
  std::stable_sort(edges.list.begin(), edges.list.end(), [&](const auto& a, const auto& b) {
    return level[static_cast<std::size_t>(a.first)] > level[static_cast<std::size_t>(b.first)];
  });
  edges.depth = *std::max_element(level.begin(), level.end());
  return edges;
}

}  // namespace

Schedule tree_all_reduce(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  const Edges edges = edges_of(ranks);
  Step up{.flows = {}, .arrival = Arrival::adds, .depth = edges.depth};
  Step down{.flows = {}, .depth = edges.depth};
  for (int half = 0; half < 2; ++half) {
    const auto named = [&](int rank) { return half == 0 ? rank : partner(rank, ranks); };
    for (const auto& [child, parent] : edges.list)
      up.flows.push_back({.from = named(child), .to = named(parent), .bytes = bytes / 2, .pieces = {.first = half}});
    for (auto edge = edges.list.rbegin(); edge != edges.list.rend(); ++edge)
      down.flows.push_back({.from = named(edge->second), .to = named(edge->first), .bytes = bytes / 2, .pieces = {.first = half}});
  }
  return {up, down};
}

Schedule tree_broadcast(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  const Edges edges = edges_of(ranks);
  Step down{.flows = {}, .depth = edges.depth};
  for (auto edge = edges.list.rbegin(); edge != edges.list.rend(); ++edge)
    down.flows.push_back({.from = edge->second, .to = edge->first, .bytes = bytes});
  return {down};
}

}  // namespace podsim::collective
