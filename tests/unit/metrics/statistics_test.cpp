// Quantiles and means of samples.
#include "metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

using podsim::metrics::distribution_of;
using podsim::metrics::quantile;

TEST_CASE("A quantile lies between order statistics as numpy's default does") {
  // numpy: position q (n - 1), the fraction of the way from the value below to the value above.
  const std::vector<double> sample = {1, 2, 4, 8, 16};
  const auto [q, expected] = GENERATE(table<double, double>(
      {{0, 1}, {1, 16}, {0.5, 4}, {0.25, 2}, {0.1, 1 + 0.4 * 1}, {0.9, 8 + 0.6 * 8}, {0.99, 8 + 0.96 * 8}, {0.3, 2 + 0.2 * 2}}));
  CHECK(quantile(sample, q) == Approx(expected));
}

TEST_CASE("Of 0, 1, ..., n the q-quantile is q n") {
  const int n = GENERATE(1, 2, 9, 100, 1001);
  std::vector<double> sample(static_cast<std::size_t>(n) + 1);
  std::iota(sample.begin(), sample.end(), 0);
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 1.0}) CHECK(quantile(sample, q) == Approx(q * n));
}

TEST_CASE("Every quantile of one value is that value") {
  for (const double q : {0.0, 0.3, 0.5, 0.99, 1.0}) CHECK(quantile({7}, q) == 7);
}

TEST_CASE("A quantile never falls as q rises") {
  podsim::RandomEngine random = podsim::random_stream(1, "quantiles");
  std::vector<double> sample(57);
  std::generate(sample.begin(), sample.end(), [&] { return static_cast<double>(random() % 1000); });
  std::sort(sample.begin(), sample.end());
  for (int i = 1; i <= 200; ++i) CHECK(quantile(sample, i / 200.0) >= quantile(sample, (i - 1) / 200.0));
}

TEST_CASE("A distribution does not need its sample in order") {
  const auto d = distribution_of({8, 1, 16, 2, 4});
  CHECK(d.mean == Approx(31.0 / 5));
  CHECK(d.p50 == Approx(4));
  CHECK(d.p90 == Approx(8 + 0.6 * 8));
  CHECK(d.p99 == Approx(8 + 0.96 * 8));
}

TEST_CASE("The quantiles of a distribution are those of the sample in order") {
  const int n = GENERATE(1, 2, 3, 10, 11, 100, 101, 4321);
  podsim::RandomEngine random = podsim::random_stream(static_cast<std::uint64_t>(n), "distribution");
  std::vector<double> sample(static_cast<std::size_t>(n));
  std::generate(sample.begin(), sample.end(), [&] { return static_cast<double>(random() % 1000); });
  const auto d = distribution_of(sample);
  std::sort(sample.begin(), sample.end());
  CHECK(d.p50 == quantile(sample, 0.5));
  CHECK(d.p90 == quantile(sample, 0.9));
  CHECK(d.p99 == quantile(sample, 0.99));
}

TEST_CASE("The distribution of nothing is zero") {
  const auto d = distribution_of({});
  CHECK(d.mean == 0);
  CHECK(d.p50 == 0);
  CHECK(d.p90 == 0);
  CHECK(d.p99 == 0);
}

TEST_CASE("A mean of independent runs has the interval of Student's t") {
  const auto estimate = podsim::metrics::estimate_of({4, 6, 8, 10});
  CHECK(estimate.mean == Approx(7));
  // s^2 = (9 + 1 + 1 + 9) / 3; t(0.975, 3) = 3.1824 (tables).
  CHECK(estimate.half_width == Approx(3.1824 * std::sqrt(20.0 / 3 / 4)).epsilon(1e-4));
  CHECK(podsim::metrics::estimate_of({5, 5, 5}).half_width == 0);
  CHECK(std::isinf(podsim::metrics::estimate_of({5}).half_width));
}
