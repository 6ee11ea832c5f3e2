// How many requests are in the system, and Little's law: their mean number is their rate times their mean time.
#include "metrics/population.hpp"

#include <algorithm>

#include "metrics/summary.hpp"
#include "support/queues.hpp"
#include "support/run_logs.hpp"

using namespace podsim;

namespace {

// The number in the system, integrated event by event.
double integral(const metrics::RunLog& log) {
  std::vector<std::pair<double, int>> events;
  for (const auto& request : log.requests) {
    events.emplace_back(request.arrival.value(), 1);
    events.emplace_back(request.finished.value(), -1);
  }
  std::sort(events.begin(), events.end());
  double area = 0, before = 0;
  int number = 0;
  for (const auto& [time, change] : events) {
    area += number * (time - before);
    before = time;
    number += change;
  }
  return area;
}

std::vector<Seconds> at(std::initializer_list<double> times) {
  std::vector<Seconds> list;
  for (const double time : times) list.emplace_back(time);
  return list;
}

}  // namespace

TEST_CASE("A request is in the system from its arrival to its last token, the first included, the last not") {
  auto log = test::empty_log();
  log.requests = {test::answered(1, 2, 2, 4, 5), test::answered(2, 3, 3, 6, 5)};
  CHECK(metrics::in_system(log, at({0, 1, 2, 3.9, 4, 5.9, 6})) == std::vector<std::int64_t>{0, 1, 2, 2, 1, 1, 0});
  CHECK(metrics::mean_in_system(log, {Seconds(0), Seconds(10)}) == Approx((3.0 + 4.0) / 10));
  CHECK(metrics::mean_in_system(log, {Seconds(3), Seconds(5)}) == Approx((1.0 + 2.0) / 2));
  CHECK(metrics::mean_in_system(log, {Seconds(3), Seconds(3)}) == 0);
}

TEST_CASE("It waits to be admitted, and for its KV cache to be where it decodes") {
  auto log = test::empty_log();
  auto request = test::answered(1, 4, 6, 9, 5);
  request.admitted = Seconds(3);
  log.requests = {request};
  CHECK(metrics::waiting(log, at({0, 1, 2.9, 3, 4, 5.9, 6, 8})) == std::vector<std::int64_t>{0, 1, 1, 0, 1, 1, 0, 0});
  // An answer of one token has no cache to wait for.
  log.requests = {test::answered(1, 4, -1, 4, 1)};
  CHECK(metrics::waiting(log, at({1, 3, 4, 5})) == std::vector<std::int64_t>{0, 0, 0, 0});
}

TEST_CASE("Unfinished requests stay to the end; rejected ones and those that never came do not count") {
  auto log = test::empty_log();
  metrics::RequestRecord open, rejected, late, unsent;
  open.arrival = Seconds(4);
  rejected.outcome = metrics::Outcome::rejected;
  late.arrival = Seconds(11);
  unsent.arrival = Seconds(-1);
  log.requests = {open, rejected, late, unsent};
  CHECK(metrics::in_system(log, at({0, 4, 9})) == std::vector<std::int64_t>{0, 1, 1});
  CHECK(metrics::waiting(log, at({0, 4, 9})) == std::vector<std::int64_t>{0, 1, 1});
  CHECK(metrics::mean_in_system(log, {Seconds(0), Seconds(10)}) == Approx(0.6));
  CHECK_FALSE(metrics::arrived(late, log));
  CHECK_FALSE(metrics::arrived(unsent, log));
}

TEST_CASE("Little's law holds in queues below and above capacity") {
  const double load = GENERATE(0.5, 0.9, 1.3);
  const auto log = test::single_server(3000, 7, [=](int i) { return load * (0.5 + (i % 7) / 6.0); });
  const auto summary = metrics::summarise(log, {});
  CHECK(summary.in_system == Approx(integral(log) / log.end.value()));
  CHECK(summary.in_system == Approx(summary.finished_rate() * summary.e2e.mean));
}

TEST_CASE("M/D/1 waits as Pollaczek and Khinchine say") {
  const double load = GENERATE(0.7, 0.9);
  const int count = 200000;
  const auto summary = metrics::summarise(test::m_d_1(count, 11, load), {});
  // E[W] = load * service / (2 (1 - load)). In heavy traffic W moves like Brownian motion with drift -(1 - load) and variance load^2
  // a second, reflected at 0, whose mean over a time T has the variance load^6 / (2 T (1 - load)^4) (Whitt, Management Science 35 (1989)
  // 1341).
  const double error = std::pow(load, 3) / ((1 - load) * (1 - load) * std::sqrt(2.0 * count));
  CHECK(summary.queue.mean == Approx(load * load / (2 * (1 - load))).margin(4 * error));
  CHECK(summary.offered_rate() == Approx(1).margin(4 / std::sqrt(count)));
}
