// Pools on unlike hardware, models side by side, instances that start and stop, caches pushed while they are computed: times in closed
// form.
#include "engine/instance_cost.hpp"
#include "metrics/summary.hpp"
#include "support/child.hpp"
#include "support/scenarios.hpp"

using namespace podsim;

namespace {

// Two H100 and four A100 servers' worth of endpoints, each on one switch, and a gateway of 10 GB/s between the switches.
std::string two_parts() {
  const auto part = [](const char* chip, int packages) {
    return fmt::format(
        "{{name: {0}, chip: {0}, nodes: 1, packages_per_node: {1}, node_power: 1 kW, planes: {{net: {{kind: single_switch, link: {{name: "
        "l, "
        "bandwidth: 100 GB/s, latency: 1 us}}, switch: {{name: s, ports: 64, power: 10 W}}, links_to_switch: [1]}}}}}}",
        chip, packages);
  };
  return "{name: two, parts: {new: " + part("h100-sxm", 4) + ", old: " + part("a100-80g-sxm", 8) +
         "}, join: {wide: {planes: {new: net, old: net}, gateways: 1, link: {name: g, bandwidth: 10 GB/s, latency: 5 us}, switch: {name: "
         "s, ports: 64, power: 50 W}}}}";
}

std::string pool(const char* part, int tensor) {
  return fmt::format(
      "{{part: {}, instances: 1, parallel: {{tensor: {}}}, max_sequences: 64, token_budget: 4096, engine: {{use: trtllm, request_overhead: "
      "0 s}}, tensor: {{library: nccl, planes: [net]}}}}",
      part, tensor);
}

std::string split(const char* prefill, const char* decode, const std::string& mode = "pull") {
  return "kv: {library: mooncake, planes: [wide], mode: " + mode + "}, prefill: " + pool(prefill, 4) + ", decode: " + pool(decode, 4);
}

engine::StepCost cost_of(const engine::Scenario& scenario, std::size_t pool) {
  const auto instances = engine::place(scenario);
  const auto instance = std::find_if(instances.begin(), instances.end(), [&](const auto& i) { return i.pool == pool; });
  topology::Router routes(scenario.part_of(*instance).topology, scenario.seed);
  return engine::step_cost_of(scenario, *instance, routes);
}

Seconds prefill_time(const engine::Scenario& scenario, double tokens) {
  const engine::LoadClass load = {
      {.prefill_sequences = 1, .prefill_tokens = tokens, .prefill_pairs = tokens * (tokens + 1) / 2, .prefill_context = tokens}, 1};
  return cost_of(scenario, 0).step({&load, 1}).total;
}

double kv_bytes(const engine::Scenario& scenario, double tokens) {
  return (scenario.services[0].model.kv_bytes_per_token(NumberFormat::bf16) * tokens).value();
}

// Of mooncake: what a flow waits for and the rate that it reaches.
constexpr double overhead = 1.79e-3, efficiency = 0.846;
constexpr double path_latency = 1e-6 + 5e-6 + 5e-6 + 1e-6;

// A model with one KV head: all of the cache is one flow to each receiver.
metrics::RunLog run(const test::Setup& setup) { return engine::simulate(setup.scenario); }

}  // namespace

TEST_CASE("Prefill and decode on different chips: each step costs what its chip takes, the cache crosses the gateway") {
  const auto setup = test::setup(split("new", "old"), {{Seconds(1), 3000, 2}}, two_parts());
  const auto log = run(setup);
  const auto& record = log.requests.front();
  CHECK((record.first_token - record.arrival).value() == Approx(prefill_time(setup.scenario, 3000).value()).epsilon(1e-9));
  // Four heads from four endpoints to four: four flows through the gateway's one cable.
  const double transfer = overhead + path_latency + kv_bytes(setup.scenario, 3000) / efficiency / 10e9;
  CHECK((record.decode_ready - record.first_token).value() == Approx(transfer).epsilon(1e-6));
  engine::LoadClass decode;
  decode.load.decode_sequences = 1;
  decode.load.decode_context = 3001;
  CHECK((record.finished - record.decode_ready).value() ==
        Approx(cost_of(setup.scenario, 1).step({&decode, 1}).total.value()).epsilon(1e-9));
}

TEST_CASE("The same pools the other way round: the slower chip takes the longer prefill") {
  const auto there = test::setup(split("new", "old"), {{Seconds(0), 3000, 2}}, two_parts());
  const auto back = test::setup(split("old", "new"), {{Seconds(0), 3000, 2}}, two_parts());
  CHECK(prefill_time(back.scenario, 3000) > prefill_time(there.scenario, 3000));
}

