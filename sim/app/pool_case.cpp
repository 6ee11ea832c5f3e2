// One case of `podsim validate`: a pool alone, always full.
#include <fmt/format.h>

#include "app/experiment.hpp"
#include "app/validation_case.hpp"

namespace podsim::app {

Case read_pool_case(config::Node& node) {
  Case result;
  result.id = node.get<std::string>("case");
  result.system = node.reference_name("system");
  const engine::Scenario scenario = read_system(result.system, node.reference("system", "systems"), 1);
  const auto& pools = scenario.services.front().deployment.pools;
  std::vector<std::string> pool_names;
  for (const serving::Pool& pool : pools) pool_names.push_back(pool.name);
  const std::size_t pool = node.one_of("pool", pool_names);
  result.chip = scenario.cluster.parts[pools[pool].part].topology.chip.name;
  result.model = scenario.services.front().model.name;
  result.engine = pools[pool].engine.name;
  engine::SteadyState& state = result.state;
  if (node.has("prompt")) {
    const double prompt = node.get_within("prompt", 1.0, 1e9), count = node.get_within("prompts_per_package", 0.001, 1e6);
    const double reuse = node.get_within("reuse", 0.0, 0.99, 0.0);
    state = engine::steady_prefill(scenario, pool, count, prompt, reuse);
    result.condition = fmt::format("{} prompts of {} tokens a package", count, prompt);
    if (reuse > 0) result.condition += fmt::format(", {:.0f} % reused", 100 * reuse);
  } else {
    const double context = node.get_within("context", 1.0, 1e9), count = node.get_within("sequences_per_package", 0.001, 1e6);
    state = engine::steady_decode(scenario, pool, count, context);
    result.condition = fmt::format("{} sequences a package, context {}", count, context);
  }
  const std::vector<std::string> metrics = {"tokens_per_s_per_package", "tpot_ms", "step_ms"};
  const std::size_t metric = node.one_of("metric", metrics);
  const double values[] = {state.tokens_per_s_per_package, state.tpot.value() * 1e3, state.step.total.value() * 1e3};
  result.unit = metric == 0 ? "tokens/s per package" : "ms";
  result.predicted = values[metric];
  result.published = node.get_within("published", 1e-12, 1e15);
  result.fitted = node.get("fitted", false);
  return result;
}

}  // namespace podsim::app
