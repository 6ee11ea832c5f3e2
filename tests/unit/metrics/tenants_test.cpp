// What each client got of each model.
#include "metrics/tenants.hpp"

#include "results/tables.hpp"
#include "support/run_logs.hpp"

using namespace podsim;

namespace {

// Two clients, two models; the second client asks both.
metrics::RunLog mixed_log() {
  metrics::RunLog log = test::empty_log();
  log.clients = {"chat", "code"};
  log.services = {"big", "small"};
  log.requests = {test::answered(0, 1, 1, 3, 11), test::answered(1, 2, 2, 4, 21), test::answered(2, 4, 4, 5, 11),
                  test::answered(3, 4, 4, 9, 51)};
  const std::pair<std::uint16_t, std::uint16_t> whose[] = {{0, 0}, {1, 1}, {1, 0}, {0, 0}};
  for (std::size_t i = 0; i < 4; ++i) std::tie(log.requests[i].client, log.requests[i].service) = whose[i];
  return log;
}

}  // namespace

TEST_CASE("A tenant is a client and a model, and its figures are of its requests alone") {
  const auto tenants = metrics::by_tenant(mixed_log(), {Seconds(1.5), Seconds(0.15)});
  REQUIRE(tenants.size() == 3);
  CHECK(tenants[0].client == 0);
  CHECK(tenants[0].requests.requests == 2);
  CHECK(tenants[0].output_rate() == Approx((11 + 51) / 10.));
  CHECK(tenants[0].requests.ttft.mean == Approx(1));
  CHECK(tenants[0].requests.attained == 1);  // 0.2 s a token, 0.1 s a token
  CHECK(tenants[1].client == 1);
  CHECK(tenants[1].service == 0);
  CHECK(tenants[1].requests.ttft.mean == Approx(2));
  CHECK(tenants[1].requests.attained == 0);
  CHECK(tenants[2].service == 1);
  CHECK(tenants[2].requests.attained == 1);
}

TEST_CASE("Tenants add up to the whole") {
  const auto log = mixed_log();
  const metrics::ServiceLevel level = {Seconds(1.5), Seconds(0.15)};
  const metrics::Window window = {Seconds(2), Seconds(6)};
  const auto whole = metrics::summarise(log, level, window);
  std::int64_t requests = 0, completed = 0, attained = 0;
  for (const auto& tenant : metrics::by_tenant(log, level, window)) {
    requests += tenant.requests.requests;
    completed += tenant.requests.completed;
    attained += tenant.requests.attained;
  }
  CHECK(requests == whole.requests);
  CHECK(completed == whole.completed);
  CHECK(attained == whole.attained);
}

TEST_CASE("Instances that are off draw nothing, or count as spare where spare packages idle") {
  metrics::RunLog log = test::empty_log();
  log.power.spare_on = GENERATE(true, false);
  log.instances = {{"colocated", 2, 2, 100}, {"colocated", 2, 2, 100}};
  using metrics::ScaleState;
  log.scaling = {{Seconds(0), 0, ScaleState::serving}, {Seconds(0), 1, ScaleState::off},      {Seconds(2), 1, ScaleState::starting},
                 {Seconds(3), 1, ScaleState::serving}, {Seconds(6), 1, ScaleState::draining}, {Seconds(7), 1, ScaleState::off}};
  const metrics::Window all = {Seconds(0), Seconds(10)};
  CHECK(metrics::time_off(log, all)[0] == Seconds(0));
  CHECK(metrics::time_off(log, all)[1].value() == Approx(2 + 3));
  CHECK(metrics::time_off(log, {Seconds(1), Seconds(8)})[1].value() == Approx(1 + 1));
  const auto energy = metrics::energy_of(log, all);
  CHECK(energy.chip_idle.value() == Approx(100 * (2 * 10 + 2 * 5)));
  const double spare_machines = 10 * (4 * 100 + 1000);
  CHECK(energy.spare.value() == Approx(log.power.spare_on ? spare_machines + 100 * 2 * 5 : 0));
  CHECK(metrics::summarise(log, {Seconds(1), Seconds(1)}).peak_power.value() == Approx(metrics::idle_power(log.power).value()));
}

TEST_CASE("Hosts are off where spare machines are and all instances on them") {
  metrics::RunLog log = test::empty_log();
  log.power.spare_on = GENERATE(true, false);
  log.instances = {{"colocated", 2, 2, 100}, {"colocated", 2, 2, 100}};
  using metrics::ScaleState;
  log.scaling = {{Seconds(1), 0, ScaleState::off},
                 {Seconds(2), 1, ScaleState::off},
                 {Seconds(5), 0, ScaleState::starting},
                 {Seconds(6), 0, ScaleState::off},
                 {Seconds(9), 1, ScaleState::starting}};
  const metrics::Window all = {Seconds(0), Seconds(10)};
  const Joules on = metrics::energy_of(log, all).node;
  log.scaling_nodes = {{{0, 1}, 0, 1}};
  const std::vector<std::pair<Seconds, bool>> both = {{Seconds(2), true}, {Seconds(5), false}, {Seconds(6), true}, {Seconds(9), false}};
  CHECK(metrics::switchings(log, log.scaling_nodes[0].instances) == both);
  const double host = log.power.parts[0].node.value();
  REQUIRE(host > 0);
  const auto saved = [&](const metrics::Window& window, Joules before) { return (before - metrics::energy_of(log, window).node).value(); };
  CHECK(saved(all, on) == Approx(log.power.spare_on ? 0 : host * (3 + 3)));
  CHECK(saved({Seconds(3), Seconds(7)}, on * 0.4) == Approx(log.power.spare_on ? 0 : host * (2 + 1)));
}

TEST_CASE("The scaling table counts the instances of the pool after each change") {
  metrics::RunLog log = test::empty_log();
  log.instances = {{"a", 2, 2, 100}, {"a", 2, 2, 100}, {"b", 2, 2, 100}};
  using metrics::ScaleState;
  log.scaling = {{Seconds(0), 0, ScaleState::serving},
                 {Seconds(0), 1, ScaleState::off},
                 {Seconds(0), 2, ScaleState::serving},
                 {Seconds(2), 1, ScaleState::starting},
                 {Seconds(3), 1, ScaleState::serving}};
  const auto cell = [&](std::size_t record, const char* column) {
    const std::string system = "s";
    for (const auto& c : results::scale_columns())
      if (c.name == std::string_view(column)) return std::get<std::int64_t>(c.get({system, log, record}));
    return std::int64_t{-1};
  };
  CHECK(cell(3, "serving") == 1);
  CHECK(cell(3, "powered") == 2);
  CHECK(cell(4, "serving") == 2);
  CHECK(cell(2, "serving") == 1);
}
