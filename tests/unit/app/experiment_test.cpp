// Experiments as a whole: what they give, and errors that only the parts together show, with their place in a file.
#include "app/experiment.hpp"

#include "base/error.hpp"
#include "config/suggest.hpp"
#include "model/operators.hpp"
#include "support/messages.hpp"
#include "support/models.hpp"
#include "support/shipped.hpp"

using namespace podsim;
using app::Experiment;

namespace {

const std::string head = "name: x\nslo: {ttft: 2 s, tpot: 50 ms}\nworkload: {use: azure-conversation, requests: 10}\nsystems:\n";

// An experiment file of its own, read with --set assignments.
struct File {
  explicit File(const std::string& text) { path = folder.write("experiment.yaml", text); }
  Experiment load(const std::vector<std::string>& overrides = {}, const std::optional<std::string>& only = std::nullopt) {
    config::Document document;
    for (const std::string& assignment : overrides) document.add_override(assignment);
    return app::load_experiment(document, path, only);
  }
  std::string complaint(const std::vector<std::string>& overrides = {}) {
    std::string message = test::message_of<InputError>([&] { load(overrides); });
    const std::string prefix = folder.path().string() + "/";
    for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) message.erase(at, prefix.size());
    return message;
  }
  test::TemporaryFolder folder;
  std::filesystem::path path;
};

// A system on 16 H100; `deployment` begins on line 9.
std::string system(const std::string& formats, const std::string& pool) {
  return head + fmt::format(
                    "  mine:\n    cluster: hgx-h100\n    model: llama-3.1-70b\n    pue: 1.1\n    deployment:\n      formats: {}\n"
                    "      colocated: {{max_sequences: 16, token_budget: 512, engine: trtllm, tensor: {{library: nccl, planes: "
                    "[nvlink, ib]}}, {}}}\n",
                    formats, pool);
}

}  // namespace

TEST_CASE("An experiment has its systems in file order, all of them with one workload and its seed") {
  const Experiment experiment = File(head + "  b: h100-llama70b\n  a: {use: h100-llama70b, pue: 1.5, spare: off}\n").load({"seed=42"});
  CHECK(experiment.name == "x");
  CHECK(experiment.seed == 42);
  CHECK(experiment.service_level.ttft.value() == 2);
  CHECK(experiment.service_level.tpot.value() == Approx(0.05));
  REQUIRE(experiment.scenarios.size() == 2);
  CHECK(experiment.scenarios[0].name == "b");
  CHECK(experiment.scenarios[1].name == "a");
  CHECK(experiment.scenarios[0].pue == 1.25);
  CHECK(experiment.scenarios[1].pue == 1.5);
  CHECK(experiment.scenarios[0].spare_on);
  CHECK_FALSE(experiment.scenarios[1].spare_on);
  for (const engine::Scenario& scenario : experiment.scenarios) {
    CHECK(scenario.workload == experiment.workload.get());
    CHECK(scenario.seed == 42);
    CHECK_FALSE(scenario.time_limit);
    CHECK(scenario.services.front().model.name == "llama-3.1-70b");
  }
  CHECK(experiment.workload->requests.size() == 10);
}

TEST_CASE("The measured window and the time limit are read") {
  const auto experiment = File(head + "  a: h100-llama70b\ntime_limit: 9 s\nmeasure: {from: 1 s, to: 5 s}\n").load();
  CHECK(experiment.measure.times.from.value() == 1);
  CHECK(experiment.measure.times.to.value() == 5);
  CHECK(experiment.scenarios[0].time_limit->value() == 9);
}

TEST_CASE("Tables of requests and steps are written unless the experiment says otherwise") {
  const auto records = [](const std::string& more) { return File(head + "  a: h100-llama70b\n" + more).load().records; };
  CHECK(records("").requests);
  CHECK(records("").steps);
  CHECK_FALSE(records("output: {requests: off}\n").requests);
  CHECK(records("output: {requests: off}\n").steps);
  CHECK_FALSE(records("output: {steps: off}\n").steps);
}

TEST_CASE("Warm-up and cool-down are times, shares or numbers of requests") {
  using Unit = metrics::Cut::Unit;
  const auto [text, unit, amount] = GENERATE(
      table<std::string, Unit, double>({{"2 min", Unit::seconds, 120}, {"12.5%", Unit::share, 0.125}, {"9 requests", Unit::requests, 9}}));
  const auto experiment = File(head + fmt::format("  a: h100-llama70b\nmeasure: {{warm_up: {}, cool_down: 0 s}}\n", text)).load();
  REQUIRE(experiment.measure.warm_up);
  CHECK(experiment.measure.warm_up->unit == unit);
  CHECK(experiment.measure.warm_up->amount == Approx(amount));
  REQUIRE(experiment.measure.cool_down);
  CHECK(experiment.measure.cool_down->amount == 0);
}

TEST_CASE("One system can be read alone, and the names without any") {
  File file(head + "  a: h100-llama70b\n  b: no-such-system\n");
  CHECK(file.load({}, "a").scenarios.size() == 1);
  config::Document document;
  CHECK(app::system_names(document, file.path) == std::vector<std::string>{"a", "b"});
}

