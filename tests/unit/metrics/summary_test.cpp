// From records to a summary: who is counted, when, and what the rates are of.
#include "metrics/summary.hpp"

#include "metrics/tenants.hpp"
#include "support/run_logs.hpp"

using namespace podsim;
using metrics::Outcome;
using metrics::summarise;
using test::answered;
using test::empty_log;
using test::step;

namespace {

constexpr metrics::ServiceLevel level{Seconds(2), Seconds(0.05)};

metrics::RequestRecord with(Outcome outcome) {
  metrics::RequestRecord record;
  record.outcome = outcome;
  record.input = record.output = 10;
  return record;
}

}  // namespace

TEST_CASE("Every request is finished, rejected or unfinished") {
  auto log = empty_log();
  log.requests = {answered(0, 1, 1, 2, 5), with(Outcome::rejected), with(Outcome::unfinished), with(Outcome::unfinished),
                  answered(0, 1, 1, 3, 5)};
  const auto summary = summarise(log, level);
  CHECK(summary.requests == 5);
  CHECK(summary.finished == 2);
  CHECK(summary.rejected == 1);
  CHECK(summary.unfinished == 2);
  CHECK(summary.completed == 2);
}

TEST_CASE("Latencies of a request are differences of its times") {
  const auto request = answered(1, 1.5, 1.75, 4, 11);
  CHECK(metrics::ttft_of(request).value() == Approx(0.5));
  CHECK(metrics::tpot_of(request).value() == Approx(2.5 / 10));
  CHECK(metrics::e2e_of(request).value() == Approx(3));
  CHECK(metrics::tpot_of(answered(1, 1.5, 1.5, 1.5, 1)).value() == 0);
}

TEST_CASE("Latencies are of finished requests, those per token of answers of at least two tokens") {
  auto log = empty_log();
  log.requests = {answered(0, 1, 1.5, 3, 11), answered(0, 2, 2.25, 8, 13), answered(0, 3, -1, 3, 1), with(Outcome::unfinished)};
  const auto summary = summarise(log, level);
  CHECK(summary.ttft.mean == Approx((1.0 + 2 + 3) / 3));
  CHECK(summary.ttft.p50 == Approx(2));
  CHECK(summary.tpot.mean == Approx((2.0 / 10 + 6.0 / 12) / 2));
  CHECK(summary.kv_wait.mean == Approx((0.5 + 0.25) / 2));
  CHECK(summary.e2e.mean == Approx((3.0 + 8 + 3) / 3));
}

TEST_CASE("A request attains the service level when both its latencies do, the promised ones included") {
  auto log = empty_log();
  log.requests = {answered(0, 2, 2, 2.5, 11),        // exactly 2 s, exactly 50 ms
                  answered(0, 2.01, 2.01, 2.5, 11),  // too late
                  answered(0, 1, 1, 1.51, 11),       // too slow
                  answered(0, 1, -1, 1, 1)};         // one token has no pace
  const auto summary = summarise(log, level);
  CHECK(summary.attained == 2);
  CHECK(summary.attainment() == Approx(2.0 / 4));
  CHECK(summary.goodput() == Approx(2.0 / 10));
}

TEST_CASE("A window has the requests that finish in it, and its own length") {
  auto log = empty_log();
  log.requests = {answered(0, 1, 1, 3.9, 10), answered(0, 1, 1, 4, 10), answered(3, 5, 5, 6, 10), answered(3, 5, 5, 8, 10),
                  answered(3, 5, 5, 8.1, 10)};
  const auto summary = summarise(log, {Seconds(100), Seconds(100)}, {Seconds(4), Seconds(8)});
  CHECK(summary.finished == 5);
  CHECK(summary.completed == 3);
  CHECK(summary.duration.value() == Approx(4));
  CHECK(summary.goodput() == Approx(3.0 / 4));
  CHECK(summary.e2e.mean == Approx((4.0 + 3 + 5) / 3));
  CHECK(summary.energy.chip_idle.value() == Approx(100 * 4 * 4));
}

TEST_CASE("The offered rate is of the time in which requests arrive, the finished rate of the window") {
  auto log = empty_log();
  for (int i = 0; i <= 4; ++i) log.requests.push_back(answered(i, i + 1, i + 1, 9, 5));
  log.requests.push_back(with(Outcome::unfinished));
  log.requests.back().arrival = Seconds(11);  // after the end
  const auto whole = summarise(log, level);
  CHECK(whole.offered_rate() == Approx(5.0 / 4));
  CHECK(whole.finished_rate() == Approx(5.0 / 10));
  const auto part = summarise(log, level, {Seconds(2), Seconds(9)});
  CHECK(part.offered_rate() == Approx(3.0 / 2));
  CHECK(part.finished_rate() == Approx(5.0 / 7));
  for (auto& request : log.requests) request.arrival = Seconds(0);
  CHECK(summarise(log, level).offered_rate() == 0);
}

TEST_CASE("A window ends with the run, and one that begins later is empty") {
  const auto log = empty_log();
  CHECK(summarise(log, level, {Seconds(4), Seconds(50)}).duration.value() == Approx(6));
  const auto nothing = summarise(log, level, {Seconds(20), Seconds(50)});
  CHECK(nothing.duration.value() == 0);
  CHECK(nothing.output_rate() == 0);
  CHECK(nothing.average_power().value() == 0);
  CHECK(nothing.joules_per_output_token() == 0);
  CHECK(nothing.attainment() == 0);
}

