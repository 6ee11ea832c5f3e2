// Reductions and copies made by one switch that joins all ranks (NVLink SHARP).
#include "collective/schedules.hpp"

namespace podsim::collective {

Schedule nvls_all_reduce(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step{.flows = {}, .depth = 2, .local = bytes};
  const Pieces all = {.count = ranks};
  for (const Tree::Kind kind : {Tree::Kind::reduce, Tree::Kind::multicast}) {
    for (int rank = 0; rank < ranks; ++rank)
      step.trees.push_back({.kind = kind, .root = rank, .members = all, .bytes = bytes / ranks, .pieces = {.first = rank}});
  }
  return {step};
}

Schedule nvls_broadcast(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step;
  step.trees.push_back({.kind = Tree::Kind::multicast, .root = 0, .members = {.count = ranks}, .bytes = bytes});
  return {step};
}

}  // namespace podsim::collective
