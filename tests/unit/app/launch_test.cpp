// What is known of how a measured server was started.
#include "app/launch.hpp"

#include "base/error.hpp"
#include "support/files.hpp"
#include "support/messages.hpp"

using namespace podsim;

namespace {

// A user's own rules in the place of the shipped ones.
struct Rules {
  explicit Rules(const std::string& text) {
    std::filesystem::create_directory(folder.path() / "benchmarks");
    folder.write("benchmarks/inferencex.yaml", fmt::format("rules:\n{}", text));
  }
  app::Launch read(const app::ServingCase& serving_case) {
    config::Document document({folder.path()});
    return app::read_launch(document, serving_case);
  }
  test::TemporaryFolder folder;
};

app::ServingCase case_of(const std::string& engine, const std::string& model) {
  app::ServingCase c;
  c.engine = engine;
  c.model = model;
  c.input = 1000;
  c.output = 200;
  c.concurrency = 8;
  c.tensor = 2;
  return c;
}

app::ServingCase small_case() { return case_of("vllm", "m"); }

}  // namespace

TEST_CASE("Rules whose conditions hold are applied in order") {
  Rules rules(
      "  - {when: {engine: [vllm, sglang]}, set: {kv: fp8, token_budget: 8192, engine: {balance_wait: 5, receive_interval: 3}}}\n"
      "  - {when: {model: [other]}, set: {kv: fp4}}\n"
      "  - {when: {tp: {min: 3}}, set: {kv: fp4}}\n"
      "  - {when: {input_tokens: {min: 1000, max: 1000}, tp: {max: 2}}, set: {engine: {balance_wait: 7}, steps_to_text: 10}}\n");
  const app::Launch launch = rules.read(small_case());
  CHECK(launch.kv == NumberFormat::fp8);
  CHECK(launch.budget(1000, 200, 8) == 8192);
  CHECK(launch.engine["balance_wait"].as<int>() == 7);
  CHECK(launch.engine["receive_interval"].as<int>() == 3);
  CHECK(launch.steps_to_text == 10);
  CHECK_FALSE(launch.drafts);
}

TEST_CASE("A token budget is a number, one prompt with all sequences, or the longest length") {
  const auto budget = [](const std::string& value) {
    return Rules(fmt::format("  - {{when: {{}}, set: {{token_budget: {}}}}}\n", value)).read(small_case()).budget(1000, 200, 8);
  };
  CHECK(budget("512") == 512);
  CHECK(budget("prompt") == 1008);
  CHECK(budget("prompt + 1500") == 2508);
  // 8 sequences: 8 tokens and 8 * 1000 / 200 of prompts, but 2,048 at least (tensorrt_llm/bench/build/tuning.py).
  CHECK(budget("throughput") == 2048);
  CHECK(Rules("  - {when: {}, set: {token_budget: throughput}}\n").read(small_case()).budget(1000, 200, 1000) == 6000);
  CHECK(budget("length") == 1200);
  CHECK_FALSE(app::Launch().budget(1000, 200, 8));
}

TEST_CASE("A wrong rule is refused even where it would not hold") {
  Rules rules("  - {when: {model: [other]}, set: {token_budgte: 5}}\n");
  const std::string message = test::message_of<InputError>([&] { rules.read(small_case()); });
  CAPTURE(message);
  CHECK(message.find("inferencex.yaml:2: ") != std::string::npos);
  CHECK(message.find("token_budgte") != std::string::npos);
}

TEST_CASE("The shipped rules can be read") {
  config::Document document;
  app::ServingCase c = case_of("trtllm", "deepseek-v3");
  c.data = 8;
  CHECK(app::read_launch(document, c).engine["balance_wait"].as<int>() > 0);
}

TEST_CASE("What a load generator asked for is a condition too") {
  Rules rules("  - {when: {}, set: {distinct_prompts: 100, shortest_answer: 0.8}}\n");
  const app::Launch launch = rules.read(small_case());
  CHECK(launch.distinct_prompts == 100);
  CHECK(launch.shortest_answer == Approx(0.8));
  CHECK(Rules("  - {when: {}, set: {kv: fp8}}\n").read(small_case()).shortest_answer == 1);
  CHECK_THROWS_WITH(Rules("  - {when: {}, set: {shortest_answer: 1.5}}\n").read(small_case()),
                    Catch::Contains("shortest_answer: must lie between 0.01 and 1, not 1.5"));
}
