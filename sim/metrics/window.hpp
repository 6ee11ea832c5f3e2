// The part of a run that is measured.
#pragma once

#include <algorithm>
#include <limits>

#include "base/units.hpp"
#include "metrics/run_log.hpp"

namespace podsim::metrics {

// Chosen so that filling up and running dry do not count. Requests belong to it by
// when they finish; tokens, use and energy by when they happen.
struct Window {
  Seconds from{0};
  Seconds to{std::numeric_limits<double>::infinity()};  // at most the end of the run
};

// The share of a step that lies in the window.
inline double share_within(const StepRecord& step, const Window& window) {
  const Seconds end = step.start + step.duration;
  if (step.start >= window.from && end <= window.to) return 1;
  const Seconds inside = std::min(end, window.to) - std::max(step.start, window.from);
  return inside > Seconds(0) ? inside / step.duration : 0;
}

}  // namespace podsim::metrics
