// Reading deployments and engine profiles: what is allowed, and what is said of the rest.
#include "serving/deployment.hpp"

#include "app/catalogue.hpp"
#include "support/clusters.hpp"
#include "support/models.hpp"

using namespace podsim;

namespace {

const topology::Cluster& two_planes() {
  static const auto plane = [](const std::string& name) {
    return fmt::format("  {}: {{kind: single_switch, link: {}, switch: {}, links_to_switch: [1]}}\n", name, test::link("100 GB/s", "1 us"),
                       test::any_switch);
  };
  static const topology::Cluster cluster = {{{"", test::cluster(2, 8, plane("nvlink") + plane("ib")), 0}}, {}};
  return cluster;
}

serving::Deployment read(config::Node node, const model::ModelSpec& model) {
  return serving::read_deployment(std::move(node), two_planes(), model, app::routers());
}

serving::Deployment read(const std::string& text, const model::ModelSpec& model) {
  test::Yaml yaml(text);
  return read(yaml.root(), model);
}

std::string complaint(const std::string& text, const model::ModelSpec& model) {
  test::Yaml yaml(text);
  return yaml.error_of([&](config::Node node) { read(std::move(node), model); });
}

// A pool of tensor parallel endpoints; each line of `more` at the pool's level.
std::string pool(const std::string& name, const std::string& more = "", const std::string& library = "nccl") {
  return fmt::format(
      "{}:\n  instances: 2\n  parallel: {{tensor: 4}}\n  max_sequences: 64\n  token_budget: 128\n  engine: trtllm\n  tensor: "
      "{{library: {}, planes: [nvlink]}}\n{}",
      name, library, more);
}
const std::string formats = "formats: {weights: fp8}\n";
const std::string kv = "kv: {library: mooncake, planes: [nvlink, ib]}\n";

}  // namespace

TEST_CASE("A colocated pool stands alone and moves no cache") {
  const auto deployment = read(formats + pool("colocated"), test::llama_70b());
  REQUIRE(deployment.pools.size() == 1);
  CHECK(deployment.first().role == serving::Role::colocated);
  CHECK(deployment.first().instances == 2);
  CHECK(deployment.first().tensor->planes == topology::PlaneOrder{0});
  CHECK_FALSE(deployment.first().expert);
  CHECK_FALSE(deployment.kv);
  CHECK(deployment.kv_block_tokens == 64);
  CHECK(deployment.router.name == "least_outstanding");
}

TEST_CASE("Separate pools come as prefill and decode, with planes for the cache in order of preference") {
  const auto deployment = read("router: round_robin\n" + formats + pool("decode") + pool("prefill") + kv, test::llama_70b());
  REQUIRE(deployment.pools.size() == 2);
  CHECK(deployment.pools[0].role == serving::Role::prefill);
  CHECK(deployment.pools[1].role == serving::Role::decode);
  REQUIRE(deployment.kv);
  CHECK(deployment.kv->planes == topology::PlaneOrder{0, 1});
  CHECK(deployment.router.name == "round_robin");
}

TEST_CASE("A deployment that cannot be is refused with file, line and key") {
  const std::string colocated = formats + pool("colocated");
  const auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {formats + pool("colocated", "  speculation: {draft_tokens: 1, acceptance: 0.7}\n"),
       "test.yaml:9: colocated.speculation.draft_tokens: the model has no multi-token prediction module"},
      {formats + pool("colocated", "", "mooncake"),
       "test.yaml:8: colocated.tensor.library: Mooncake transfer engine describes no all_reduce"},
      {colocated + pool("prefill"), "test.yaml:3: colocated: stands alone; prefill and decode are for separate pools"},
      {colocated + kv, "test.yaml:9: kv: unknown key \"kv\" (allowed: colocated, formats, kv_block_tokens, pools, prefix_tiers, router)"},
      {formats + pool("prefill") + pool("decode"), "test.yaml:1: the key \"kv\" is missing"},
      {formats + pool("prefill") + kv, "test.yaml:1: the key \"decode\" is missing"},
      {formats + pool("prefill") + pool("decode") + "kv: {library: deepep-normal, planes: [ib]}\n",
       "test.yaml:16: kv.library: DeepEP normal describes no send"},
      {formats + pool("prefill") + pool("decode") + "kv: {library: mooncake, planes: [nvlnk]}\n",
       "test.yaml:16: kv.planes.0: \"nvlnk\" is no plane of test; did you mean \"nvlink\"? (planes: nvlink, ib)"},
      {formats + pool("prefill") + pool("decode") + "kv: {library: mooncake, planes: []}\n",
       "test.yaml:16: kv.planes: must name at least one plane"},
      {"router: fastest\n" + colocated,
       "test.yaml:1: router: \"fastest\" is not one of least_outstanding, round_robin, random, power_of_two, least_kv, prefix_affinity, "
       "sticky, slo_aware"},
      {formats + "colocated:\n  instances: 0\n", "test.yaml:3: colocated.instances: must lie between 1 and 1048576, not 0"},
      {formats + "colocated:\n  instances: 1\n  parallel: {tensor: 3}\n",
       "test.yaml:4: colocated.parallel.tensor: 64 attention heads cannot be split over 3 endpoints"},
      {"kv_block_tokens: 0\n" + colocated, "test.yaml:1: kv_block_tokens: must lie between 1 and 65536, not 0"},
  }));
  CHECK(complaint(text, test::llama_70b()) == message);
}

