// Attention/expert disaggregation: the closed form of its pipeline against the pipeline itself, and a step made of it.
#include "engine/expert_pipeline.hpp"

#include "base/random.hpp"
#include "engine/step_cost.hpp"
#include "support/scenarios.hpp"

using namespace podsim;
using engine::LayerStations;
using engine::Turns;

namespace {

// Every station works on one micro-batch at a time; those of all domains pass in turn, micro-batch by micro-batch; domains start one after
// the other. Returns when the first domain's last micro-batch has left the last layer.
double pipeline(const LayerStations& s, int domains, int micro_batches, int layers) {
  const double shared[] = {s.dispatch.value(), s.experts.value(), s.combine.value()};
  std::vector<double> attention_free(static_cast<std::size_t>(domains)), ready(static_cast<std::size_t>(domains * micro_batches));
  double shared_free[3] = {};
  const auto slot = [&](int domain, int batch) { return static_cast<std::size_t>(batch * domains + domain); };
  for (int domain = 0; domain < domains; ++domain) {
    for (int batch = 0; batch < micro_batches; ++batch) ready[slot(domain, batch)] = s.slowest_shared().value() * domain;
  }
  for (int layer = 0; layer < layers; ++layer) {
    for (int batch = 0; batch < micro_batches; ++batch) {
      for (int domain = 0; domain < domains; ++domain) {
        double& now = ready[slot(domain, batch)];
        double& mine = attention_free[static_cast<std::size_t>(domain)];
        now = mine = std::max(now, mine) + s.attention.value();
        for (int i = 0; i < 3; ++i) now = shared_free[i] = std::max(now, shared_free[i]) + shared[i];
      }
    }
  }
  return ready[slot(0, micro_batches - 1)];
}

LayerStations stations(double attention, double dispatch, double experts, double combine) {
  return {Seconds(attention), Seconds(dispatch), Seconds(experts), Seconds(combine)};
}

}  // namespace

TEST_CASE("With one micro-batch of one domain a layer is its four parts, one after the other") {
  const LayerStations s = stations(7, 2, 3, 1);
  CHECK(engine::layer_period(s, {}).value() == 13);
  CHECK(engine::layers_time(s, {}, 10).value() == 130);
}

TEST_CASE("A ping-pong pipeline keeps the slower side busy once there are micro-batches enough to hide the way") {
  // MegaScale-Infer (arXiv 2504.02263, section 4.1): T_total = (T_a + T_e + 2 T_c) + T_f (m L - 1), T_f = max(T_a, T_e), m >= 2 (1 + T_c /
  // T_f).
  const double way = 0.4;
  const auto [attention, experts] = GENERATE(table<double, double>({{1.0, 0.8}, {0.8, 1.0}, {1.0, 1.0}}));
  for (const int m : {3, 4}) {
    const double slower = std::max(attention, experts), first = attention + experts + 2 * way;
    CHECK(engine::layer_period(stations(attention, way, experts, way), {1, static_cast<double>(m)}).value() == Approx(m * slower));
    CHECK(engine::layers_time(stations(attention, way, experts, way), {1, static_cast<double>(m)}, 60).value() ==
          Approx(first + slower * (60 * m - 1)));
  }
}

TEST_CASE("Three domains with two micro-batches each wait for attention alone in the published layer") {
  // xDeepServe (arXiv 2508.02520, section 7.1): 0.7 ms of attention, A2E 0.17, MoE 0.12, E2A 0.19 ms; 0.7 x 2 x 61 + 0.17 + 0.12 + 0.19.
  const LayerStations published = stations(0.7, 0.17, 0.12, 0.19);
  CHECK(engine::layers_time(published, {3, 2}, 61).value() == Approx(0.7 * 2 * 61 + 0.17 + 0.12 + 0.19));
}

TEST_CASE("The closed form is the pipeline's time in the long run") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto draw = [&](std::uint64_t what) { return 0.1 + static_cast<double>(mix(seed, what) >> 11) / 9007199254740992.0; };
    const int domains = 1 + static_cast<int>(mix(seed, 8) % 4), m = 1 + static_cast<int>(mix(seed, 9) % 4);
    const LayerStations s = stations(draw(1) * 3, draw(2), draw(3) * 2, draw(4));
    CAPTURE(seed, domains, m);
    const Turns turns = {static_cast<double>(domains), static_cast<double>(m)};
    const double period = engine::layer_period(s, turns).value();
    CHECK(pipeline(s, domains, m, 400) - pipeline(s, domains, m, 300) == Approx(100 * period).epsilon(1e-9));
    // Of the whole, what the pipeline fills and drains with may differ by less than a layer.
    CHECK(std::abs(pipeline(s, domains, m, 400) - engine::layers_time(s, turns, 400).value()) <= period);
    if (domains == 1) CHECK(pipeline(s, 1, m, 50) == Approx(engine::layers_time(s, turns, 50).value()).epsilon(1e-9));
  }
}

