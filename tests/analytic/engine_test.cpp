// One request alone in the system: its times are sums of step costs and one transfer.
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/instance_cost.hpp"
#include "support/child.hpp"
#include "support/models.hpp"
#include "support/scenarios.hpp"

using namespace podsim;

namespace {

engine::StepCost cost_of(const engine::Scenario& scenario, std::size_t pool_index) {
  const auto instances = engine::place(scenario);
  const auto instance = std::find_if(instances.begin(), instances.end(), [&](const auto& i) { return i.pool == pool_index; });
  topology::Router routes(scenario.cluster.whole(), scenario.seed);
  return engine::step_cost_of(scenario, *instance, routes);
}

// The whole prompt in one step in the first of `groups` attention groups.
Seconds prefill_time(const engine::Scenario& scenario, std::size_t groups, double tokens) {
  std::vector<engine::LoadClass> loads(groups);
  loads[0].load = {.prefill_sequences = 1, .prefill_tokens = tokens, .prefill_pairs = tokens * (tokens + 1) / 2, .prefill_context = tokens};
  return cost_of(scenario, 0).step(loads).total;
}

// The sum of `steps` decode steps of one sequence whose context is `context` at the first.
Seconds decode_time(const engine::Scenario& scenario, std::size_t pool, std::size_t groups, int context, int steps) {
  auto cost = cost_of(scenario, pool);
  Seconds sum;
  for (int i = 0; i < steps; ++i) {
    std::vector<engine::LoadClass> loads(groups);
    loads[0].load.decode_sequences = 1;
    loads[0].load.decode_context = context + i;
    sum += cost.step(loads).total;
  }
  return sum;
}

metrics::RequestRecord only_request(const engine::Scenario& scenario) { return engine::simulate(scenario).requests.front(); }

}  // namespace

TEST_CASE("Colocated, alone: TTFT is one prefill step, then one decode step a token") {
  const auto setup = test::setup(test::colocated(1), {{Seconds(1), 700, 50}});
  const auto record = only_request(setup.scenario);
  CHECK(record.first_token.value() == Approx(1 + prefill_time(setup.scenario, 2, 700).value()).epsilon(1e-9));
  CHECK((record.finished - record.first_token).value() == Approx(decode_time(setup.scenario, 0, 2, 701, 49).value()).epsilon(1e-9));
}

TEST_CASE("A prompt beyond the token budget takes several chunks, each seeing what came before") {
  const auto setup = test::setup(test::colocated(1), {{Seconds(0), 2500, 1}});
  auto cost = cost_of(setup.scenario, 0);
  Seconds expected;
  for (const auto& [before, tokens] : {std::pair{0.0, 1024.0}, {1024.0, 1024.0}, {2048.0, 452.0}}) {
    std::vector<engine::LoadClass> loads(2);
    loads[0].load = {.prefill_sequences = 1,
                     .prefill_tokens = tokens,
                     .prefill_pairs = tokens * before + tokens * (tokens + 1) / 2,
                     .prefill_context = before + tokens};
    expected += cost.step(loads).total;
  }
  const auto record = only_request(setup.scenario);
  CHECK(record.first_token.value() == Approx(expected.value()).epsilon(1e-9));
  CHECK(record.finished == record.first_token);
}

TEST_CASE("A request can be scheduled only when network and tokeniser have had their time") {
  auto setup = test::setup(test::colocated(1), {{Seconds(1), 700, 50}});
  setup.scenario.services[0].deployment.pools[0].engine.request_overhead = Seconds(0.25);
  const auto record = only_request(setup.scenario);
  CHECK(record.arrival == Seconds(1));
  CHECK(record.first_token.value() == Approx(1.25 + prefill_time(setup.scenario, 2, 700).value()).epsilon(1e-9));
}

