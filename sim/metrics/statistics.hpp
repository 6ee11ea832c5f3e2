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

// A mean, and half the width of its confidence interval.
struct Estimate {
  double mean = 0;
  double half_width = 0;
};

// The mean of independent runs with its 95 % interval by Student's t: t(0.975, n - 1) s / sqrt(n); infinite for a single run.
// `sample` must not be empty.
Estimate estimate_of(const std::vector<double>& sample);

// The q-quantile, q in [0, 1], linear between order statistics (Hyndman-Fan type 7, numpy's default).
// `sorted` must be in ascending order and not empty.
double quantile(const std::vector<double>& sorted, double q);

// All zero for an empty sample.
Distribution distribution_of(std::vector<double> sample);

}  // namespace podsim::metrics
