#include "metrics/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace podsim::metrics {

Estimate estimate_of(const std::vector<double>& sample) {
  const auto n = static_cast<double>(sample.size());
  const double mean = std::accumulate(sample.begin(), sample.end(), 0.0) / n;
  if (sample.size() < 2) return {mean, std::numeric_limits<double>::infinity()};
  double squares = 0;
  for (const double value : sample) squares += (value - mean) * (value - mean);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  return {mean, t * std::sqrt(squares / (n - 1) / n)};
}

double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - static_cast<double>(below));
}

Distribution distribution_of(std::vector<double> sample) {
  if (sample.empty()) return {};
  const double mean = std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
  // A sample of a million need not be sorted for three figures: the neighbours of a quantile are put where they would stand in order, and
  // what lies below them is below the higher quantiles, too.
  auto rest = sample.begin();
  const auto next_quantile = [&](double q) {
    const auto below = sample.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(sample.size() - 1));
    std::nth_element(rest, below, sample.end());
    if (below + 1 != sample.end()) std::iter_swap(below + 1, std::min_element(below + 1, sample.end()));
    rest = below;
    return quantile(sample, q);
  };
  Distribution distribution{.mean = mean};
  distribution.p50 = next_quantile(0.5);
  distribution.p90 = next_quantile(0.9);
  distribution.p99 = next_quantile(0.99);
  return distribution;
}

}  // namespace podsim::metrics
