// How evenly experts load their endpoints.
#include "serving/expert_placement.hpp"

#include <numeric>

#include "support/files.hpp"
#include "support/models.hpp"

using namespace podsim;
using serving::busiest_over_mean;
using serving::ExpertPlacement;

namespace {

double read(const std::string& text, const model::ParallelSpec& parallel) {
  test::Yaml yaml(text);
  return serving::read_expert_load(yaml.root(), test::deepseek_r1(), parallel).stages.front();
}

std::string complaint(const std::string& text, const model::ModelSpec& model) {
  test::Yaml yaml(text);
  return yaml.error_of([&](config::Node node) { serving::read_expert_load(std::move(node), model, {}); });
}

}  // namespace

TEST_CASE("Equal experts load their endpoints equally, wherever they lie") {
  const auto placement = GENERATE(ExpertPlacement::fixed, ExpertPlacement::balanced);
  const int endpoints = GENERATE(1, 8, 64);
  CHECK(busiest_over_mean(std::vector<double>(64, 3.0), 0, endpoints, placement) == Approx(1));
}

TEST_CASE("Experts in order: the endpoint with the busy ones has their sum") {
  const std::vector<double> popularity = {5, 3, 1, 1, 1, 1};
  CHECK(busiest_over_mean(popularity, 0, 3, ExpertPlacement::fixed) == Approx(8 / (12. / 3)));
}

TEST_CASE("Balanced placement puts the busiest beside the idlest, and copies the busiest") {
  const std::vector<double> popularity = {5, 3, 1, 1, 1, 1};
  CHECK(busiest_over_mean(popularity, 0, 3, ExpertPlacement::balanced) == Approx(6 / (12. / 3)));  // 5 + 1, 3 + 1, 1 + 1
  CHECK(busiest_over_mean(popularity, 3, 3, ExpertPlacement::balanced) ==
        Approx((5. / 3 + 3. / 2 + 1) / (12. / 3)));  // three copies, two, one
}

TEST_CASE("With as many copies as it takes, an expert that gets everything loads all endpoints alike") {
  std::vector<double> popularity(8);
  popularity[3] = 1;
  CHECK(busiest_over_mean(popularity, 0, 8, ExpertPlacement::balanced) == Approx(8));
  CHECK(busiest_over_mean(popularity, 8 - 1 + 1, 8, ExpertPlacement::balanced) == Approx(8. / 9 * 2));  // nine copies on eight endpoints
}

TEST_CASE("Copies and balance never make it worse than the order of the experts") {
  const double exponent = GENERATE(0.2, 0.5, 1.0, 1.5);
  const std::vector<double> popularity = serving::zipf_popularity(256, exponent);
  CHECK(std::accumulate(popularity.begin(), popularity.end(), 0.0) == Approx(1));
  const double fixed = busiest_over_mean(popularity, 32, 32, ExpertPlacement::fixed);
  const double balanced = busiest_over_mean(popularity, 0, 32, ExpertPlacement::balanced);
  const double copied = busiest_over_mean(popularity, 32, 32, ExpertPlacement::balanced);
  CHECK(balanced <= fixed);
  CHECK(copied <= balanced);
  CHECK(copied >= 1);
  // The most popular expert is on one endpoint.
  CHECK(balanced >= *std::max_element(popularity.begin(), popularity.end()) * 32 * (1 - 1e-12));
}

TEST_CASE("Expert loads are read with the endpoints that hold routed experts") {
  model::ParallelSpec parallel;
  parallel.expert = 320;
  parallel.shared_expert_endpoints = 32;
  parallel.redundant_experts = 32;
  const double expected = busiest_over_mean(serving::zipf_popularity(256, 0.5), 32, 288, ExpertPlacement::balanced);
  CHECK(read("popularity: {zipf: 0.5}\nplacement: balanced\n", parallel) == Approx(expected));
  CHECK(complaint("popularity: [1, 2]\n", test::deepseek_r1()) == "test.yaml:1: popularity: names 2 experts, the model has 256");
  CHECK(complaint("popularity: {zipf: -1}\n", test::deepseek_r1()) == "test.yaml:1: popularity.zipf: must lie between 0 and 10, not -1");
  CHECK(complaint("popularity: {zipf: 1}\n", test::llama_70b()).find("the model has no experts") != std::string::npos);
}

TEST_CASE("Drifting popularity makes a placement age: from what balance gives to what a stranger's order would") {
  const auto popularity = serving::zipf_popularity(256, 0.5);
  const double fresh = busiest_over_mean(popularity, 32, 32, ExpertPlacement::balanced);
  const auto slow = serving::ageing_imbalance(popularity, 32, 32, Seconds(1e9), Seconds(60), 4);
  for (const double stage : slow) CHECK(stage == Approx(fresh).epsilon(1e-4));
  const auto fast = serving::ageing_imbalance(popularity, 32, 32, Seconds(60), Seconds(60), 4);
  CHECK(fast.front() > fresh);
  CHECK(fast.back() > 1.2 * fresh);  // most experts have changed places, whatever the way
  // Rebalancing twice as often meets half the drift.
  const auto often = serving::ageing_imbalance(popularity, 32, 32, Seconds(60), Seconds(30), 2);
  CHECK(often[0] == Approx(fast[0]));
  CHECK(often[1] == Approx(fast[1]));
}

TEST_CASE("Drift never makes the busiest endpoint less busy, with one expert an endpoint or many") {
  const auto [copies, endpoints] = GENERATE(table<int, int>({{32, 288}, {32, 32}, {0, 64}}));
  const double exponent = GENERATE(0.3, 0.5, 1.0);
  const auto popularity = serving::zipf_popularity(256, exponent);
  double before = busiest_over_mean(popularity, copies, endpoints, ExpertPlacement::balanced);
  for (const double gone : {0.01, 0.03, 0.1, 0.3, 1.0}) {
    const double now = serving::ageing_imbalance(popularity, copies, endpoints, Seconds(1), Seconds(2 * gone), 1).front();
    CAPTURE(copies, endpoints, exponent, gone);
    CHECK(now >= 0.99 * before);
    before = now;
  }
}

TEST_CASE("What drifts must be rebalanced, and what is rebalanced placed by load") {
  const std::string load = "popularity: {zipf: 0.5}\ndrift: {over: 10 min}\n";
  CHECK(complaint(load + "placement: balanced\n", test::deepseek_r1()) == "test.yaml:1: the key \"rebalance\" is missing");
  CHECK(complaint(load + "rebalance: {every: 60 s}\n", test::deepseek_r1()) ==
        "test.yaml:2: drift: needs placement: balanced, which each rebalancing restores");
  CHECK(complaint(load + "placement: balanced\nrebalance: {every: 60 s, pause: 70 s}\n", test::deepseek_r1()) ==
        "test.yaml:4: rebalance.pause: must lie between 0 s and 60 s, not 70 s");
}
