// Energy from records: every part against its closed form, the parts against the whole.
#include "metrics/energy.hpp"

#include "support/run_logs.hpp"

using namespace podsim;
using metrics::energy_of;
using metrics::Window;
using test::empty_log;
using test::step;

namespace {
Window all() { return {Seconds(0), Seconds(10)}; }
}  // namespace

TEST_CASE("A run in which nothing happens takes idle power * time * PUE") {
  auto log = empty_log();
  log.power.spare_on = GENERATE(true, false);
  const auto energy = energy_of(log, all());
  CHECK(energy.total().value() == Approx((metrics::idle_power(log.power) * Seconds(10)).value()));
  CHECK(energy.chip_idle.value() == Approx(100 * 4 * 10));
  CHECK(energy.node.value() == Approx(1000 * 10));
  CHECK(energy.chip_active.value() == 0);
  CHECK(energy.chip_compute.value() == 0);
  CHECK(energy.chip_memory.value() == 0);
  CHECK(energy.chip_link.value() == 0);
}

TEST_CASE("Spare machines draw their idle power, hosts and all of the network, or are off with their part of it") {
  auto log = empty_log();
  const auto on = energy_of(log, all());
  CHECK(on.spare.value() == Approx((100 * 4 + 1000 * 1) * 10));
  CHECK(on.network.value() == Approx(640 * 10));
  log.power.spare_on = false;
  const auto off = energy_of(log, all());
  CHECK(off.spare.value() == 0);
  CHECK(off.network.value() == Approx(640 * 10 / 2.0));
}

TEST_CASE("Every part of a step's power is its share of use, of all packages, while the step lasts") {
  auto log = empty_log();
  log.steps = {step(2, 3, {.busy = 1, .compute = 0.5, .memory = 0.25, .link = 0.1})};
  const auto energy = energy_of(log, all());
  CHECK(energy.chip_active.value() == Approx(50 * 4 * 3));
  CHECK(energy.chip_compute.value() == Approx(0.5 * 400 * 4 * 3));
  CHECK(energy.chip_memory.value() == Approx(0.25 * 200 * 4 * 3));
  CHECK(energy.chip_link.value() == Approx(0.1 * 30 * 4 * 3));
}

TEST_CASE("The parts sum to the whole, and cooling is (PUE - 1) of the rest") {
  auto log = empty_log();
  log.steps = {step(2, 3, {.busy = 1, .compute = 0.5, .memory = 0.25, .link = 0.1}), step(6, 1, {1, 1, 1, 1})};
  const auto e = energy_of(log, all());
  const Joules rest = e.chip_idle + e.chip_active + e.chip_compute + e.chip_memory + e.chip_link + e.node + e.network + e.spare;
  CHECK(e.cooling.value() == Approx(0.25 * rest.value()));
  CHECK(e.total().value() == Approx(1.25 * rest.value()));
}

TEST_CASE("The power of a step is idle and use, at most the limit") {
  const auto log = empty_log();
  CHECK(metrics::power_of(step(0, 1, {1, 0.5, 0.25, 0.1}), log).value() == Approx(4 * (100 + 50 + 200 + 50 + 3)));
  CHECK(metrics::power_of(step(0, 1, {1, 1, 1, 1}), log).value() == Approx(4 * 700));  // asked for 780
  CHECK(metrics::power_of(step(0, 1, {0, 0, 0, 0}), log).value() == Approx(4 * 100));
}

TEST_CASE("What the limit does not grant is cut from the parts in proportion") {
  auto log = empty_log();
  log.steps = {step(0, 10, {1, 1, 1, 1})};
  const auto energy = energy_of(log, all());
  const double granted = (700.0 - 100) / (50 + 400 + 200 + 30);
  CHECK(energy.chip_compute.value() == Approx(400 * 4 * 10 * granted));
  CHECK(energy.chip_memory.value() == Approx(200 * 4 * 10 * granted));
  CHECK((energy.chip_idle + energy.chip_active + energy.chip_compute + energy.chip_memory + energy.chip_link).value() ==
        Approx(700 * 4 * 10));
}

TEST_CASE("A window takes its part of the time and of the steps that reach across its ends") {
  auto log = empty_log();
  log.steps = {step(0, 3), step(3, 1), step(4, 4), step(8, 2)};
  const auto inside = energy_of(log, {Seconds(2), Seconds(6)});
  CHECK(inside.chip_active.value() == Approx(50 * 4 * (1 + 1 + 2)));
  CHECK(inside.chip_idle.value() == Approx(100 * 4 * 4));
  CHECK(inside.node.value() == Approx(1000 * 4));
}

TEST_CASE("Windows that follow each other sum to the run") {
  auto log = empty_log();
  for (int i = 0; i < 9; ++i) log.steps.push_back(step(1.1 * i, 1.1, {1, 0.1 * i, 0.5, 0.2}));
  double sum = 0;
  for (const auto& [from, to] : {std::pair{0.0, 0.7}, {0.7, 3.3}, {3.3, 9.99}, {9.99, 10.0}}) {
    sum += energy_of(log, {Seconds(from), Seconds(to)}).total().value();
  }
  CHECK(sum == Approx(energy_of(log, all()).total().value()));
}

TEST_CASE("Half a package on an instance draws half a package's power") {
  auto log = empty_log();
  log.instances = {{"colocated", 1, 0.5, 100}};
  CHECK(metrics::power_of(step(0, 1, {0, 0, 0, 0}), log).value() == Approx(50));
}
