// Moments of many draws.
#pragma once

#include <cmath>
#include <numeric>
#include <vector>

namespace test {

inline constexpr int draws = 100000;

inline double mean_of(const std::vector<double>& sample) {
  return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

inline double deviation_of(const std::vector<double>& sample) {
  const double mean = mean_of(sample);
  double squares = 0;
  for (const double x : sample) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(sample.size()));
}

// Four standard errors of the mean of `draws` numbers.
inline double tolerance(double deviation) { return 4 * deviation / std::sqrt(draws); }

}  // namespace test
