// What holds of every run, whatever the workload: requests are accounted for, tokens and energy add up, and
// the aggregated engine does what the step-by-step engine does.
#include <map>
#include <nlohmann/json.hpp>

#include "metrics/summary.hpp"
#include "support/child.hpp"
#include "support/scenarios.hpp"

using namespace podsim;
using nlohmann::json;

namespace {

// Per request: first token, cache ready, last token; per run: tokens emitted, energy.
json outcome_of(const engine::Scenario& scenario) {
  return json::parse(test::in_child([&] {
    const metrics::RunLog log = engine::simulate(scenario);
    json result = {{"requests", json::array()}};
    for (const auto& r : log.requests) {
      result["requests"].push_back({static_cast<int>(r.outcome), r.admitted.value(), r.first_token.value(), r.decode_ready.value(),
                                    r.finished.value(), r.decode_instance, r.longest_gap.value(), r.prefill_instance});
    }
    double emitted = 0, steps = 0, cached = 0;
    int preemptions = 0, swaps = 0;
    double decoding = 0, gaps = 0;  // from first to last tokens; from token to token
    for (const auto& r : log.requests) {
      preemptions += r.preemptions;
      swaps += r.swaps;
      if (r.outcome == metrics::Outcome::finished && r.output > 1) decoding += (r.finished - r.first_token).value();
      cached += static_cast<double>(r.cached_tokens);
    }
    for (const auto& gap : log.gaps) gaps += gap.length.value() * static_cast<double>(gap.sequences);
    for (const auto& step : log.steps) gaps += step.decode_sequences * step.duration.value() - step.late * step.first.value();
    result["preemptions"] = preemptions;
    result["swaps"] = swaps;
    result["kv_moved"] = log.kv_moved.value();
    result["decoding"] = decoding;
    result["gaps"] = gaps;
    result["cached"] = cached;
    for (const auto& step : log.steps) {
      emitted += step.output_tokens;
      steps += static_cast<double>(step.steps);
    }
    const metrics::Summary summary = metrics::summarise(log, {2 * units::s, 50 * units::ms});
    result["itl"] = {summary.itl.mean, summary.itl.p50, summary.itl.p90, summary.itl.p99};
    result["emitted"] = emitted;
    result["steps"] = steps;
    result["records"] = log.steps.size();
    result["end"] = log.end.value();
    result["energy"] = summary.energy.total().value();
    result["idle_energy"] = (metrics::idle_power(log.power) * log.end).value();
    result["accounted"] = summary.finished + summary.rejected + summary.unfinished;
    result["finished"] = summary.finished;
    result["output_tokens"] = summary.output_tokens;
    return result.dump();
  }));
}

struct Ways {
  json aggregated;
  json stepped;
};

// Decode steps in runs, and one by one.
Ways both_ways(engine::Scenario scenario) {
  json aggregated = outcome_of(scenario);
  scenario.step_by_step = true;
  return {std::move(aggregated), outcome_of(scenario)};
}

// Request by request: admitted, first token, cache ready, last token, longest gap; and over all tokens.
void check_same_times(const json& a, const json& b) {
  for (std::size_t i = 0; i < a["requests"].size(); ++i) {
    for (const std::size_t time : {1U, 2U, 3U, 4U, 6U})
      CHECK(a["requests"][i][time].get<double>() == Approx(b["requests"][i][time].get<double>()).epsilon(1e-9).margin(1e-9));
  }
  for (std::size_t i = 0; i < 4; ++i) CHECK(a["itl"][i].get<double>() == Approx(b["itl"][i].get<double>()).epsilon(1e-6));
}

}  // namespace

