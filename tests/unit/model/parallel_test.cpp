// How a model may be split over endpoints, and what is said when it may not.
#include "model/parallel.hpp"

#include "base/error.hpp"
#include "support/models.hpp"

using namespace podsim;
using test::deepseek_r1;
using test::llama_70b;

namespace {

// What check_parallel says to these keys; "" when it agrees.
std::string complaint(const model::ModelSpec& model, const std::string& keys) {
  test::Yaml yaml(keys);
  return yaml.error_of([&](config::Node node) { model::check_parallel(model::read_parallel(node), model, node); });
}

}  // namespace

TEST_CASE("An instance has pipeline * data * tensor * sequence endpoints") {
  test::Yaml yaml("{tensor: 2, pipeline: 3, data: 5, sequence: 7}");
  const auto parallel = model::read_parallel(yaml.root());
  CHECK(parallel.group() == 2 * 7);
  CHECK(parallel.stage() == 5 * 2 * 7);
  CHECK(parallel.endpoints() == 3 * 5 * 2 * 7);
}

TEST_CASE("An LM head is split over whole tensor groups of a stage") {
  CHECK(complaint(llama_70b(), "{tensor: 2, data: 8, lm_head: 4}").empty());
  CHECK(complaint(llama_70b(), "{tensor: 2, data: 8, lm_head: 3}").find("lm_head: must be a multiple of tensor = 2") != std::string::npos);
  CHECK(complaint(llama_70b(), "{data: 8, lm_head: 16}").find("divides the 8 endpoints") != std::string::npos);
}

TEST_CASE("Disaggregated experts are on endpoints beside those of attention") {
  const std::string published =
      "{data: 480, expert: 288, shared_expert_endpoints: 32, disaggregated_experts: {domains: 3}}";  // arXiv 2508.02520
  CHECK(complaint(deepseek_r1(), published).empty());
  test::Yaml yaml(published);
  const auto parallel = model::read_parallel(yaml.root());
  CHECK(parallel.attention_endpoints() == 480);
  CHECK(parallel.expert_endpoints() == 288);
  CHECK(parallel.endpoints() == 768);
  CHECK(parallel.expert_slots(deepseek_r1()) == 1);
  CHECK(complaint(llama_70b(), "{data: 2, expert: 2, disaggregated_experts: {domains: 2}}")
            .find("disaggregated_experts: the model has no experts") != std::string::npos);
}

TEST_CASE("Everything is 1 where nothing is said") {
  test::Yaml yaml("{tensor: 1}");
  const auto parallel = model::read_parallel(yaml.root());
  CHECK(parallel.endpoints() == 1);
  CHECK(parallel.redundant_experts == 0);
  CHECK(parallel.shared_expert_endpoints == 0);
}

TEST_CASE("Published layouts are allowed, and hold the experts that the papers say") {
  const auto [keys, slots] = GENERATE(table<std::string, int>({
      {"{data: 320, expert: 320, redundant_experts: 32, shared_expert_endpoints: 32}", 1},  // CloudMatrix384 decode: arXiv 2506.12708
      {"{sequence: 32, expert: 32, redundant_experts: 32}", 9},                             // its prefill
      {"{data: 144, expert: 144, redundant_experts: 32}", 2},                               // DeepSeek open-infra day 6, decode
      {"{tensor: 4, data: 8, expert: 32, redundant_experts: 32}", 9},                       // arXiv 2412.19437, prefill
  }));
  CHECK(complaint(deepseek_r1(), keys).empty());
  test::Yaml yaml(keys);
  CHECK(model::read_parallel(yaml.root()).expert_slots(deepseek_r1()) == slots);
}

