#include "engine/step_run.hpp"

#include <algorithm>

namespace podsim::engine {

Seconds StepRun::time_of(std::int64_t n) const {
  const double growth = steps > 1 ? (last.total - first.total).value() / static_cast<double>(steps - 1) : 0;
  const auto count = static_cast<double>(n);
  return first.total * count + Seconds(growth * count * (count - 1) / 2);
}

std::int64_t StepRun::steps_by(Seconds elapsed) const {
  std::int64_t low = 1, high = steps;
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (time_of(middle) >= elapsed) high = middle;
    else low = middle + 1;
  }
  return low;
}

std::int64_t StepRun::completed(Seconds elapsed) const {
  if (steps == 1) return 0;
  const std::int64_t reached = steps_by(elapsed);
  return time_of(reached) > elapsed ? reached - 1 : reached;
}

double StepRun::shared_at(Seconds elapsed) const {
  if (first.total <= Seconds(0)) return 0;
  const auto step = static_cast<double>(std::min(completed(elapsed), steps - 1));
  const Seconds total = steps > 1 ? first.total + (last.total - first.total) * (step / static_cast<double>(steps - 1)) : first.total;
  return first.shared / total;
}

}  // namespace podsim::engine
