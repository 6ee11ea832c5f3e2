// Queueing theory on whole runs: Little's law, the waiting times of M/D/1, M/G/1 and priority queues, the bounds of closed networks.
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "metrics/summary.hpp"
#include "support/child.hpp"
#include "support/scenarios.hpp"

using namespace podsim;
using nlohmann::json;

namespace {

// Integrals over a run, in requests x seconds, from two kinds of record.
json integrals_of(const engine::Scenario& scenario) {
  return json::parse(test::in_child([&] {
    const metrics::RunLog log = engine::simulate(scenario);
    const metrics::Summary summary = metrics::summarise(log, {});
    double decoding = 0, in_batches = 0, longest_step = 0;
    for (const auto& request : log.requests) {
      if (request.outcome == metrics::Outcome::finished && request.output > 1)
        decoding += (request.finished - request.decode_ready).value();
    }
    for (const auto& step : log.steps) {
      in_batches += step.duration.value() * step.decode_sequences;
      longest_step = std::max(longest_step, step.duration.value() / static_cast<double>(step.steps));
    }
    return json{{"in_system", summary.in_system}, {"rate", summary.finished_rate()}, {"sojourn", summary.e2e.mean}, {"decoding", decoding},
                {"in_batches", in_batches},       {"longest_step", longest_step},    {"finished", summary.finished}}
        .dump();
  }));
}

json integrals(const std::string& deployment) {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  const double gap = GENERATE(0.02, 0.3);
  return integrals_of(test::setup(deployment, test::random_requests(300, seed, gap)).scenario);
}

}  // namespace

TEST_CASE("The mean number in the system is the rate times the mean time in it") {
  const json run = integrals(GENERATE(as<std::string>(), test::colocated(2), test::separate));
  CHECK(run["in_system"].get<double>() == Approx(run["rate"].get<double>() * run["sojourn"].get<double>()));
}

TEST_CASE("Where prompts and answers share instances, sequences in steps are requests between first and last token") {
  const json run = integrals(test::colocated(2));
  CHECK(run["in_batches"].get<double>() == Approx(run["decoding"].get<double>()).epsilon(1e-9));
}

TEST_CASE("In a pool of its own a request waits at most one step before it decodes") {
  const json run = integrals(test::separate);
  const double waited = run["decoding"].get<double>() - run["in_batches"].get<double>();
  CHECK(waited >= 0);
  CHECK(waited <= run["finished"].get<double>() * run["longest_step"].get<double>());
}

namespace {

// One request at a time, each a prompt that is one step: a single server.
const std::string single_server =
    "colocated: {instances: 1, parallel: {tensor: 2}, max_sequences: 1, token_budget: 8192, engine: {use: trtllm, request_overhead: 0 s}, "
    "tensor: {library: nccl, planes: [nvlink]}}";

// Seconds that a prompt of `tokens` takes by itself.
double service_of(std::int64_t tokens) {
  const auto setup = test::setup(single_server, {{Seconds(0), tokens, 1}});
  return std::stod(test::in_child([&] { return fmt::format("{:.17g}", engine::simulate(setup.scenario).requests[0].finished.value()); }));
}

// A Poisson process of prompts, the i-th of `tokens(i)` tokens and class `kind(i)`.
test::Setup poisson(int count, std::uint64_t seed, double rate, const std::function<std::int64_t(std::uint64_t)>& tokens,
                    const std::function<std::uint32_t(std::uint64_t)>& kind = {}) {
  std::vector<workload::Request> requests;
  double now = 0;
  for (int i = 0; i < count; ++i) {
    const auto draw = [&](std::uint64_t what) { return mix(mix(seed, what), static_cast<std::uint64_t>(i)); };
    now -= std::log((static_cast<double>(draw(1) >> 11) + 1) / 9007199254740993.0) / rate;
    requests.push_back({Seconds(now), tokens(draw(2)), 1});
    if (kind) requests.back().client = kind(draw(3));
  }
  return test::setup(single_server, requests);
}

// Mean waiting time by class.
std::vector<double> waits_of(const engine::Scenario& scenario, std::size_t classes) {
  return json::parse(test::in_child([&] {
    std::vector<double> waits(classes), counts(classes);
    for (const auto& r : engine::simulate(scenario).requests) {
      waits[std::size_t{r.client}] += metrics::queue_of(r).value();
      counts[std::size_t{r.client}] += 1;
    }
    for (std::size_t c = 0; c < classes; ++c) waits[c] /= counts[c];
    return json(waits).dump();
  }));
}

}  // namespace

TEST_CASE("Poisson arrivals wait as Pollaczek and Khinchine say, for equal prompts (M/D/1) and for unequal ones (M/G/1)") {
  const double load = GENERATE(0.3, 0.6, 0.8);
  const bool equal = GENERATE(true, false);
  const double brief = service_of(500), lengthy = service_of(equal ? 500 : 6000);
  const double mean = 0.75 * brief + 0.25 * lengthy, squares = 0.75 * brief * brief + 0.25 * lengthy * lengthy;
  const double rate = load / mean;
  double wait = 0;
  for (const std::uint64_t seed : {1U, 2U, 3U})
    wait += waits_of(poisson(20000, seed, rate, [&](std::uint64_t draw) { return draw % 4 > 0 || equal ? 500 : 6000; }).scenario, 1)[0] / 3;
  CHECK(wait == Approx(rate * squares / (2 * (1 - load))).epsilon(0.08));
}

TEST_CASE("Classes wait as Cobham says of priority queues: R / ((1 - load above) (1 - load above and own))") {
  const double service = service_of(1000), load = 0.8, rate = load / service;
  std::vector<double> waits(2);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    auto setup = poisson(
        20000, seed, rate, [](std::uint64_t) { return 1000; }, [](std::uint64_t draw) { return draw % 5 < 2 ? 0U : 1U; });
    setup.workload->classes = {{0, {}, {}}, {7, {}, {}}};  // two fifths, three fifths
    setup.scenario.services[0].deployment.pools[0].engine.queue = serving::QueueOrder::priority;
    const auto found = waits_of(setup.scenario, 2);
    for (std::size_t c = 0; c < 2; ++c) waits[c] += found[c] / 3;
  }
  const double residual = rate * service * service / 2, high = 0.6 * load;
  CHECK(waits[1] == Approx(residual / (1 - high)).epsilon(0.08));
  CHECK(waits[0] == Approx(residual / ((1 - high) * (1 - load))).epsilon(0.08));
}

TEST_CASE("A closed network answers no faster than its server and its clients allow, and no slower than one after the other") {
  const int clients = GENERATE(1, 2, 5, 20);
  const double service = service_of(1000), think = 6.5 * service;
  auto setup = test::setup(single_server, std::vector<workload::Request>(400, {Seconds(0), 1000, 1}));
  setup.workload->closed_loop = workload::ClosedLoop{clients, Seconds(think)};
  const double end = std::stod(test::in_child([&] { return fmt::format("{:.17g}", engine::simulate(setup.scenario).end.value()); }));
  const double rate = 400 / (end + think);  // the last of each client thinks, too
  CHECK(rate <= std::min(1 / service, clients / (think + service)) * (1 + 1e-9));
  CHECK(rate >= clients / (think + clients * service) * (1 - 1e-9));
  if (clients == 1) CHECK(rate == Approx(1 / (think + service)).epsilon(1e-6));
  if (clients == 20) CHECK(400 / end == Approx(1 / service).epsilon(0.01));
}
