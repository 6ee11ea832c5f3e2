#include "metrics/statistics.hpp"

#include <algorithm>
#include <numeric>

namespace podsim::metrics {

double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - static_cast<double>(below));
}

Distribution distribution_of(std::vector<double> sample) {
  if (sample.empty()) return {};
  std::sort(sample.begin(), sample.end());
  const double mean = std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
  return {mean, quantile(sample, 0.5), quantile(sample, 0.9), quantile(sample, 0.99)};
}

}  // namespace podsim::metrics
