// Rings: every rank passes pieces on to its right neighbour.
#include "collective/schedules.hpp"

namespace podsim::collective {
namespace {

// In repetition s rank r sends piece r + start - s.
Step ring_step(int ranks, Bytes piece, int start, Arrival arrival) {
  Step step{.flows = {}, .repeat = ranks - 1, .arrival = arrival, .shift = -1, .wrap = ranks};
  for (int rank = 0; rank < ranks; ++rank) {
    step.flows.push_back({.from = rank, .to = (rank + 1) % ranks, .bytes = piece, .pieces = {.first = (rank + start) % ranks}});
  }
  return step;
}

}  // namespace

Schedule ring_reduce_scatter(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step = ring_step(ranks, bytes / ranks, ranks - 1, Arrival::adds);  // rank r ends with piece r
  step.local = bytes / ranks;
  return {step};
}

Schedule ring_all_gather(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step = ring_step(ranks, bytes, 0, Arrival::replaces);
  step.local = bytes;
  return {step};
}

Schedule ring_all_reduce(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Schedule schedule = {ring_step(ranks, bytes / ranks, ranks - 1, Arrival::adds), ring_step(ranks, bytes / ranks, 0, Arrival::replaces)};
  schedule.front().local = bytes / ranks;
  return schedule;
}

Schedule chain_broadcast(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step{.flows = {}, .depth = ranks - 1};
  for (int rank = 0; rank + 1 < ranks; ++rank) step.flows.push_back({.from = rank, .to = rank + 1, .bytes = bytes});
  return {step};
}

}  // namespace podsim::collective