TEST_CASE("Aggregated decode gives every request the times of the step-by-step engine") {
  const unsigned seed = GENERATE(range(0U, 6U));
  const std::string deployment = GENERATE(as<std::string>(), test::colocated(2), test::separate, test::sharing);
  // Where exchanges and caches share links, these are so slow that the share of a step matters.
  const std::string cluster =
      deployment == test::sharing ? "{use: hgx-h100, planes: {nvlink: {link: {use: nvlink4, bandwidth: 1 GB/s}}}}" : "hgx-h100";
  test::Setup setup = test::setup(deployment, test::random_requests(60, seed, 0.02 + 0.1 * (seed % 3)), cluster);
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["steps"] == stepped["steps"]);
  CHECK(aggregated["records"].get<int>() < stepped["records"].get<int>());
  CHECK(aggregated["energy"].get<double>() == Approx(stepped["energy"].get<double>()).epsilon(1e-6));
  for (std::size_t i = 0; i < aggregated["requests"].size(); ++i) {
    const auto &a = aggregated["requests"][i], &s = stepped["requests"][i];
    CHECK(a[0] == s[0]);
    CHECK(a[5] == s[5]);
  }
  check_same_times(aggregated, stepped);
}

namespace {

// As colocated(1), with so little memory that caches which grow run out of it.
const std::string scarce =
    "colocated: {instances: 1, parallel: {tensor: 2, data: 2}, max_sequences: 64, token_budget: 1024, engine: {use: vllm, "
    "request_overhead: "
    "0 s, memory_fraction: 0.05}, tensor: {library: nccl, planes: [nvlink]}}";

// Requests of a few families that begin alike.
void share_prefixes(test::Setup& setup) {
  workload::Workload& workload = *setup.workload;
  workload.block_tokens = 64;
  for (std::size_t i = 0; i < workload.requests.size(); ++i) {
    workload::Request& request = workload.requests[i];
    request.first_block = static_cast<std::uint32_t>(workload.block_hashes.size());
    request.blocks = static_cast<std::uint32_t>((request.input + 63) / 64);
    for (std::uint32_t b = 0; b < request.blocks; ++b) workload.block_hashes.push_back(b < 8 + i % 5 ? mix(i % 3, b) : mix(i + 10, b));
  }
}

}  // namespace

TEST_CASE("Aggregated decode and step-by-step decode agree when caches grow, sequences are preempted and prefixes are shared") {
  const unsigned seed = GENERATE(range(0U, 4U));
  const bool shared = GENERATE(false, true);
  const std::string kind = GENERATE("recompute", "swap", "swap by class");
  test::Setup setup = test::setup(scarce, test::random_requests(80, seed, 0.02));
  if (shared) share_prefixes(setup);
  serving::Pool& pool = setup.scenario.services[0].deployment.pools[0];
  pool.engine.memory_fraction = 0.0165;  // some thousand tokens of cache beside the weights
  if (kind != "recompute") pool.engine.preemption = {true, 100 * units::MB, 50 * units::GB / units::s};
  if (kind == "swap by class") {
    pool.engine.queue = serving::QueueOrder::deadline;
    setup.workload->classes = {{1, Seconds(0.2), Seconds(0.02)}, {0, Seconds(5), Seconds(0.1)}, {}};
    for (std::size_t i = 0; i < 80; ++i) setup.workload->requests[i].client = static_cast<std::uint32_t>(i % 3);
  }
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["preemptions"].get<int>() > 0);
  if (shared) CHECK(aggregated["cached"].get<double>() > 0);
  CHECK(aggregated["finished"] == 80);
  CHECK((aggregated["swaps"].get<int>() > 0) == (kind != "recompute"));
  for (const char* same : {"steps", "preemptions", "swaps", "cached"}) CHECK(aggregated[same] == stepped[same]);
  CHECK(aggregated["output_tokens"].get<double>() == Approx(stepped["output_tokens"].get<double>()));
  check_same_times(aggregated, stepped);
}

