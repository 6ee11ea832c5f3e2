// What prefixes in the pooled memory of a whole CloudMatrix384 are worth: the published gains in prompt throughput, from a run of the
// system.
#include <cmath>
#include <stdexcept>

#include "app/experiment.hpp"
#include "engine/simulation.hpp"
#include "support/child.hpp"
#include "support/files.hpp"

using namespace podsim;

namespace {

constexpr int instances = 14, prompts = 64 * 6;  // of an instance: six steps of 64 prompts
constexpr std::int64_t length = 4096;
constexpr double second_wave = 1000;  // s

// Prefixes come once; much later prompts of 4,096 tokens come that begin with them, each to another instance than its prefix, all at once.
workload::Workload two_waves(std::int64_t prefix) {
  workload::Workload workload;
  workload.block_tokens = static_cast<int>(prefix);
  const int count = instances * prompts;
  for (int i = 0; i < count && prefix > 0; ++i) workload.requests.push_back({Seconds(0), prefix, 1});
  workload.requests.push_back({Seconds(second_wave / 2), 1, 1});  // turns the round robin by one
  for (int i = 0; i < count; ++i) workload.requests.push_back({Seconds(second_wave), length, 1});
  for (std::size_t i = 0; i < workload.requests.size() && prefix > 0; ++i) {
    workload::Request& request = workload.requests[i];
    if (request.input < prefix) continue;
    request.first_block = static_cast<std::uint32_t>(workload.block_hashes.size());
    request.blocks = 1;
    const auto own = static_cast<std::uint64_t>(i);
    workload.block_hashes.push_back(own < static_cast<std::uint64_t>(count) ? own : own - static_cast<std::uint64_t>(count) - 1);
  }
  return workload;
}

// Prompt tokens a second of the second wave, found ones included.
double rate_with(double reuse) {
  return test::number_in_child([=] {
    test::Yaml yaml("system: {use: cloudmatrix384-r1, deployment: {router: round_robin, prefill: {instances: 14}}}\n");
    engine::Scenario scenario = app::read_system("test", yaml.root().reference("system", "systems"), 1);
    const workload::Workload workload = two_waves(static_cast<std::int64_t>(reuse * length));
    scenario.workload = &workload;
    const metrics::RunLog log = engine::simulate(scenario);
    double cached = 0, loaded = 0, tokens = 0;
    for (const auto& request : log.requests) {
      if (request.arrival < Seconds(second_wave)) continue;
      cached += static_cast<double>(request.cached_tokens);
      loaded += static_cast<double>(request.loaded_tokens);
      tokens += static_cast<double>(request.input);
    }
    if (cached != 0 || loaded != std::floor(reuse * length) * tokens / length) throw std::runtime_error("prefixes are not in the pool");
    return tokens / (log.end.value() - second_wave);
  });
}

}  // namespace

TEST_CASE("A whole CloudMatrix384 gains 1.42 times at 50 % reuse and 2.28 times at 90 % within 10 % (arXiv 2506.12708, section 5.4)") {
  const double without = rate_with(0);
  CHECK(rate_with(0.5) / without == Approx(1.42).epsilon(0.1));
  CHECK(rate_with(0.9) / without == Approx(2.28).epsilon(0.1));
}
