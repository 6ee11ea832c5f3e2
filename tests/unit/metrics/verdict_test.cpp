// The verdict of a run: queues below and above capacity, batches that fill, bursts that drain, and runs that offer no rate.
#include "metrics/verdict.hpp"

#include "metrics/drift.hpp"
#include "support/queues.hpp"

using namespace podsim;
using metrics::pace_of;
using metrics::Verdict;

namespace {

constexpr int many = 5000;

}  // namespace

TEST_CASE("A single server below capacity is stable, and its queue does not grow") {
  const double load = GENERATE(0.3, 0.7, 0.9);
  const std::uint64_t seed = GENERATE(1, 2, 3, 4, 5);
  const auto pace = pace_of(test::m_d_1(many, seed, load));
  CHECK(pace.verdict == Verdict::stable);
  CHECK(pace.growth == Approx(0).margin(0.01));
}

TEST_CASE("Above capacity it is overloaded, and 1 - 1 / load of the arrivals stay behind") {
  const double load = GENERATE(1.2, 1.5, 3.0);
  const std::uint64_t seed = GENERATE(1, 2, 3, 4, 5);
  const auto pace = pace_of(test::m_d_1(many, seed, load));
  CHECK(pace.verdict == Verdict::overloaded);
  // Begun are half the time / load; arrivals in that time have a standard deviation of sqrt(many / 2).
  CHECK(pace.growth == Approx(1 - 1 / load).margin(4 / load / std::sqrt(many / 2.0)));
}

TEST_CASE("A time limit that ends an overloaded run early changes nothing") {
  auto log = test::m_d_1(many, 1, 1.5);
  log.end = Seconds(many / 2.0);
  for (auto& request : log.requests) {
    for (Seconds* time : {&request.admitted, &request.first_token, &request.decode_ready, &request.finished})
      if (*time > log.end) *time = Seconds(-1);
    if (request.finished < Seconds(0)) request.outcome = metrics::Outcome::unfinished;
  }
  const auto pace = pace_of(log);
  CHECK(pace.verdict == Verdict::overloaded);
  CHECK(pace.growth == Approx(1 - 1 / 1.5).margin(4 / 1.5 / std::sqrt(many / 4.0)));
}

TEST_CASE("A queue between prefill and decode counts like one before prefill") {
  auto log = test::m_d_1(many, 1, 1.5);
  for (auto& request : log.requests) {
    request.decode_ready = request.admitted;
    request.admitted = request.first_token = request.arrival;
  }
  CHECK(pace_of(log).verdict == Verdict::overloaded);
}

TEST_CASE("Batches that fill during all of the arrivals are no steady state, though nobody waits") {
  auto log = test::m_d_1(many, 1, 0.1);
  for (auto& request : log.requests) {
    request.admitted = request.first_token = request.decode_ready = request.arrival;
    request.finished = request.arrival + Seconds(2 * many);
  }
  log.end = Seconds(4 * many);
  const auto pace = pace_of(log);
  CHECK(pace.verdict == Verdict::backlogged);
  CHECK(pace.growth == 0);
  // Answers that take a tenth of the arrivals leave a steady state in the second half.
  for (auto& request : log.requests) request.finished = request.arrival + Seconds(many / 10.0);
  CHECK(pace_of(log).verdict == Verdict::stable);
}

TEST_CASE("A slow start that has drained later is a backlog") {
  const auto slow_start = test::single_server(many, 1, [](int i) { return i < many / 5 ? 1.5 : 0.5; });
  CHECK(pace_of(slow_start).verdict == Verdict::backlogged);
}

TEST_CASE("Closed loops, batches and a few requests have no verdict") {
  auto closed = test::m_d_1(many, 1, 1.5);
  closed.open_loop = false;
  CHECK(pace_of(closed).verdict == Verdict::not_applicable);
  auto batch = test::m_d_1(many, 1, 1.5);
  for (auto& request : batch.requests) request.arrival = Seconds(0);
  CHECK(pace_of(batch).verdict == Verdict::not_applicable);
  CHECK(pace_of(test::m_d_1(99, 1, 1.5)).verdict == Verdict::not_applicable);
  CHECK(pace_of(test::m_d_1(100, 1, 3)).verdict != Verdict::not_applicable);
  CHECK(pace_of({}).verdict == Verdict::not_applicable);
}

TEST_CASE("Growth is told from chance by the t distribution") {
  // Increments 1, 3, 1, 3: mean 2, standard error sqrt(4 / 3 / 4) = 0.577; t = 3.46 below t(0.99, 3) = 4.541.
  CHECK_FALSE(metrics::has_grown({0, 1, 4, 5, 8}));
  // Increments 3, 4, 3, 4: standard error 0.289, t = 12.1.
  CHECK(metrics::has_grown({0, 3, 7, 10, 14}));
  CHECK(metrics::has_grown({0, 1, 2, 3}));
  CHECK_FALSE(metrics::has_grown({5, 5, 5, 5}));
  CHECK_FALSE(metrics::has_grown({14, 10, 7, 3, 0}));
}