namespace {

std::vector<std::string> names_of(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.stem().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace

TEST_CASE("An experiment that cannot be is refused with its place in the file") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"slo: {}\n", "experiment.yaml:1: the key \"name\" is missing"},
      {"name: x\n", "experiment.yaml:1: the key \"slo\" is missing"},
      {"name: x\nslo: {ttft: 2, tpot: 50 ms}\n", "experiment.yaml:2: slo.ttft: \"2\" is not a number with a unit (s, ms, us, ns, min, h)"},
      {head + "  a.b: h100-llama70b\n", "experiment.yaml:5: systems.a.b: a system's name must have no dot"},
      {head + "  {}\n", "experiment.yaml:5: systems: names no system"},
      {head + "  a: h100-lama70b\n",
       "experiment.yaml:5: systems.a: no systems named \"h100-lama70b\"; did you mean \"h100-llama70b\"? (there are: " +
           config::join(names_of(test::shipped_files("configs/systems"))) + ")"},
      {head + "  a: h100-llama70b\nmeasure: {from: 5 s, to: 5 s}\n", "experiment.yaml:6: measure.to: must come after from"},
      {head + "  a: h100-llama70b\nmeasure: {warm_up: half}\n",
       "experiment.yaml:6: measure.warm_up: \"half\" is not a time (100 s), a share below 100 % (10 %) or a number of requests (500 "
       "requests)"},
      {head + "  a: h100-llama70b\nmeasure: {cool_down: 100 %}\n",
       "experiment.yaml:6: measure.cool_down: \"100 %\" is not a time (100 s), a share below 100 % (10 %) or a number of requests (500 "
       "requests)"},
      {head + "  a: h100-llama70b\nmeasure: {warm_up: 10 requests}\n", "experiment.yaml:6: measure.warm_up: there are only 10 requests"},
      {head + "  a: h100-llama70b\nmeasure: {warm_up: 60 %, cool_down: 40 %}\n",
       "experiment.yaml:6: measure.cool_down: leaves nothing to measure between warm-up and itself"},
      {head + "  a: h100-llama70b\nmeasure: {from: 1 s, warm_up: 5 s}\n", "experiment.yaml:6: measure.warm_up: says again what from says"},
      {head + "  a: h100-llama70b\nsede: 5\n",
       "experiment.yaml:6: sede: unknown key \"sede\"; did you mean \"seed\"? (allowed: measure, name, output, seed, slo, systems, "
       "time_limit, "
       "workload)"},
  }));
  CHECK(File(text).complaint() == message);
}

TEST_CASE("A deployment larger than its cluster says how much of it fits, and where it stands") {
  CHECK(File(system("{weights: fp8}", "instances: 5, parallel: {tensor: 4}")).complaint() ==
        "experiment.yaml:10: systems.mine.deployment: deployment.colocated: only 4 of 5 instances of 4 endpoints fit HGX H100 cluster "
        "(16 endpoints in 2 nodes, 16 taken)");
  CHECK(File(system("{weights: fp8}", "instances: 1, parallel: {tensor: 8, data: 3}")).complaint() ==
        "experiment.yaml:10: systems.mine.deployment: deployment.colocated: only 0 of 1 instances of 24 endpoints fit HGX H100 cluster "
        "(16 endpoints in 2 nodes, 0 taken)");
}

TEST_CASE("A model that does not fit its memory says what it needs and what there is") {
  model::Formats formats;  // BF16: 70.6 billion times two bytes
  const Bytes weights = model::weight_bytes(test::llama_70b(), {}, formats, 0);
  CHECK(File(system("{weights: bf16}", "instances: 1, parallel: {tensor: 1}")).complaint() ==
        fmt::format("experiment.yaml:10: systems.mine.deployment: deployment.colocated: llama-3.1-70b does not fit: an endpoint would hold "
                    "{:.1f} GB of weights and has 77.0 GB (90 % of 85.5 GB) for weights and KV cache",
                    weights / units::GB));
  CHECK(weights.value() == Approx(2 * 70.6e9).epsilon(0.03));
  CHECK(File(system("{weights: bf16}", "instances: 1, parallel: {tensor: 4}")).complaint().empty());
}

TEST_CASE("A chip that lacks a number format says which it has, and what the engine allows") {
  CHECK(File(system("{weights: fp32}", "instances: 1, parallel: {tensor: 8, pipeline: 2}")).complaint() ==
        "experiment.yaml:10: systems.mine.deployment: deployment.formats.activations: H100 SXM5 does not compute in fp32 (it has bf16, "
        "fp8, int8), and weight_only of engine TensorRT-LLM has bf16");
  // The engine unpacks FP4 weights for BF16 products.
  CHECK(File(system("{weights: fp4}", "instances: 1, parallel: {tensor: 4}")).complaint().empty());
  CHECK(File(system("{weights: fp8, attention: fp32}", "instances: 1, parallel: {tensor: 4}")).complaint() ==
        "experiment.yaml:10: systems.mine.deployment: deployment.formats.attention: H100 SXM5 does not compute in fp32 (it has bf16, fp8, "
        "int8)");
  CHECK(File(system("{weights: fp32, activations: bf16}", "instances: 1, parallel: {tensor: 8, pipeline: 2}")).complaint() ==
        "experiment.yaml:10: systems.mine.deployment: deployment.formats.weights: H100 SXM5 does not compute in fp32 (it has bf16, fp8, "
        "int8)");
  // FP4 weights are unpacked for FP8 products.
  CHECK(File(system("{weights: fp4, activations: fp8}", "instances: 1, parallel: {tensor: 4}")).complaint().empty());
}

TEST_CASE("What --set breaks is said of --set") {
  File file(head + "  a: h100-llama70b\n");
  CHECK(file.complaint({"systems.a.deployment.colocated.parallel.tensor=3"}) ==
        "--set systems.a.deployment.colocated.parallel.tensor: 64 attention heads cannot be split over 3 endpoints");
  CHECK(file.complaint({"systems.a.pue=0.9"}) == "--set systems.a.pue: must lie between 1 and 3, not 0.9");
  CHECK(file.complaint({"systems.a.spare=maybe"}) == "--set systems.a.spare: \"maybe\" is not one of idle, off");
}
