// The time of one operator on one endpoint: a roofline with the chip's achieved efficiencies.
#pragma once

#include <span>

#include "base/units.hpp"
#include "hardware/chip.hpp"
#include "model/operators.hpp"

namespace podsim::compute {

// Time, and how long the arithmetic units and the memory would need at their data-sheet peaks (for power).
struct OperatorTime {
  Seconds total;
  Seconds compute;
  Seconds memory;
  double kernels = 0;  // launched

  OperatorTime& operator+=(const OperatorTime& other);
  friend OperatorTime operator*(OperatorTime time, double times);
};

// max(flops / (peak * efficiency), bytes / (bandwidth * efficiency)) + kernels * overhead.
// The chip must have a peak for the operator's format (Scenario checks).
OperatorTime operator_time(const hardware::ChipSpec& chip, const model::Operator& op);

// The sum over operators that run one after the other.
OperatorTime sum_of(const hardware::ChipSpec& chip, std::span<const model::Operator> operators);

}  // namespace podsim::compute
