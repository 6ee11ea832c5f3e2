// What prefixes in the pooled memory of a whole CloudMatrix384 are worth: the published gains in prompt throughput, from a run of the
// system.
#include <fmt/format.h>

#include <algorithm>
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

struct Found {
  double rate;   // prompt tokens a second of the second wave, found ones included
  double bytes;  // that an instance loads a second
};

Found found_with(double reuse, const std::string& pool = "") {
  const std::string found = test::in_child([=] {
    test::Yaml yaml("system: {use: cloudmatrix384-r1, deployment: {router: round_robin, prefill: {instances: 14}" + pool + "}}\n");
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
    const metrics::TierUse& use = log.tiers.front();
    return fmt::format("{:.17g} {:.17g}", tokens / (log.end.value() - second_wave),
                       (use.bytes / std::max(use.time, Seconds(1e-9))).value());
  });
  const auto space = found.find(' ');
  return {std::stod(found), std::stod(found.substr(space))};
}

std::string pool_over(const char* plane, const char* rate) {
  return fmt::format(", prefix_tiers: !replace [{{name: EMS, capacity: 10 TB, scope: cluster, rate: {}, planes: [{}]}}]", rate, plane);
}

constexpr double packages = 16, dies = 32;  // of an instance

}  // namespace

TEST_CASE("A whole CloudMatrix384 gains 1.42 times at 50 % reuse and 2.28 times at 90 % within 10 % (arXiv 2506.12708, section 5.4)") {
  const double without = found_with(0).rate;
  CHECK(found_with(0.5).rate / without == Approx(1.42).epsilon(0.1));
  CHECK(found_with(0.9).rate / without == Approx(2.28).epsilon(0.1));
}

TEST_CASE("A pool over links is as fast as its software, or as the links of the hosts") {
  CHECK(found_with(0.5).bytes == Approx(packages * 1.25e9).epsilon(1e-9));
  CHECK(found_with(0.5, pool_over("ub", "1.25 GB/s")).bytes == Approx(packages * 1.25e9).epsilon(1e-3));  // of 392 GB/s
  // All instances read at once, each from 32 CPUs, so that four dies share 7 links of 22.9 GB/s.
  CHECK(found_with(0.5, pool_over("ub", "200 GB/s")).bytes == Approx(dies * 7 * 22.9e9 / 4).epsilon(1e-3));
}