namespace {

const std::string tiny_moe =
    "{model_type: qwen3_moe, hidden_size: 2048, num_hidden_layers: 16, num_attention_heads: 16, num_key_value_heads: 4, head_dim: 128, "
    "intermediate_size: 4096, moe_intermediate_size: 1024, num_experts: 32, num_experts_per_tok: 4, vocab_size: 32000, "
    "max_position_embeddings: 32768}";

// Six GPUs of a node with attention, two with experts.
struct Node {
  explicit Node(const std::string& turns)
      : setup(test::setup(
            fmt::format("colocated: {{instances: 1, parallel: {{data: 6, expert: 2, disaggregated_experts: {}}}, max_sequences: "
                        "512, token_budget: 8192, engine: {{use: trtllm}}, expert: {{planes: [nvlink], library: {{name: made, "
                        "operations: {{attention_to_expert: {{algorithm: per_expert, overhead: 5 us, efficiency: 0.8}}, "
                        "expert_to_attention: {{algorithm: per_expert, overhead: 5 us, efficiency: 0.8}}}}}}}}}}",
                        turns),
            {}, "hgx-h100", tiny_moe)) {
    serving::EngineProfile& engine = pool().engine;
    engine.step_overhead = engine.sequence_overhead = engine.host_call = engine.prompt_overhead = Seconds(0);
  }
  serving::Pool& pool() { return setup.scenario.services[0].deployment.pools[0]; }
  engine::StepCost cost() {
    const topology::Topology& server = setup.scenario.cluster.parts[0].topology;
    const model::ModelSpec& model = setup.scenario.services[0].model;
    topology::Router routes(server, 1);
    return {server.chip, model, pool().formats, pool(),
            engine::InstanceNetwork(routes, pool(), model, engine::place(setup.scenario).front().endpoints)};
  }
  static engine::LoadClass load(double sequences) { return {{.decode_sequences = sequences, .decode_context = sequences * 1000}, 6}; }
  test::Setup setup;
};

}  // namespace

TEST_CASE("A step of one micro-batch is the sum of its parts, and each side idles while the other works") {
  Node node("{micro_batches: 1}");
  engine::StepCost cost = node.cost();
  const engine::LoadClass load = Node::load(48);
  const engine::StepTime step = cost.step({&load, 1});
  const engine::StepParts parts = cost.parts({&load, 1});
  const double elsewhere = (parts.experts + parts.dispatch + parts.combine).value() * 16;
  const double attention = step.total.value() - elsewhere;
  CHECK(attention > parts.attention.value() * 16 + parts.head.value());  // routing and the sum of results beside it
  CHECK(attention < 1.5 * (parts.attention.value() * 16 + parts.head.value()));
  const double busy = (6 * attention + 2 * parts.experts.value() * 16) / 8;
  CHECK(step.idle.value() == Approx(step.total.value() - busy).epsilon(1e-9));
  CHECK(step.link.value() == Approx((parts.dispatch + parts.combine).value() * 16).epsilon(1e-9));
}

TEST_CASE("Micro-batches hide one side's work behind the other's, and domains share the experts") {
  const engine::LoadClass load = Node::load(240);
  const auto step = [&](const std::string& turns) { return Node(turns).cost().step({&load, 1}); };
  const engine::StepTime one = step("{micro_batches: 1}"), two = step("{micro_batches: 2}"), domains = step("{domains: 3}");
  CHECK(two.total < one.total);
  CHECK(two.idle < one.idle);
  // Three domains of a third of the tokens each: smaller exchanges and experts that read their weights three times a layer.
  CHECK(domains.total < one.total);
  CHECK(domains.memory > one.memory);
  // A batch of one sequence has one micro-batch.
  const engine::LoadClass single = Node::load(1);
  CHECK(Node("{micro_batches: 4}").cost().step({&single, 1}).total == Node("{micro_batches: 1}").cost().step({&single, 1}).total);
}

TEST_CASE("Attention endpoints have room for more KV cache, and experts that do not fit are refused") {
  Node node("{micro_batches: 2}");
  const engine::Instance instance = engine::place(node.setup.scenario).front();
  REQUIRE(instance.endpoints.size() == 8);
  const test::Setup together = test::setup(
      "colocated: {instances: 1, parallel: {data: 8, expert: 8}, max_sequences: 512, token_budget: 8192, engine: {use: trtllm}, expert: "
      "{library: nvlink-one-sided, planes: [nvlink]}}",
      {}, "hgx-h100", tiny_moe);
  const double experts = 16 * 32 / 8 * 3.0 * 2048 * 1024 * 2, block = 16 * 16 * 2.0 * 4 * 128 * 2;  // bytes an endpoint, of a KV block
  const double freed = static_cast<double>(instance.kv_blocks - engine::place(together.scenario).front().kv_blocks) * block;
  CHECK(freed == Approx(experts * node.pool().engine.memory_fraction).epsilon(0.01));
  node.pool().formats.experts = NumberFormat::bf16;
  node.setup.scenario.services[0].model.moe->intermediate = 400'000;
  REQUIRE_THROWS_WITH(engine::place(node.setup.scenario),
                      Catch::Contains("deployment.colocated: the experts of") && Catch::Contains("an expert endpoint would hold"));
}
