#include "collective/schedule.hpp"

namespace podsim::collective {

Pieces pieces_of(const Step& step, Pieces pieces, int i) {
  const int block = pieces.first / step.wrap * step.wrap;
  const int place = (pieces.first - block + i * step.shift) % step.wrap;
  pieces.first = block + (place < 0 ? place + step.wrap : place);
  return pieces;
}

Schedule side_by_side(const Schedule& schedule, int size, int ranks) {
  if (size == ranks) return schedule;
  Schedule together;
  for (const Step& step : schedule) {
    Step all = step;
    for (int first = size; first < ranks; first += size) {
      for (Flow flow : step.flows) {
        flow.from += first;
        flow.to += first;
        all.flows.push_back(flow);
      }
      for (Tree tree : step.trees) {
        tree.root += first;
        tree.members.first += first;
        all.trees.push_back(tree);
      }
    }
    together.push_back(std::move(all));
  }
  return together;
}

int latencies(const Schedule& schedule) {
  int count = 0;
  for (const Step& step : schedule) count += step.repeat * step.depth;
  return count;
}

}  // namespace podsim::collective