TEST_CASE("A step with prompts takes its overhead, and no less than the host needs to launch its kernels") {
  auto setup = test::setup(test::colocated(1), {{Seconds(0), 700, 1}});
  serving::EngineProfile& engine = setup.scenario.services[0].deployment.pools[0].engine;
  engine.prompt_overhead = engine.host_call = Seconds(0);
  const Seconds device = prefill_time(setup.scenario, 2, 700);
  engine.prompt_overhead = Seconds(0.125);
  CHECK((prefill_time(setup.scenario, 2, 700) - device).value() == Approx(0.125));
  engine.prompt_overhead = Seconds(0);
  engine.host_call = Seconds(1);  // a second a kernel: the host sets the pace, whatever the prompt's length
  const Seconds slow = prefill_time(setup.scenario, 2, 700);
  CHECK(slow > 16 * 9 * Seconds(1));
  CHECK(slow.value() == Approx(prefill_time(setup.scenario, 2, 350).value()));
  CHECK(decode_time(setup.scenario, 0, 2, 700, 1) < device);  // decode replays a graph
}

TEST_CASE("In a step without a graph an exchange is three calls of the host") {
  const auto calls = [](const std::string& parallel) {
    std::string deployment = test::colocated(1);
    deployment.replace(deployment.find("{tensor: 2, data: 2}"), 20, parallel);
    auto setup = test::setup(deployment, {{Seconds(0), 700, 1}});
    serving::EngineProfile& engine = setup.scenario.services[0].deployment.pools[0].engine;
    engine.prompt_overhead = engine.step_overhead = engine.sequence_overhead = Seconds(0);
    engine.host_call = Seconds(1);
    return prefill_time(setup.scenario, 2, 700).value();
  };
  // Sixteen layers with an all-reduce after attention and one after the feed-forward block.
  CHECK(calls("{tensor: 2, data: 2}") - calls("{tensor: 1, data: 2}") == Approx(3 * 2 * 16));
}

TEST_CASE("Closed loop: each client sends its next request when its last is answered and it has thought") {
  auto setup = test::setup(test::colocated(1), {{Seconds(0), 700, 20}, {Seconds(0), 500, 30}, {Seconds(0), 900, 10}});
  setup.workload->closed_loop = workload::ClosedLoop{1, Seconds(2)};
  const auto requests = engine::simulate(setup.scenario).requests;
  CHECK(requests[0].arrival == Seconds(0));
  for (std::size_t i : {1U, 2U}) {
    CHECK(requests[i].arrival.value() == Approx(requests[i - 1].finished.value() + 2).epsilon(1e-12));
    CHECK((requests[i].first_token - requests[i].arrival).value() ==
          Approx(prefill_time(setup.scenario, 2, static_cast<double>(requests[i].input)).value()).epsilon(1e-9));
  }
}

TEST_CASE("Prefill first: a prompt that arrives while others decode is alone in its step and delays them by just that") {
  auto setup = test::setup(test::colocated(1), {{Seconds(0), 600, 40}, {Seconds(0.03), 800, 1}});
  setup.scenario.services[0].deployment.pools[0].parallel.data = 1;
  setup.scenario.services[0].deployment.pools[0].parallel.tensor = 2;
  setup.scenario.services[0].deployment.pools[0].engine.scheduling = serving::Scheduling::prefill_first;
  const auto requests = engine::simulate(setup.scenario).requests;
  const Seconds second = prefill_time(setup.scenario, 1, 800);
  const Seconds alone = decode_time(setup.scenario, 0, 1, 601, 39);
  CHECK((requests[0].finished - requests[0].first_token).value() == Approx((alone + second).value()).epsilon(1e-9));
}

TEST_CASE("Between pools the cache takes the library's overhead, the wire's latency and its bytes at line rate") {
  // TP4 prefill of 4 KV heads on node 0, TP2 decode on node 1: each receiver pulls its 2 heads from 2 senders over its own
  // NIC. All rails of two nodes hang on one switch: 1.4 + 1.4 us.
  const auto setup = test::setup(test::separate, {{Seconds(0), 1000, 20}});
  const auto record = only_request(setup.scenario);
  const double cache = 16 * 2.0 * 4 * 128 * 2 * 1000;  // layers * (K and V) * heads * head_dim * bytes * tokens
  const double nic = 50e9, latency = 2.8e-6, efficiency = 0.846, overhead = 1.79e-3;
  CHECK((record.decode_ready - record.first_token).value() == Approx(overhead + latency + cache / 2 / efficiency / nic).epsilon(1e-6));
  CHECK((record.finished - record.decode_ready).value() == Approx(decode_time(setup.scenario, 1, 2, 1001, 19).value()).epsilon(1e-9));
}

