// Table cells on their way from a worker to its parent.
#pragma once

#include <string>
#include <vector>

#include "results/column.hpp"

namespace podsim::app {

// Exact: numbers read back to the same bits.
std::string pack(const std::vector<results::Cell>& cells);
std::vector<results::Cell> unpack(const std::string& packed);

}  // namespace podsim::app
