// Exchanges inside an instance and KV caches on their way to it take bandwidth from each other where they ride the same links.
#include "collective/algorithm.hpp"
#include "collective/link_use.hpp"
#include "collective/schedules.hpp"
#include "engine/instance_cost.hpp"
#include "support/child.hpp"
#include "support/clusters.hpp"
#include "support/scenarios.hpp"

#include <nlohmann/json.hpp>
#include <numeric>

using namespace podsim;
using collective::Algorithm;
using collective::Operation;

namespace {

constexpr int decoding = 64;
constexpr double nvlink = 18e9;  // bytes/s of a GPU, a 25th of the real one, so that exchanges take a good part of a step

// One instance of each side in the node; caches move over `planes`.
std::string one_each(const std::string& planes) {
  const std::string pool =
      "parallel: {tensor: 4}, max_sequences: 128, token_budget: 8192, engine: {use: trtllm, request_overhead: 0 s}, tensor: {library: "
      "nccl-ring, planes: [nvlink]}";
  return "kv: {library: {name: bare, operations: {send: {overhead: 0 s, efficiency: 1}}}, planes: [" + planes +
         "]}, prefill: {instances: 1, " + pool + "}, decode: {instances: 1, " + pool + "}";
}

// Sequences that decode for long, and one whose cache comes meanwhile.
test::Setup latecomer(const std::string& planes) {
  std::vector<workload::Request> requests(decoding, {Seconds(0), 100, 20000});
  requests.push_back({Seconds(5), 8000, 2});
  return test::setup(one_each(planes), requests, "{use: hgx-h100, nodes: 1, planes: {nvlink: {link: {use: nvlink4, bandwidth: 1 GB/s}}}}");
}

// Of the latecomer's cache that one endpoint sends.
double bytes_sent(const test::Setup& setup) {
  const engine::Service& service = setup.scenario.services.front();
  return service.model.kv_bytes_per_token(service.deployment.pools.front().formats.kv).value() * 8000 / 4;
}

struct Outcome {
  Seconds transfer;  // of the latecomer's cache
  double context;    // of a sequence that decodes, when it begins
  Seconds longest;   // step of the decoding instance after the latecomer has come, its own steps excepted
};

Outcome run(const test::Setup& setup) {
  const auto json = nlohmann::json::parse(test::in_child([&] {
    const metrics::RunLog log = engine::simulate(setup.scenario);
    const auto& late = log.requests.back();
    double longest = 0, context = 0;
    for (const metrics::StepRecord& step : log.steps) {
      if (step.instance != 1 || step.decode_sequences != decoding) continue;
      if (step.start < late.first_token) context = step.context;
      if (step.start >= late.arrival && step.start < late.decode_ready)
        longest = std::max(longest, step.duration.value() / static_cast<double>(step.steps));
    }
    return nlohmann::json{(late.decode_ready - late.first_token).value(), context, longest}.dump();
  }));
  return {Seconds(json[0].get<double>()), json[1].get<double>(), Seconds(json[2].get<double>())};
}

// The decoding instance's step while nothing is on its way, and with exchanges `stretch` times as long on the links of `plane`.
engine::StepTime step_of(const test::Setup& setup, const std::string& plane, double context, double stretch) {
  topology::Router routes(setup.scenario.cluster.whole(), 1);
  const int planes[] = {*setup.scenario.cluster.whole().plane_named(plane)};
  engine::StepCost cost = engine::step_cost_of(setup.scenario, engine::place(setup.scenario)[1], routes, std::nullopt, planes);
  cost.set_stretch(stretch);
  const engine::LoadClass loads[] = {{{.decode_sequences = decoding, .decode_context = decoding * context}, 1}};
  return cost.step(loads);
}

}  // namespace

TEST_CASE("A direct all-to-all loads every link of a switch alike, with one flow for every peer; a ring has one flow") {
  const auto cluster = test::star(5, "10 GB/s", "1 us");
  topology::Router router(cluster, 1);
  std::vector<int> group(5);
  std::iota(group.begin(), group.end(), 0);
  const int planes[] = {0};
  for (const auto& [operation, algorithm, flows] :
       {std::tuple(Operation::all_to_all, Algorithm::direct, 4.0), {Operation::all_reduce, Algorithm::ring, 1.0}}) {
    const auto schedule = collective::schedule_of({.operation = operation, .ranks = 5, .ranks_per_node = 5}, algorithm, Bytes(1e6));
    const auto uses = collective::link_uses(router, schedule, group, planes);
    REQUIRE(uses.size() == 10);
    for (const collective::LinkUse& use : uses) {
      CHECK(use.share == Approx(1));
      CHECK(use.flows == Approx(flows));
    }
  }
}

TEST_CASE("A cache gets what the decoding instance's exchanges leave of a link, and they half of it while it comes") {
  const test::Setup setup = latecomer("nvlink");
  const Outcome outcome = run(setup);
  const engine::StepTime step = step_of(setup, "nvlink", outcome.context, 1);
  const double busy = step.shared / step.total;
  REQUIRE(busy > 0.1);
  REQUIRE(busy < 0.9);
  CHECK(bytes_sent(setup) / outcome.transfer.value() == Approx(nvlink * (1 - busy)).epsilon(0.01));
  const engine::StepTime slower = step_of(setup, "nvlink", outcome.context, 2);  // a ring has one flow a link, as the cache
  CHECK(slower.total.value() == Approx((step.total + step.shared).value()).epsilon(1e-9));
  CHECK(outcome.longest.value() == Approx(slower.total.value()).epsilon(0.01));
}

TEST_CASE("On a plane of their own caches and exchanges do not feel each other") {
  const test::Setup setup = latecomer("ib");
  const Outcome outcome = run(setup);
  const auto& cluster = setup.scenario.cluster.whole();
  double port = 0;
  cluster.graph.for_each_link(0, *cluster.plane_named("ib"), [&](int id, int) { port += cluster.graph.link(id).bandwidth.value(); });
  CHECK(bytes_sent(setup) / outcome.transfer.value() == Approx(port).epsilon(0.01));
  CHECK(step_of(setup, "ib", outcome.context, 2).total == step_of(setup, "ib", outcome.context, 1).total);
  CHECK(outcome.longest == Seconds(0));  // none begins: the run of steps goes on
}