TEST_CASE("While the first instance is busy, the second request goes elsewhere and waits for nobody") {
  const auto setup = test::setup(test::colocated(2), {{Seconds(0), 3000, 100}, {Seconds(0.001), 3000, 100}});
  const auto log = engine::simulate(setup.scenario);
  CHECK(log.requests[0].prefill_instance != log.requests[1].prefill_instance);
  CHECK((log.requests[1].first_token - log.requests[1].arrival).value() ==
        Approx((log.requests[0].first_token - log.requests[0].arrival).value()).epsilon(1e-9));
}

TEST_CASE("A drafted token costs a layer of its own and a pass of the head") {
  const auto setup = test::setup(test::colocated(1), {{Seconds(0), 100, 2}});
  const bool mixture = GENERATE(false, true);
  const auto step = [&](int drafts, int more_layers) {
    engine::Scenario scenario = setup.scenario;
    if (mixture) scenario.services[0].model = test::model_from(test::mixtral_json);
    scenario.services[0].deployment.pools[0].speculation.draft_tokens = drafts;
    scenario.services[0].model.layers += more_layers;
    return decode_time(scenario, 0, 2, 500, 1);
  };
  const Seconds layer = step(0, 1) - step(0, 0);
  const Seconds head = step(1, 0) - step(0, 1);
  CHECK(head > Seconds(0));
  CHECK(step(3, 0).value() == Approx((step(0, 0) + (layer + head) * 3).value()).epsilon(1e-9));
}

namespace {

// Swap at so many GB/s: end of the run, bytes swapped, prompt tokens computed, and of each of two long answers, for which there is too
// little memory, preemptions and swaps.
std::vector<double> run_with_swap(double rate) {
  auto setup = test::setup(
      "colocated: {instances: 1, parallel: {tensor: 2}, max_sequences: 8, token_budget: 2048, engine: {use: vllm, request_overhead: 0 s}, "
      "tensor: {library: nccl, planes: [nvlink]}}",
      {{Seconds(0), 1000, 3000}, {Seconds(0), 1000, 3000}});
  serving::EngineProfile& engine = setup.scenario.services[0].deployment.pools[0].engine;
  engine.memory_fraction = 0.05;
  const double block = 16 * 16 * 2.0 * 2 * 128 * 2;  // of an endpoint: tokens * layers * (K and V) * heads * head_dim * bytes
  const auto surplus = static_cast<double>(engine::place(setup.scenario)[0].kv_blocks - 375);  // 6,000 tokens are to be left
  engine.memory_fraction -= surplus * block / setup.scenario.cluster.parts[0].topology.chip.memory_capacity.value();
  engine.preemption = {true, 8 * units::GB, rate * units::GB / units::s};
  return nlohmann::json::parse(test::in_child([&] {
    const auto log = engine::simulate(setup.scenario);
    double computed = 0;
    for (const auto& step : log.steps) computed += step.prefill_tokens;
    std::vector<double> result = {log.end.value(), log.kv_swapped.value(), computed};
    for (const auto& request : log.requests) result.insert(result.end(), {1.0 * request.preemptions, 1.0 * request.swaps});
    return nlohmann::json(result).dump();
  }));
}

// The requests that are refused for this reason.
std::vector<std::size_t> refused(const engine::Scenario& scenario, metrics::Refusal refusal) {
  return nlohmann::json::parse(test::in_child([&] {
    std::vector<std::size_t> which;
    const auto log = engine::simulate(scenario);
    for (std::size_t i = 0; i < log.requests.size(); ++i) {
      const metrics::RequestRecord& request = log.requests[i];
      if (request.refusal == refusal) which.push_back(i);
      if ((request.outcome == metrics::Outcome::rejected) != (request.refusal != metrics::Refusal::none))
        throw std::runtime_error("outcome");
    }
    return nlohmann::json(which).dump();
  }));
}

}  // namespace

