// The time of one operator on one endpoint: a roofline with the chip's achieved efficiencies.
#pragma once

#include <array>

#include "base/units.hpp"
#include "hardware/chip.hpp"
#include "model/operators.hpp"

namespace podsim::compute {

// Where a predicted time comes from, the surest first.
enum class TimeSource { measured, fitted, datasheet };
using TimeBySource = std::array<Seconds, 3>;  // by TimeSource

// Time, and how long the arithmetic units and the memory would need at their data-sheet peaks (for power).
struct OperatorTime {
  Seconds total;
  Seconds compute;
  Seconds memory;
  double calls = 0;        // that the host makes without a graph
  TimeBySource by_source;  // adds up to the total

  OperatorTime& operator+=(const OperatorTime& other);
  friend OperatorTime operator*(OperatorTime time, double times);
};

// max(flops / (peak * efficiency), bytes / (bandwidth * efficiency)) + kernels * overhead.
// The chip must have a peak for the operator's format (Scenario checks).
OperatorTime operator_time(const hardware::ChipSpec& chip, const model::Operator& op);

}  // namespace podsim::compute
