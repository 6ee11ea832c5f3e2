// Direct exchanges: every rank writes to every other at once.
#include "collective/schedules.hpp"

namespace podsim::collective {
namespace {

// A flow from every rank to every other; `pieces` says what goes from r to t.
template <class PiecesFor>
Step everyone_to_everyone(int ranks, Bytes bytes, Arrival arrival, PiecesFor pieces) {
  Step step{.flows = {}, .arrival = arrival};
  step.flows.reserve(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(ranks - 1));
  for (int from = 0; from < ranks; ++from) {
    for (int to = 0; to < ranks; ++to) {
      if (from != to) step.flows.push_back({.from = from, .to = to, .bytes = bytes, .pieces = pieces(from, to)});
    }
  }
  return step;
}

}  // namespace

Schedule one_shot_all_reduce(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  return {everyone_to_everyone(ranks, bytes, Arrival::adds, [=](int, int) { return Pieces{.count = ranks}; })};
}

Schedule direct_reduce_scatter(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step = everyone_to_everyone(ranks, bytes / ranks, Arrival::adds, [](int, int to) { return Pieces{.first = to}; });
  step.local = bytes / ranks;
  return {step};
}

Schedule direct_all_gather(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step = everyone_to_everyone(ranks, bytes, Arrival::replaces, [](int from, int) { return Pieces{.first = from}; });
  step.local = bytes;
  return {step};
}

Schedule two_shot_all_reduce(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Schedule schedule = direct_reduce_scatter(ranks, bytes);
  schedule.push_back(direct_all_gather(ranks, bytes / ranks).front());
  schedule.back().local = Bytes(0);  // the reduced piece lies where it belongs
  return schedule;
}

Schedule direct_all_to_all(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step =
      everyone_to_everyone(ranks, bytes / ranks, Arrival::replaces, [=](int from, int to) { return Pieces{.first = from * ranks + to}; });
  step.local = bytes / ranks;
  return {step};
}

Schedule direct_broadcast(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step;
  for (int rank = 1; rank < ranks; ++rank) step.flows.push_back({.from = 0, .to = rank, .bytes = bytes});
  return {step};
}

Schedule direct_send(int ranks, Bytes bytes) {
  if (ranks < 2) return {};
  Step step;
  const int half = ranks / 2;
  for (int rank = 0; rank < half; ++rank)
    step.flows.push_back({.from = rank, .to = half + rank, .bytes = bytes, .pieces = {.first = rank}});
  return {step};
}

}  // namespace podsim::collective