TEST_CASE("Aggregated decode and step-by-step decode agree when caches come from another pool, grow and run out of memory") {
  const unsigned seed = GENERATE(range(0U, 4U));
  const bool swaps = GENERATE(false, true);
  std::string deployment = test::separate;
  deployment.replace(deployment.rfind("trtllm"), 6, "vllm");
  test::Setup setup = test::setup(deployment, test::random_requests(80, seed, 0.02));
  serving::Pool& decode = setup.scenario.services[0].deployment.pools[1];
  decode.instances = 1;
  decode.engine.memory_fraction = 0.0157;
  if (swaps) decode.engine.preemption = {true, 100 * units::MB, 50 * units::GB / units::s};
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["preemptions"].get<int>() > 0);
  CHECK((aggregated["swaps"].get<int>() > 0) == swaps);
  CHECK(aggregated["finished"] == 80);
  for (const char* same : {"steps", "preemptions", "swaps"}) CHECK(aggregated[same] == stepped[same]);
  CHECK(aggregated["gaps"].get<double>() == Approx(aggregated["decoding"].get<double>()).epsilon(1e-9));
  check_same_times(aggregated, stepped);
}

TEST_CASE("Who decodes alone runs out of memory while a cache is on its way, in a run of steps as step by step") {
  std::string deployment = test::separate;
  deployment.replace(deployment.rfind("trtllm"), 6, "vllm");
  const std::string slow = "{use: hgx-h100, planes: {ib: {link: {use: ib-ndr-400g, bandwidth: 0.01 GB/s}}}}";
  test::Setup setup = test::setup(deployment, {}, slow);
  serving::Pool& decode = setup.scenario.services[0].deployment.pools[1];
  decode.instances = 1;
  decode.parallel.data = 1;
  decode.engine.memory_fraction = 0.0157;
  const bool swaps = GENERATE(false, true);
  if (swaps) decode.engine.preemption = {true, 10 * units::GB, 50 * units::GB / units::s};
  const std::int64_t block = setup.scenario.services[0].deployment.kv_block_tokens;
  const std::int64_t blocks = engine::place(setup.scenario).back().kv_blocks, first = blocks / 2;
  // The first decodes from 14.1 to 15.2 s, a step in 1.7 ms; from 14.54 s on the second, under way for 14 s, leaves it half of its answer.
  setup.workload->requests = {{Seconds(0), first * block, 40 * block}, {Seconds(14.5), (blocks - first - 20) * block, 10}};
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["preemptions"] == 1);
  CHECK(stepped["preemptions"] == 1);
  CHECK(aggregated["swaps"] == (swaps ? 1 : 0));
  CHECK(aggregated["finished"] == 2);
  check_same_times(aggregated, stepped);
}

TEST_CASE("The gaps between tokens add up to the time from first tokens to last") {
  const unsigned seed = GENERATE(range(0U, 2U));
  const auto scheduling = GENERATE(serving::Scheduling::mixed, serving::Scheduling::prefill_first, serving::Scheduling::static_batch);
  const std::string kind = GENERATE("separate", "colocated", "recompute", "swap");
  const bool memory_runs_out = kind == "recompute" || kind == "swap";
  test::Setup setup = test::setup(kind == "separate" ? test::separate
                                  : memory_runs_out  ? scarce
                                                     : test::colocated(2),
                                  test::random_requests(80, seed, 0.02));
  for (serving::Pool& pool : setup.scenario.services[0].deployment.pools) {
    pool.engine.scheduling = scheduling;
    if (memory_runs_out) pool.engine.memory_fraction = 0.0165;
    if (kind == "swap") pool.engine.preemption = {true, 100 * units::MB, 50 * units::GB / units::s};
  }
  const json run = outcome_of(setup.scenario);
  REQUIRE(run["finished"] == 80);
  CHECK(run["gaps"].get<double>() == Approx(run["decoding"].get<double>()).epsilon(1e-9));
  for (const json& request : run["requests"]) {
    const double whole = request[4].get<double>() - request[2].get<double>(), longest = request[6].get<double>();
    CHECK(longest <= whole + 1e-9);
    CHECK((longest > 0) == (whole > 0));
  }
}