TEST_CASE("Every part draws the power of its own chips and nodes") {
  const auto setup = test::setup(split("new", "old"), {{Seconds(0), 3000, 2}}, two_parts());
  const auto log = run(setup);
  REQUIRE(log.power.parts.size() == 2);
  CHECK(log.power.parts[0].packages == 4);
  CHECK(log.power.parts[0].used_packages == 4);
  CHECK(log.power.parts[1].packages == 8);
  CHECK(log.power.parts[1].used_packages == 4);
  CHECK(log.power.network == Watts(10 + 10 + 50));
  const auto energy = metrics::summarise(log, {Seconds(1), Seconds(1)}).energy;
  const auto idle = [&](std::size_t p) { return log.power.parts[p].package.idle; };
  CHECK(energy.chip_idle.value() == Approx(((idle(0) * 4 + idle(1) * 4) * log.end).value()));
  CHECK(energy.spare.value() == Approx((idle(1) * 4 * log.end).value()));
}

TEST_CASE("Pushed layer by layer, only the last layer's cache is left to send when the prompt is done, where the network keeps pace") {
  const auto pulled = test::setup(split("new", "old"), {{Seconds(0), 100, 2}}, two_parts());
  const auto pushed = test::setup(split("new", "old", "push_per_layer"), {{Seconds(0), 100, 2}}, two_parts());
  const double layers = 16, bytes = kv_bytes(pulled.scenario, 100) / efficiency;
  const double prefill = prefill_time(pulled.scenario, 100).value();
  // The first 15 layers leave after a sixteenth of the step, and their way ends in the step or after it.
  const double early = prefill / layers + overhead + path_latency + bytes * (layers - 1) / layers / 10e9;
  const double late = prefill + overhead + path_latency + bytes / layers / 10e9;
  const auto ready = [](const test::Setup& setup) {
    return test::number_in_child([&] { return engine::simulate(setup.scenario).requests.front().decode_ready.value(); });
  };
  REQUIRE(early < late);
  CHECK(ready(pushed) == Approx(late).epsilon(1e-6));
  CHECK(ready(pulled) == Approx(prefill + overhead + path_latency + bytes / 10e9).epsilon(1e-6));
}

namespace {

// The decode pool takes two sequences at a time, so that caches wait.
void check_back_pressure(const std::string& mode) {
  auto setup = test::setup(split("new", "old", mode), test::random_requests(60, 3, 0.002), two_parts());
  setup.scenario.services[0].deployment.pools[1].max_sequences = 2;
  const auto log = run(setup);
  double bytes = 0;
  Seconds waited;
  for (const auto& record : log.requests) {
    CHECK(record.outcome == metrics::Outcome::finished);
    if (record.output == 1) continue;
    bytes += kv_bytes(setup.scenario, static_cast<double>(record.input));
    waited = std::max(waited, record.decode_ready - record.first_token);
    CHECK(record.decode_ready >= record.first_token);
  }
  CHECK(log.kv_moved.value() == Approx(bytes));
  CHECK(waited > Seconds(0.1));
}

}  // namespace

TEST_CASE("Pulled: what every request needs moves, and a decode pool that is full makes caches wait for room") {
  check_back_pressure("pull");
}

TEST_CASE("Pushed: the same bytes move, and a decode pool that is full makes caches wait for room") {
  check_back_pressure("push_per_layer");
}

namespace {

std::string two_models() {
  const std::string same =
      "{model: " + test::tiny_model + ", deployment: {formats: {weights: bf16}, kv_block_tokens: 16, " + test::colocated(1) + "}}";
  return "cluster: hgx-h100\npue: 1.2\nmodels: {first: " + same + ", second: " + same + "}\n";
}

}  // namespace

TEST_CASE("Models side by side: each client's requests go to its model, which serves them as if it were alone") {
  const auto requests = test::random_requests(60, 5, 0.05);
  test::Setup mix{app::read_system("mix", test::Yaml(two_models()).root(), 1), std::make_shared<workload::Workload>()};
  mix.workload->requests = requests;
  mix.workload->clients = {"a", "b"};
  mix.scenario.workload = mix.workload.get();
  mix.scenario.service_of_client = {1, 0};
  for (std::size_t i = 0; i < requests.size(); ++i) mix.workload->requests[i].client = i % 3 == 0 ? 1 : 0;
  std::vector<workload::Request> alone;
  for (std::size_t i = 0; i < requests.size(); ++i)
    if (i % 3 != 0) alone.push_back(requests[i]);
  const auto setup = test::setup(test::colocated(1), alone);
  const double last = test::number_in_child([&] { return engine::simulate(setup.scenario).requests.back().finished.value(); });
  const auto log = run(mix);
  CHECK(log.instances[0].pool == "first.colocated");
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CHECK(log.services[log.requests[i].service] == (i % 3 == 0 ? "first" : "second"));
    CHECK(log.requests[i].decode_instance == (i % 3 == 0 ? 0 : 1));
  }
  REQUIRE((requests.size() - 1) % 3 != 0);
  CHECK(log.requests.back().finished.value() == Approx(last).epsilon(1e-12));
}

