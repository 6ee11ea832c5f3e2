// Percentiles over all tokens, from runs of steps instead of tokens.
#include "metrics/token_gaps.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "support/run_logs.hpp"

using namespace podsim;
using metrics::distribution_of_gaps;
using metrics::EvenGaps;

namespace {

// The smallest value that a share of `q` does not exceed, token by token.
double by_counting(const std::vector<EvenGaps>& gaps, double q) {
  std::vector<double> all;
  for (const EvenGaps& g : gaps) {
    for (std::int64_t i = 0; i < g.steps; ++i) {
      const double share = g.steps > 1 ? static_cast<double>(i) / static_cast<double>(g.steps - 1) : 0;
      all.insert(all.end(), static_cast<std::size_t>(g.sequences), g.first + (g.last - g.first) * share);
    }
  }
  std::ranges::sort(all);
  return all[static_cast<std::size_t>(std::max(0.0, std::ceil(q * static_cast<double>(all.size())) - 1))];
}

}  // namespace

TEST_CASE("Percentiles of runs are those of their tokens one by one") {
  RandomEngine random = random_stream(GENERATE(1U, 2U, 3U, 4U), "gaps");
  const auto draw = [&](double low, double high) {
    return low * std::pow(high / low, static_cast<double>(random() >> 11) / 9007199254740992.0);
  };
  std::vector<EvenGaps> gaps;
  for (int i = 0; i < 200; ++i) {
    const double first = draw(1e-3, 1);
    const auto steps = static_cast<std::int64_t>(draw(1, 300));
    gaps.push_back({first, steps > 1 ? first * draw(0.9, 1.3) : first, steps, std::floor(draw(1, 60))});
  }
  const auto found = distribution_of_gaps(gaps);
  CHECK(found.p50 == Approx(by_counting(gaps, 0.5)).epsilon(1e-6));
  CHECK(found.p90 == Approx(by_counting(gaps, 0.9)).epsilon(1e-6));
  CHECK(found.p99 == Approx(by_counting(gaps, 0.99)).epsilon(1e-6));
}

TEST_CASE("Of a few gaps that lie close together the percentile is the right one") {
  const std::vector<EvenGaps> gaps = {{1.0015, 1.0015, 1, 1}, {1, 1, 1, 1}, {1.001, 1.001, 1, 1}, {1.0005, 1.0005, 1, 1}};
  const auto found = distribution_of_gaps(gaps);
  CHECK(found.p50 == Approx(1.0005).epsilon(1e-7));
  CHECK(found.p90 == Approx(1.0015).epsilon(1e-7));
}

TEST_CASE("Equal gaps have that gap at every percentile; no gaps have none") {
  const auto equal = distribution_of_gaps({{0.02, 0.02, 1000, 7}, {0.02, 0.02, 1, 3}});
  CHECK(equal.mean == Approx(0.02));
  CHECK(equal.p50 == Approx(0.02));
  CHECK(equal.p99 == Approx(0.02));
  CHECK(distribution_of_gaps({}).p99 == 0);
}

TEST_CASE("A step counts for everyone who decodes in it, but not for those who have waited longer") {
  auto log = test::empty_log();
  log.steps = {test::step(0, 1), test::step(1, 0.6), test::step(1.6, 5)};
  log.steps[0].prefill_tokens = 100;  // nobody decodes
  log.steps[1].steps = 3;             // 0.1, 0.2, 0.3 s
  log.steps[1].first = Seconds(0.1);
  log.steps[1].decode_sequences = 10;
  log.steps[1].late = 4;
  log.gaps = {{Seconds(1.1), Seconds(0.9), 4}};
  const auto all = metrics::inter_token_latency(log, {Seconds(0), Seconds(10)});
  CHECK(all.mean == Approx((6 * 0.1 + 4 * 0.9 + 10 * 0.2 + 10 * 0.3) / 30));
  CHECK(all.p50 == Approx(0.2));
  CHECK(all.p99 == Approx(0.9));
  const auto late = metrics::inter_token_latency(log, {Seconds(1.2), Seconds(1.5)});  // the second step alone
  CHECK(late.mean == Approx(0.2));
  CHECK(metrics::inter_token_latency(log, {Seconds(2), Seconds(10)}).p99 == 0);
}