namespace {

// A pool of `pools`, in one line.
std::string named(const std::string& name, const std::string& role, const std::string& more = "") {
  return fmt::format(
      "  {}: {{role: {}, instances: 2, parallel: {{tensor: 4}}, max_sequences: 64, token_budget: 128, engine: trtllm, tensor: {{library: "
      "nccl, planes: [nvlink]}}{}}}\n",
      name, role, more);
}

}  // namespace

TEST_CASE("Any number of pools, by name: those for prompts first, each with formats of its own where it has some") {
  const auto deployment = read(formats + "pools:\n" + named("late", "decode") + named("small", "prefill") +
                                   named("large", "prefill", ", formats: {weights: bf16}") + kv,
                               test::llama_70b());
  REQUIRE(deployment.pools.size() == 3);
  CHECK(deployment.pools[0].name == "small");
  CHECK(deployment.pools[1].name == "large");
  CHECK(deployment.pools[2].role == serving::Role::decode);
  CHECK(deployment.pools[0].formats.weights == NumberFormat::fp8);
  CHECK(deployment.pools[1].formats.weights == NumberFormat::bf16);
  CHECK(deployment.kv_mode == serving::KvMode::pull);
  CHECK(
      read(formats + pool("prefill") + pool("decode") + "kv: {library: mooncake, planes: [ib], mode: push_per_layer}\n", test::llama_70b())
          .kv_mode == serving::KvMode::push_per_layer);
}

TEST_CASE("Pools that cannot work together are refused with file, line and key") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {named("a", "prefill"), "test.yaml:3: pools: prefill needs decode, and decode prefill"},
      {named("a", "decode"), "test.yaml:3: pools: prefill needs decode, and decode prefill"},
      {named("a", "colocated") + named("b", "decode"),
       "test.yaml:3: pools: colocated pools stand alone; prefill and decode are for separate pools"},
      {named("a", "both"), "test.yaml:3: pools.a.role: \"both\" is not one of colocated, prefill, decode"},
      {named("a", "colocated", ", part: left"), "test.yaml:3: pools.a.part: unknown key \"part\""},
      {named("a", "prefill") + named("b", "decode", ", formats: {weights: fp8, kv: fp8}") + kv,
       "test.yaml:1: the KV cache moves as it is, but a keeps it in bf16 and b in fp8: formats.kv must be one"},
      {named("a", "prefill") + named("b", "decode") + "kv: {library: mooncake, planes: [ib], mode: push}\n",
       "test.yaml:5: kv.mode: \"push\" is not one of pull, push_per_layer"},
  }));
  CHECK(complaint(formats + "pools:\n" + text, test::llama_70b()).starts_with(message));
}

TEST_CASE("A pool that scales starts with its least instances, or as many as it says") {
  const std::string rules = "  autoscale: {min: 2, max: 6, metric: requests, target: 8, start: {weights_rate: 10 GB/s}}\n";
  std::string text = formats + pool("colocated", rules);
  CHECK(read(text, test::llama_70b()).first().instances == 2);
  text.replace(text.find("instances: 2"), 12, "instances: 5");
  CHECK(read(text, test::llama_70b()).first().instances == 5);
  CHECK(read(text, test::llama_70b()).first().most_instances() == 6);
  text.replace(text.find("instances: 5"), 12, "instances: 7");
  CHECK(complaint(text, test::llama_70b()) == "test.yaml:3: colocated.instances: must lie between 2 and 6, not 7");
}

