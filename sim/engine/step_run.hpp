// Steps that an instance takes one after the other, seen as one.
#pragma once

#include "engine/step_cost.hpp"

namespace podsim::engine {

// Decode steps whose durations grow linearly, as they do while nobody joins or leaves.
struct StepRun {
  std::int64_t steps = 1;
  StepTime first;
  StepTime last;

  Seconds time_of(std::int64_t steps) const;      // of the first `steps` of them
  std::int64_t steps_by(Seconds elapsed) const;   // the fewest that take at least `elapsed`
  std::int64_t completed(Seconds elapsed) const;  // before `elapsed`
  double shared_at(Seconds elapsed) const;        // StepTime::shared / total of the step under way; 0 without steps
};

}  // namespace podsim::engine