TEST_CASE("Aggregated decode and step-by-step decode agree when prompts wait for company") {
  const unsigned seed = GENERATE(range(0U, 4U));
  test::Setup setup = test::setup(
      "colocated: {instances: 1, parallel: {tensor: 2, data: 2}, max_sequences: 16, token_budget: 1024, engine: {use: trtllm, "
      "receive_interval: 4, balance_wait: 9, request_overhead: 0 s}, tensor: {library: nccl, planes: [nvlink]}}",
      test::random_requests(60, seed, 0.05));
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["finished"] == 60);
  CHECK(aggregated["steps"] == stepped["steps"]);
  CHECK(aggregated["records"].get<int>() < stepped["records"].get<int>());
  check_same_times(aggregated, stepped);
}

TEST_CASE("Requests in = finished + rejected + unfinished, and every asked token is emitted once") {
  const unsigned seed = GENERATE(range(0U, 6U));
  const std::string deployment = GENERATE(as<std::string>(), test::colocated(1), test::separate);
  auto requests = test::random_requests(80, seed, 0.05);
  requests[10].input = 40000;  // longer than the model's context
  test::Setup setup = test::setup(deployment, requests);
  const bool limited = seed % 2 == 1;
  if (limited) setup.scenario.time_limit = Seconds(2);
  const json run = outcome_of(setup.scenario);
  CHECK(run["accounted"] == 80);
  double asked = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& r = run["requests"][i];
    if (r[0] == static_cast<int>(metrics::Outcome::finished)) {
      CHECK(r[1].get<double>() >= requests[i].arrival.value() - 1e-9);  // the clock adds up gaps
      CHECK(r[2].get<double>() > r[1].get<double>());
      if (requests[i].output > 1) {
        CHECK(r[3].get<double>() >= r[2].get<double>());
        CHECK(r[4].get<double>() > r[3].get<double>());
      }
    }
    asked += static_cast<double>(requests[i].output);
  }
  if (limited) {
    CHECK(run["end"].get<double>() <= 2 + 1e-9);
  } else {
    CHECK(run["requests"][10][0] == static_cast<int>(metrics::Outcome::rejected));
    CHECK(run["finished"] == 79);
    CHECK(run["output_tokens"].get<double>() == Approx(asked - static_cast<double>(requests[10].output)));
  }
}

TEST_CASE("A run costs at least idle power times its length") {
  const unsigned seed = GENERATE(range(0U, 3U));
  const json run = outcome_of(test::setup(test::colocated(2), test::random_requests(40, seed, 0.1)).scenario);
  CHECK(run["energy"].get<double>() > run["idle_energy"].get<double>());
}

// One at a time: together, a quicker transfer may put a request into another batch and make a third one wait.
TEST_CASE("On a cluster with twice the network no request is slower") {
  const unsigned seed = GENERATE(range(0U, 3U));
  auto requests = test::random_requests(20, seed, 0.05);
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].arrival = Seconds(100.0 * static_cast<double>(i));
  const auto run = [&](const std::string& rate) {
    const std::string cluster =
        fmt::format("{{use: hgx-h100, planes: {{ib: {{link: {{bandwidth: {0}}}, trunk: {{bandwidth: {0}}}}}}}}}", rate);
    return outcome_of(test::setup(test::separate, requests, cluster).scenario)["requests"];
  };
  const json slow = run("400 Gb/s"), fast = run("800 Gb/s");
  for (std::size_t i = 0; i < requests.size(); ++i) {
    for (std::size_t time = 2; time < 5; ++time) CHECK(fast[i][time].get<double>() <= slow[i][time].get<double>() + 1e-9);
  }
  if (requests.back().output > 1) CHECK(fast.back()[4].get<double>() < slow.back()[4].get<double>());
}

TEST_CASE("Same scenario, same bytes") {
  const test::Setup setup = test::setup(test::separate, test::random_requests(60, 5, 0.03));
  CHECK(outcome_of(setup.scenario).dump() == outcome_of(setup.scenario).dump());
}