TEST_CASE("A plane that does not carry a class of traffic is refused where it is assigned") {
  const auto cluster =
      test::cluster(1, 2, fmt::format("  net: {{kind: full_mesh, link: {}, carries: [kv, weights]}}\n", test::link("10 GB/s", "1 us")));
  const auto complaint_of = [&](std::optional<topology::TrafficClass> traffic) {
    test::Yaml yaml("library: mooncake\nplanes: [net]\n");
    return yaml.error_of([&](config::Node node) {
      const collective::Operation needed[] = {collective::Operation::send};
      serving::read_channel(std::move(node), cluster, needed, traffic);
    });
  };
  CHECK(complaint_of(topology::TrafficClass::tensor) ==
        "test.yaml:2: planes.0: plane net of test does not carry tensor traffic (it carries: kv, weights)");
  CHECK(complaint_of(topology::TrafficClass::kv).empty());
  CHECK(complaint_of(std::nullopt).empty());
}

TEST_CASE("A step must hold the tokens of all decoding sequences; a prefill step need not") {
  const auto text = [](const std::string& name, int sequences, int budget, int drafts) {
    return fmt::format(
        "{}:\n  instances: 1\n  parallel: {{data: 1}}\n  max_sequences: {}\n  token_budget: {}\n  engine: trtllm\n  speculation: "
        "{{draft_tokens: {}, acceptance: 0.5}}\n",
        name, sequences, budget, drafts);
  };
  const auto r1 = test::deepseek_r1();
  CHECK(complaint(formats + text("colocated", 64, 63, 0), r1) ==
        "test.yaml:6: colocated.token_budget: must hold max_sequences decoding sequences of 1 tokens");
  CHECK(complaint(formats + text("colocated", 64, 64, 0), r1).empty());
  CHECK(complaint(formats + text("colocated", 64, 191, 2), r1) ==
        "test.yaml:6: colocated.token_budget: must hold max_sequences decoding sequences of 3 tokens");
  CHECK(complaint(formats + text("colocated", 64, 192, 2), r1).empty());
  CHECK(complaint(formats + text("prefill", 64, 1, 0) + text("decode", 64, 64, 0) + kv, r1).empty());
}

TEST_CASE("Drafts are accepted with one probability or with one for each") {
  const auto r1 = test::deepseek_r1();
  const auto tokens = [&](const std::string& speculation) {
    const auto deployment = read(formats + pool("colocated", fmt::format("  speculation: {}\n", speculation)), r1);
    return deployment.pools[0].speculation.tokens_per_step();
  };
  CHECK(tokens("{draft_tokens: 1, acceptance: 0.6}") == Approx(1.6));
  CHECK(tokens("{draft_tokens: 1, acceptance: [0.9]}") == Approx(1.9));
  CHECK(serving::Speculation{3, {0.9, 0.5, 0.2}}.tokens_per_step() == Approx(1 + 0.9 + 0.45 + 0.09));
  CHECK(complaint(formats + pool("colocated", "  speculation: {draft_tokens: 3, acceptance: [0.9, 0.5]}\n"), r1) ==
        "test.yaml:9: colocated.speculation.acceptance: names 2 probabilities for 3 drafts");
  CHECK(complaint(formats + pool("colocated", "  speculation: {draft_tokens: 1, acceptance: 1.5}\n"), r1) ==
        "test.yaml:9: colocated.speculation.acceptance: must lie between 0 and 1, not 1.5");
}

TEST_CASE("Expert parallelism needs a library that dispatches and combines") {
  const auto text = [](const std::string& library) {
    return fmt::format(
        "{}colocated:\n  instances: 1\n  parallel: {{data: 8, expert: 8}}\n  max_sequences: 64\n  token_budget: 64\n  engine: trtllm\n{}",
        formats, library);
  };
  const auto r1 = test::deepseek_r1();
  CHECK(complaint(text(""), r1) == "test.yaml:3: colocated: the key \"expert\" is missing");
  CHECK(complaint(text("  expert: {library: nccl, planes: [ib]}\n"), r1) ==
        "test.yaml:8: colocated.expert.library: NCCL describes no dispatch");
  CHECK(complaint(text("  expert: {library: deepep-low-latency, planes: [ib]}\n"), r1).empty());
}

TEST_CASE("A speculating sequence emits 1 + a + a^2 + ... tokens a step") {
  CHECK(serving::Speculation{0, {}}.tokens_per_step() == 1);
  CHECK(serving::Speculation{1, {0.7}}.tokens_per_step() == Approx(1.7));
  CHECK(serving::Speculation{3, {0.7, 0.7, 0.7}}.tokens_per_step() == Approx((1 - std::pow(0.7, 4)) / (1 - 0.7)));
  CHECK(serving::Speculation{4, {1, 1, 1, 1}}.tokens_per_step() == 5);
  CHECK(serving::Speculation{4, {0, 0, 0, 0}}.tokens_per_step() == 1);
}
