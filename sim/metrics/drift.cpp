#include "metrics/drift.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace podsim::metrics {
namespace {
constexpr double level = 0.01;
}

bool has_grown(const std::vector<std::int64_t>& numbers) {
  const auto increments = static_cast<double>(numbers.size() - 1);
  const double mean = static_cast<double>(numbers.back() - numbers.front()) / increments;
  double squares = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const double deviation = static_cast<double>(numbers[i] - numbers[i - 1]) - mean;
    squares += deviation * deviation;
  }
  const double error = std::sqrt(squares / (increments - 1) / increments);
  const boost::math::students_t distribution(increments - 1);
  return mean > error * boost::math::quantile(boost::math::complement(distribution, level));
}

}  // namespace podsim::metrics