namespace {

// Pools of unlike sizes and parallelism on both sides, on two nodes.
const std::string unlike =
    "kv: {library: mooncake, planes: [nvlink, ib]}, pools: {"
    "wide_prefill: {role: prefill, instances: 1, parallel: {tensor: 4}, max_sequences: 64, token_budget: 4096, engine: {use: trtllm, "
    "request_overhead: 0 s}, tensor: {library: nccl, planes: [nvlink]}}, "
    "narrow_prefill: {role: prefill, instances: 2, parallel: {tensor: 1, data: 2}, max_sequences: 16, token_budget: 1024, engine: {use: "
    "trtllm, request_overhead: 0 s}}, "
    "wide_decode: {role: decode, instances: 1, parallel: {tensor: 2, data: 2}, max_sequences: 32, token_budget: 64, engine: {use: trtllm, "
    "request_overhead: 0 s}, tensor: {library: nccl, planes: [nvlink]}}, "
    "narrow_decode: {role: decode, instances: 3, parallel: {tensor: 1}, max_sequences: 8, token_budget: 64, engine: {use: trtllm, "
    "request_overhead: 0 s}}}";

}  // namespace

TEST_CASE("Behind one router pools of unlike sizes and parallelism share prompts and tokens, and every KV cache moves once") {
  const unsigned seed = GENERATE(range(0U, 3U));
  const std::string mode = GENERATE("pull", "push_per_layer");
  test::Setup setup = test::setup(unlike, test::random_requests(120, seed, 0.02));
  if (mode == "push_per_layer") setup.scenario.services[0].deployment.kv_mode = serving::KvMode::push_per_layer;
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["finished"] == 120);
  double tokens = 0;
  std::map<int, int> prefills, decodes;
  for (std::size_t i = 0; i < 120; ++i) {
    const workload::Request& request = setup.workload->requests[i];
    ++prefills[aggregated["requests"][i][7].get<int>()];
    if (request.output == 1) continue;  // stays where its prompt was computed
    ++decodes[aggregated["requests"][i][5].get<int>()];
    tokens += static_cast<double>(request.input);
  }
  CHECK(prefills.size() == 3);
  CHECK(decodes.size() == 4);
  CHECK(aggregated["kv_moved"].get<double>() ==
        Approx(tokens * setup.scenario.services[0].model.kv_bytes_per_token(NumberFormat::bf16).value()).epsilon(1e-9));
  CHECK(aggregated["steps"] == stepped["steps"]);
  check_same_times(aggregated, stepped);
}

TEST_CASE("Caches that wait for room to decode go in by arrival, or by priority where the decoding engine's queue does") {
  const auto order = GENERATE(serving::QueueOrder::arrival, serving::QueueOrder::priority);
  // One sequence decodes at a time; the first holds the place while the prompts of the others are done, in the order of their numbers.
  std::vector<workload::Request> requests;
  for (int i = 0; i < 5; ++i) requests.push_back({Seconds(0.2 * i), 500, i == 0 ? 1000 : 50});
  test::Setup setup = test::setup(
      "kv: {library: mooncake, planes: [nvlink, ib]}, prefill: {instances: 1, parallel: {tensor: 4}, max_sequences: 64, token_budget: "
      "4096, "
      "engine: {use: trtllm, request_overhead: 0 s}, tensor: {library: nccl, planes: [nvlink]}}, decode: {instances: 1, parallel: {tensor: "
      "1}, "
      "max_sequences: 1, token_budget: 64, engine: {use: trtllm, request_overhead: 0 s}}",
      requests);
  setup.scenario.services[0].deployment.pools[1].engine.queue = order;
  setup.workload->classes = {{0, {}, {}}, {1, {}, {}}, {2, {}, {}}};
  const std::uint32_t client[] = {0, 0, 2, 1, 2};
  for (std::size_t i = 0; i < 5; ++i) setup.workload->requests[i].client = client[i];
  const json run = outcome_of(setup.scenario);
  REQUIRE(run["finished"] == 5);
  REQUIRE(run["requests"][4][2].get<double>() < run["requests"][0][4].get<double>());  // all wait while the first decodes
  const std::vector<std::size_t> expected =
      order == serving::QueueOrder::arrival ? std::vector<std::size_t>{0, 1, 2, 3, 4} : std::vector<std::size_t>{0, 2, 4, 3, 1};
  for (std::size_t i = 1; i < 5; ++i)
    CHECK(run["requests"][expected[i]][3].get<double>() > run["requests"][expected[i - 1]][4].get<double>());
}

