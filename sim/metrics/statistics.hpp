// Mean and percentiles of a sample.
#pragma once

#include <vector>

namespace podsim::metrics {

struct Distribution {
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
};

// The q-quantile, q in [0, 1], linear between order statistics (Hyndman-Fan type 7, numpy's default).
// `sorted` must be in ascending order and not empty.
double quantile(const std::vector<double>& sorted, double q);

// All zero for an empty sample.
Distribution distribution_of(std::vector<double> sample);

}  // namespace podsim::metrics
