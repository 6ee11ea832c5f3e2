// The time of an operator whose shape is known: measured where a table covers it, else from fitted kernels, else a roofline.
#pragma once

#include <span>

#include "compute/measured_table.hpp"
#include "compute/operator_cost.hpp"
#include "compute/shape.hpp"

namespace podsim::compute {

// `table` may be null. The busy times of arithmetic and memory are those of `op` at the data-sheet peaks. A grouped product
// carries half the start of its block, which has two; the vector work of the block then has no start of its own.
OperatorTime shaped_time(const hardware::ChipSpec& chip, const MeasuredTable* table, const model::Operator& op, const Shape& shape);

// The sum over operators that run one after the other.
OperatorTime sum_of(const hardware::ChipSpec& chip, const MeasuredTable* table, std::span<const model::Operator> operators);

}  // namespace podsim::compute