namespace {

// Attention on six GPUs of a node in domains, experts on two.
std::string disaggregated(const std::string& role, const std::string& turns) {
  return fmt::format(
      "{}: {{instances: 1, parallel: {{data: 6, expert: 2, disaggregated_experts: {}}}, max_sequences: 64, token_budget: 1024, engine: "
      "{{use: trtllm, request_overhead: 0 s}}, expert: {{planes: [nvlink], library: {{name: made, operations: {{attention_to_expert: "
      "{{algorithm: trampoline, overhead: 20 us, efficiency: 0.7}}, expert_to_attention: {{algorithm: trampoline, overhead: 20 us, "
      "efficiency: 0.7}}}}}}}}}}",
      role, turns);
}

}  // namespace

TEST_CASE("Aggregated decode and step-by-step decode agree where attention and experts are apart") {
  const unsigned seed = GENERATE(range(0U, 3U));
  const std::string turns = GENERATE("{micro_batches: 1}", "{domains: 3, micro_batches: 2}");
  const std::string deployment =
      GENERATE_COPY(as<std::string>(), disaggregated("colocated", turns),
                    "kv: {library: mooncake, planes: [nvlink, ib]}, prefill: {instances: 1, parallel: {tensor: 4}, max_sequences: 64, "
                    "token_budget: 4096, "
                    "engine: {use: trtllm, request_overhead: 0 s}, tensor: {library: nccl, planes: [nvlink]}}, " +
                        disaggregated("decode", turns));
  test::Setup setup = test::setup(deployment, test::random_requests(60, seed, 0.05), "hgx-h100", "{use: qwen3-30b-a3b}");
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["finished"] == 60);
  CHECK(aggregated["steps"] == stepped["steps"]);
  CHECK(aggregated["records"].get<int>() < stepped["records"].get<int>());
  CHECK(aggregated["energy"].get<double>() == Approx(stepped["energy"].get<double>()).epsilon(1e-6));
  CHECK(aggregated["energy"].get<double>() > aggregated["idle_energy"].get<double>());
  check_same_times(aggregated, stepped);
}

TEST_CASE("Aggregated decode and step-by-step decode agree where experts age and are rebalanced") {
  test::Setup setup = test::setup(
      "colocated: {instances: 1, parallel: {data: 4, expert: 4}, max_sequences: 64, token_budget: 1024, engine: {use: trtllm, "
      "request_overhead: 0 s}, expert: {library: deepep-low-latency, planes: [nvlink, ib]}, expert_load: {popularity: {zipf: 1}, "
      "placement: balanced, drift: {over: 2 s}, rebalance: {every: 1 s, pause: 20 ms}}}",
      test::random_requests(60, 7, 0.1), "hgx-h100", "{use: qwen3-30b-a3b}");
  const auto& load = setup.scenario.services[0].deployment.pools[0].expert_load;
  REQUIRE(load.stages.size() == 4);
  REQUIRE(load.stages.back() > 1.1 * load.stages.front());
  const auto [aggregated, stepped] = both_ways(setup.scenario);
  CHECK(aggregated["steps"] == stepped["steps"]);
  CHECK(aggregated["records"].get<int>() < stepped["records"].get<int>());
  for (std::size_t i = 0; i < aggregated["requests"].size(); ++i) {
    for (const int time : {1, 2, 3, 4})
      CHECK(aggregated["requests"][i][time].get<double>() == Approx(stepped["requests"][i][time].get<double>()).epsilon(1e-9).margin(1e-9));
  }
  // The pauses alone, and uneven experts beside them, cost time.
  setup.scenario.services[0].deployment.pools[0].expert_load = {};
  setup.scenario.services[0].deployment.pools[0].expert_imbalance = 1;
  CHECK(outcome_of(setup.scenario)["end"].get<double>() < aggregated["end"].get<double>());
}