namespace {

// One to three instances of two endpoints of the old part; a start takes 0.5 s and the weights' way from an instance that serves.
std::string scaled(const std::string& start, double target) {
  return fmt::format(
      "colocated: {{part: old, autoscale: {{min: 1, max: 3, metric: requests, target: {}, interval: 1 s, cooldown: 2 s, start: {}}}, "
      "parallel: {{tensor: 2}}, max_sequences: 64, token_budget: 4096, engine: {{use: trtllm, request_overhead: 0 s}}, tensor: {{library: "
      "nccl, planes: [net]}}}}",
      target, start);
}

Seconds first_time(const metrics::RunLog& log, metrics::ScaleState state, int instance) {
  for (const auto& record : log.scaling)
    if (record.state == state && record.instance == instance && record.time > Seconds(0)) return record.time;
  return Seconds(-1);
}

}  // namespace

namespace {

void check_start(bool from_peer) {
  const std::string start =
      from_peer ? "{delay: 0.5 s, weights: {library: mooncake, planes: [wide]}}" : "{delay: 0.5 s, weights_rate: 2 GB/s}";
  // 30 long answers at once keep one instance busy for seconds.
  std::vector<workload::Request> requests(30, workload::Request{Seconds(0.1), 1000, 600});
  requests.push_back({Seconds(30), 100, 10});
  const auto setup = test::setup(scaled(start, 15), requests, two_parts());
  const auto log = run(setup);
  const double weights = model::weight_bytes(setup.scenario.services[0].model, setup.scenario.services[0].deployment.pools[0].parallel,
                                             setup.scenario.services[0].deployment.pools[0].formats, 0)
                             .value();
  // Two endpoints load side by side, each over links of its own.
  const double loading = from_peer ? overhead + 2e-6 + weights / efficiency / 100e9 : weights / 2e9;
  CHECK(first_time(log, metrics::ScaleState::starting, 1).value() == Approx(1));
  const double loaded = first_time(log, metrics::ScaleState::serving, 1).value() - 1.5;
  CHECK(loaded >= loading * (1 - 1e-6));
  CHECK(loaded <= loading * (from_peer ? 1.1 : 1 + 1e-6));                // a peer's exchanges take some of its links
  CHECK(first_time(log, metrics::ScaleState::starting, 2) < Seconds(0));  // 30 requests ask for two instances
  // It is given what comes once it serves, and goes when nothing is left for it.
  const Seconds off = first_time(log, metrics::ScaleState::off, 1);
  CHECK(off > Seconds(2));
  CHECK(off < Seconds(30));
  const auto energy = metrics::summarise(log, {Seconds(1), Seconds(1)}).energy;
  const auto idle = log.power.parts[1].package.idle;
  const Seconds on = log.end + (off - Seconds(1));  // the first all the time, the second in between, the third never
  CHECK(energy.chip_idle.value() == Approx((idle * 2 * on).value()));
  // One node holds all three: its host can go with them, unless it keeps their weights.
  REQUIRE(log.scaling_nodes.size() == (from_peer ? 1 : 0));
  if (!from_peer) return;
  CHECK(log.scaling_nodes[0].instances == std::vector<int>{0, 1, 2});
  CHECK(log.scaling_nodes[0].part == 1);
  CHECK(log.scaling_nodes[0].nodes == 1);
}

}  // namespace

TEST_CASE("An instance starts at the look that finds too much load, and serves when an instance has sent it its weights") {
  check_start(true);
}

TEST_CASE("An instance starts at the look that finds too much load, and serves when its host has given it its weights") {
  check_start(false);
}

TEST_CASE("An instance that goes first answers what it has") {
  std::vector<workload::Request> requests;
  for (int i = 0; i < 200; ++i) requests.push_back({Seconds(0.02 * i), 500, 200});
  for (int i = 0; i < 200; ++i) requests.push_back({Seconds(4 + 0.1 * i), 500, 400});
  const auto setup = test::setup(scaled("{delay: 0.5 s, weights_rate: 50 GB/s}", 8), requests, two_parts());
  const auto log = run(setup);
  bool drained = false;
  for (const auto& record : log.requests) CHECK(record.outcome == metrics::Outcome::finished);
  for (const auto& record : log.scaling) drained = drained || record.state == metrics::ScaleState::draining;
  CHECK(drained);
  CHECK(first_time(log, metrics::ScaleState::serving, 2) > Seconds(1));
  // Nobody takes a step while it is off.
  std::vector<metrics::ScaleState> now(3);
  std::size_t next = 0;
  for (const auto& step : log.steps) {
    for (; next < log.scaling.size() && log.scaling[next].time <= step.start; ++next)
      now[static_cast<std::size_t>(log.scaling[next].instance)] = log.scaling[next].state;
    CHECK(now[static_cast<std::size_t>(step.instance)] != metrics::ScaleState::off);
  }
}