TEST_CASE("Throughput counts first tokens when they come, and decoded tokens while their step runs") {
  auto log = empty_log();
  log.requests = {answered(0, 1, 1, 9, 41), answered(0, 5, 5, 9, 21)};
  log.steps = {step(0, 1), step(2, 4), step(8, 2)};
  log.steps[0].prefill_tokens = 200;
  log.steps[1].output_tokens = 40;
  log.steps[2].output_tokens = 20;
  const auto whole = summarise(log, level);
  CHECK(whole.output_tokens == Approx(2 + 40 + 20));
  CHECK(whole.output_rate() == Approx(62.0 / 10));
  CHECK(whole.input_rate() == Approx(200.0 / 10));
  const auto part = summarise(log, level, {Seconds(4), Seconds(9)});
  CHECK(part.output_tokens == Approx(1 + 40.0 * 2 / 4 + 20.0 / 2));
  CHECK(part.input_tokens == 0);
}

TEST_CASE("Utilisation is time in steps, weighted by packages, by pool") {
  auto log = empty_log();
  log.instances = {{"prefill", 2, 2, 100, 0, true}, {"decode", 6, 6, 100}};
  log.steps = {step(0, 5, {1, 0.8, 0.1, 0}, 0), step(0, 2, {1, 0.2, 0.4, 0}, 1), step(4, 2, {1, 0.2, 0.4, 0}, 1)};
  const auto summary = summarise(log, level);
  CHECK(summary.prefill_busy == Approx(0.5));
  CHECK(summary.decode_busy == Approx(0.4));
  CHECK(summary.busy == Approx((2 * 5.0 + 6 * 4.0) / (8 * 10)));
  CHECK(summary.mfu == Approx((2 * 5 * 0.8 + 6 * 4 * 0.2) / (8 * 10)));
  CHECK(summary.mbu == Approx((2 * 5 * 0.1 + 6 * 4 * 0.4) / (8 * 10)));
}

TEST_CASE("Peak power is idle power and what runs at once, cooling included") {
  auto log = empty_log();
  log.instances = {{"prefill", 1, 1, 100, 0, true}, {"decode", 3, 3, 100}};
  const hardware::Utilisation hard{1, 1, 0, 0}, light{1, 0, 0, 0};
  // Idle 4 + 4 packages, 2 nodes, the network.
  const double idle = 100 * 8 + 1000 * 2 + 640;
  CHECK(summarise(log, level).peak_power.value() == Approx(1.25 * idle));
  log.steps = {step(0, 2, hard, 0), step(2, 2, light, 0), step(1, 2, light, 1), step(6, 2, hard, 1)};
  // From 1 to 2 s: 1 * 450 W and 3 * 50 W; from 6 s: 3 * 450 W.
  CHECK(summarise(log, level).peak_power.value() == Approx(1.25 * (idle + 3 * 450)));
  log.steps.pop_back();
  CHECK(summarise(log, level).peak_power.value() == Approx(1.25 * (idle + 450 + 3 * 50)));
}

TEST_CASE("A step that begins as another ends does not add to it") {
  auto log = empty_log();
  log.steps = {step(1, 1), step(2, 1), step(3, 1)};
  const double one = 1.25 * (100 * 8 + 1000 * 2 + 640 + 4 * 50);
  CHECK(summarise(log, level).peak_power.value() == Approx(one));
}

TEST_CASE("Average power and energy per token follow from the energy") {
  auto log = empty_log();
  log.requests = {answered(0, 1, 1, 9, 50)};
  log.steps = {step(1, 8)};
  log.steps[0].output_tokens = 49;
  const auto summary = summarise(log, level);
  CHECK(summary.average_power().value() == Approx(summary.energy.total().value() / 10));
  CHECK(summary.joules_per_output_token() == Approx(summary.energy.total().value() / 50));
}

TEST_CASE("A client is judged by what it was promised, all together by what each was") {
  auto log = empty_log();
  log.clients = {"chat", "batch"};
  log.services = {"model"};
  log.levels = {metrics::ServiceLevel{Seconds(1), Seconds(0.05)}, std::nullopt};
  log.requests = {answered(0, 0.5, 0.5, 0.9, 11), answered(0, 1.5, 1.5, 1.9, 11), answered(0, 1.5, 1.5, 1.9, 11), with(Outcome::rejected)};
  log.requests[2].client = log.requests[3].client = 1;
  log.requests[2].preemptions = 2;
  log.requests[3].refusal = metrics::Refusal::queue_full;
  const auto tenants = metrics::by_tenant(log, level);
  REQUIRE(tenants.size() == 2);
  CHECK(tenants[0].level.ttft == Seconds(1));
  CHECK(tenants[0].requests.requests == 2);
  CHECK(tenants[0].requests.attainment() == Approx(0.5));
  CHECK(tenants[1].level.ttft == level.ttft);
  CHECK(tenants[1].requests.attainment() == 1);
  CHECK(tenants[1].requests.turned_away == 1);
  CHECK(tenants[1].requests.preemptions == 2);
  const auto all = summarise(log, level);
  CHECK(all.attainment() == Approx(2.0 / 3));
  CHECK(all.turned_away == 1);
}
