// Whether a number that goes up and down has grown more than by chance.
#pragma once

#include <cstdint>
#include <vector>

namespace podsim::metrics {

// `numbers` at equal distances in time, at least 3. True when their mean increment is above 0 at the 1 % level (one-sided t test). Above
// capacity a queue is a random walk with drift, whose increments are independent, as the test wants; below capacity it comes back, so that
// the test says yes less often than in one case of a hundred. (A line fitted to the numbers themselves would need a correction for their
// dependence.)
bool has_grown(const std::vector<std::int64_t>& numbers);

}  // namespace podsim::metrics