TEST_CASE("Swap: a step takes the time of what moves over the host's link, out and in, and nothing is computed again") {
  const auto fast = run_with_swap(50), slow = run_with_swap(0.5);
  for (const auto* run : {&fast, &slow}) {
    CHECK(run->at(2) == 2000);
    CHECK(run->at(3) + run->at(5) >= 1);
    CHECK(run->at(3) == run->at(4));
    CHECK(run->at(5) == run->at(6));
  }
  CHECK(fast[1] == slow[1]);
  const double block = 16 * 16 * 2.0 * 4 * 128 * 2;                       // tokens * layers * (K and V) * heads * head_dim * bytes
  CHECK(fast[1] / block == Approx(2 * std::round(fast[1] / block / 2)));  // whole blocks, each out and in
  // Both endpoints of the group copy their halves at once.
  CHECK(slow[0] - fast[0] == Approx(fast[1] / 2 / 0.5e9 - fast[1] / 2 / 50e9).epsilon(1e-6));
}

TEST_CASE("Admission control: a queue that is full turns requests away, and so does a deadline out of reach") {
  using metrics::Refusal;
  using Which = std::vector<std::size_t>;
  std::vector<workload::Request> requests(12, {Seconds(1e-4), 1000, 400});
  requests[0].arrival = Seconds(0);
  auto setup = test::setup(test::colocated(1), requests);
  serving::Pool& pool = setup.scenario.services[0].deployment.pools[0];
  pool.max_sequences = 2;  // in each of two groups; the first request is being computed when the others come
  CHECK(refused(setup.scenario, Refusal::queue_full).empty());
  pool.engine.admission.queued_requests = 7;
  CHECK(refused(setup.scenario, Refusal::queue_full) == Which{8, 9, 10, 11});
  pool.engine.admission = {.queued_tokens = 9500};
  CHECK(refused(setup.scenario, Refusal::queue_full) == Which{9, 10, 11});  // the prompt under way counts
  // Prompts of a whole budget: the third of a group has its first token after three steps.
  pool.engine.admission = {.in_time = true};
  for (workload::Request& request : setup.workload->requests) request.input = 1024;
  setup.scenario.service_level = {prefill_time(setup.scenario, 2, 1024) * 3.01, Seconds(1)};
  CHECK(refused(setup.scenario, Refusal::too_late) == Which{6, 7, 8, 9, 10, 11});
}

TEST_CASE("Pipeline: decode in as many micro-batches as stages takes all layers once for one of them, and a hop between stages each") {
  const auto setup = test::setup(
      "colocated: {instances: 1, parallel: {pipeline: 4}, max_sequences: 64, token_budget: 1024, engine: {use: trtllm, "
      "request_overhead: 0 s, step_overhead: 0 s, sequence_overhead: 0 s}, tensor: {library: nccl, planes: [nvlink]}}",
      {{Seconds(0), 100, 2}});
  engine::Scenario one = setup.scenario;
  one.services[0].deployment.pools[0].parallel.pipeline = 1;
  const auto step = [](const engine::Scenario& scenario, double sequences) {
    engine::LoadClass load;
    load.load.decode_sequences = sequences;
    load.load.decode_context = sequences * 1000;
    return cost_of(scenario, 0).step({&load, 1}).total.value();
  };
  // 64 sequences on four stages: the time of 16 on one chip, and four hops.
  const double hops = step(setup.scenario, 64) - step(one, 16);
  CHECK(hops > 0);
  CHECK(hops < 0.2 * step(one, 16));
  // Fewer sequences than stages: each is a micro-batch, and the other stages stand idle.
  for (const int few : {1, 2, 3}) CHECK(step(setup.scenario, few) == Approx(step(setup.scenario, 4)).epsilon(1e-12));
  CHECK(step(setup.scenario, 4) > step(one, 1));
}