TEST_CASE("A split that the model does not allow is refused with the reason") {
  const auto [keys, message] = GENERATE(table<std::string, std::string>({
      {"data: 2\ntensor: 3\n", "test.yaml:2: tensor: 128 attention heads cannot be split over 3 endpoints"},
      {"pipeline: 62\n", "test.yaml:1: pipeline: the model has only 61 layers"},
      {"data: 16\nexpert: 8\n",
       "test.yaml:2: expert: must be 1 or data * tensor * sequence = 16, not 8; experts on endpoints of their own need "
       "disaggregated_experts"},
      {"data: 2\ntensor: 4\nsequence: 2\nexpert: 8\n",
       "test.yaml:4: expert: must be 1 or data * tensor * sequence = 16, not 8; experts on endpoints of their own need "
       "disaggregated_experts"},
      {"data: 24\nexpert: 24\nredundant_experts: 1\n",
       "test.yaml:2: expert: 256 routed and 1 redundant experts cannot be spread evenly over 24 endpoints; redundant_experts: 8 would fit"},
      {"data: 8\nexpert: 8\nshared_expert_endpoints: 8\n",
       "test.yaml:3: shared_expert_endpoints: leaves no endpoint for the routed experts"},
      {"data: 8\ndisaggregated_experts: {domains: 2}\n",
       "test.yaml:2: disaggregated_experts: needs `expert`: 2 or more endpoints for the experts"},
      {"data: 8\nexpert: 16\ndisaggregated_experts: {domains: 3}\n",
       "test.yaml:3: disaggregated_experts: 8 attention groups cannot be split evenly over 3 domains"},
      {"data: 8\nexpert: 24\ndisaggregated_experts: {domains: 2}\n",
       "test.yaml:2: expert: 256 routed and 0 redundant experts cannot be spread evenly over 24 endpoints; redundant_experts: 8 would fit"},
      {"pipeline: 2\nexpert: 16\ndisaggregated_experts: {micro_batches: 2}\n",
       "test.yaml:3: disaggregated_experts: goes with pipeline: 1, not 2"},
      {"tensor: 8\nexpert: 8\nexpert_exchange: all_reduce\ndisaggregated_experts: {micro_batches: 2}\n",
       "test.yaml:4: disaggregated_experts: goes with expert_exchange: all_to_all"},
      {"data: 8\nexpert: 16\ndisaggregated_experts: {micro_batches: 0}\n",
       "test.yaml:3: disaggregated_experts.micro_batches: must lie between 1 and 64, not 0"},
      {"tensor: 0\n", "test.yaml:1: tensor: must lie between 1 and 1048576, not 0"},
      {"tensr: 4\n",
       "test.yaml:1: tensr: unknown key \"tensr\"; did you mean \"tensor\"? (allowed: data, disaggregated_experts, expert, "
       "expert_exchange, lm_head, pipeline, "
       "redundant_experts, "
       "sequence, sequence_exchange, shared_expert_endpoints, tensor)"},
  }));
  CHECK(complaint(deepseek_r1(), keys) == message);
}

TEST_CASE("The number of redundant experts that the message offers does fit") {
  const int endpoints = GENERATE(24, 40, 48, 96, 144, 200, 320);
  const int shared = GENERATE(0, 8);
  const auto keys = [&](int redundant) {
    return fmt::format("{{data: {0}, expert: {0}, shared_expert_endpoints: {1}, redundant_experts: {2}}}", endpoints, shared, redundant);
  };
  // One redundant expert more than fits evenly is never even: every holder count here is above 1.
  const std::string message = complaint(deepseek_r1(), keys((endpoints - shared) * 40 - 256 + 1));
  const std::string before = "redundant_experts: ";
  const auto at = message.find(before);
  REQUIRE(at != std::string::npos);
  const int offered = std::stoi(message.substr(at + before.size()));
  CHECK(complaint(deepseek_r1(), keys(offered)).empty());
  CHECK(offered < endpoints - shared);  // no whole round of experts more than needed
}

TEST_CASE("A dense model has no experts to spread") {
  CHECK(complaint(llama_70b(), "tensor: 4\nexpert: 4\n") == "test.yaml:2: expert: the model has no experts to spread");
  CHECK(complaint(llama_70b(), "tensor: 3\n") == "test.yaml:1: tensor: 64 attention heads cannot be split over 3 endpoints");
  CHECK(complaint(llama_70b(), "tensor: 8\npipeline: 2\ndata: 2\n").empty());
}

TEST_CASE("Endpoints for the shared expert need a shared expert") {
  CHECK(complaint(test::model_from(test::mixtral_json), "data: 9\nexpert: 9\nshared_expert_endpoints: 1\n") ==
        "test.yaml:3: shared_expert_endpoints: the model has no shared expert");
}
