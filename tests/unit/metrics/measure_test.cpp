// Warm-up and cool-down: cut by time, by share of the arrivals and by finished requests.
#include "metrics/measure.hpp"

#include "metrics/summary.hpp"
#include "support/run_logs.hpp"

using namespace podsim;
using metrics::Cut;
using metrics::Measure;
using metrics::window_of;

namespace {

// Ten requests at 0, 1, ... 9 s, each of which takes 3 s; one rejected at 8 s.
metrics::RunLog ten() {
  auto log = test::empty_log();
  for (int i = 0; i < 10; ++i) log.requests.push_back(test::answered(i, i + 1, i + 1, i + 3, 5));
  metrics::RequestRecord rejected;
  rejected.outcome = metrics::Outcome::rejected;
  rejected.arrival = Seconds(8);
  log.requests.push_back(rejected);
  log.end = Seconds(12);
  return log;
}

std::int64_t completed(const Measure& measure) { return metrics::summarise(ten(), {}, window_of(measure, ten())).completed; }

}  // namespace

TEST_CASE("Without a cut the times stand") {
  const auto window = window_of({.times = {Seconds(2), Seconds(5)}, .warm_up = {}, .cool_down = {}}, ten());
  CHECK(window.from.value() == 2);
  CHECK(window.to.value() == 5);
}

TEST_CASE("Times are cut after the start and before the last arrival") {
  const auto window = window_of({.times = {}, .warm_up = Cut{Cut::Unit::seconds, 2}, .cool_down = Cut{Cut::Unit::seconds, 1.5}}, ten());
  CHECK(window.from.value() == 2);
  CHECK(window.to.value() == Approx(9 - 1.5));
  // Without time to cut, the drain after the last arrival is left out.
  CHECK(window_of({.times = {}, .warm_up = {}, .cool_down = Cut{}}, ten()).to.value() == 9);
}

TEST_CASE("Shares are of the time until the last arrival, of a batch of the run") {
  const Measure tenths{.times = {}, .warm_up = Cut{Cut::Unit::share, 0.1}, .cool_down = Cut{Cut::Unit::share, 0.2}};
  CHECK(window_of(tenths, ten()).from.value() == Approx(0.9));
  CHECK(window_of(tenths, ten()).to.value() == Approx(7.2));
  auto batch = ten();
  for (auto& request : batch.requests) request.arrival = Seconds(0);
  CHECK(window_of(tenths, batch).from.value() == Approx(1.2));
  CHECK(window_of(tenths, batch).to.value() == Approx(9.6));
}

TEST_CASE("Requests are cut as they finish: the first and the last so many are not measured") {
  CHECK(completed({}) == 10);
  CHECK(completed({.times = {}, .warm_up = Cut{Cut::Unit::requests, 3}, .cool_down = {}}) == 7);
  CHECK(completed({.times = {}, .warm_up = Cut{Cut::Unit::requests, 0}, .cool_down = {}}) == 10);
  CHECK(completed({.times = {}, .warm_up = {}, .cool_down = Cut{Cut::Unit::requests, 4}}) == 6);
  CHECK(completed({.times = {}, .warm_up = Cut{Cut::Unit::requests, 3}, .cool_down = Cut{Cut::Unit::requests, 4}}) == 3);
  CHECK(completed({.times = {}, .warm_up = Cut{Cut::Unit::requests, 10}, .cool_down = {}}) == 0);
}
