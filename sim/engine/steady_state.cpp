#include "engine/steady_state.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "engine/instance_cost.hpp"
#include "engine/loading.hpp"

namespace podsim::engine {
namespace {

struct Isolated {
  StepCost cost;
  LoadClass groups;  // all do the same
  double packages;
};

Isolated isolate(const Scenario& scenario, std::size_t pool_index) {
  const auto instances = place(scenario);
  const auto instance =
      std::find_if(instances.begin(), instances.end(), [&](const Instance& i) { return i.service == 0 && i.pool == pool_index; });
  const serving::Pool& pool = scenario.pool_of(*instance);
  topology::Router routes(scenario.part_of(*instance).topology, scenario.seed);
  return {step_cost_of(scenario, *instance, routes), {{}, pool.parallel.data}, scenario.packages_of(*instance)};
}

}  // namespace

SteadyState steady_decode(const Scenario& scenario, std::size_t pool, double sequences_per_package, double context) {
  Isolated alone = isolate(scenario, pool);
  const serving::Speculation& speculation = scenario.services.front().deployment.pools[pool].speculation;
  const double sequences = sequences_per_package * alone.packages / alone.groups.groups;
  model::GroupLoad& load = alone.groups.load;
  load.decode_sequences = sequences;
  load.decode_context = sequences * context;
  load.queries = 1 + speculation.draft_tokens;
  SteadyState state;
  state.step = alone.cost.step({&alone.groups, 1});
  state.parts = alone.cost.parts({&alone.groups, 1});
  state.tpot = state.step.total / speculation.tokens_per_step();
  state.tokens_per_s_per_package = sequences_per_package / state.tpot.value();
  return state;
}

SteadyState steady_prefill(const Scenario& scenario, std::size_t pool, double prompts_per_package, double tokens, double reuse) {
  Isolated alone = isolate(scenario, pool);
  const double prompts = prompts_per_package * alone.packages / alone.groups.groups;
  model::GroupLoad& load = alone.groups.load;
  load.prefill_sequences = prompts;
  const double found = tokens * reuse;
  load.prefill_tokens = prompts * (tokens - found);
  load.prefill_pairs = prompts * (tokens * (tokens + 1) - found * (found + 1)) / 2;
  load.prefill_context = prompts * tokens;
  SteadyState state;
  state.step = alone.cost.step({&alone.groups, 1});
  state.parts = alone.cost.parts({&alone.groups, 1});
  if (reuse > 0) {
    const Loading loading(scenario.services.front(), alone.packages);
    if (loading.tiers() == 0) throw InputError("deployment: has no prefix_tiers to reuse prompts from");
    std::vector<double> by_tier(loading.tiers());
    by_tier.front() = prompts * found * alone.groups.groups;
    loading.add_to(state.step, loading.times_alone(by_tier));
  }
  state.tokens_per_s_per_package = prompts_per_package * tokens / state.step.total.value();
  return state;
}

}  // namespace podsim::engine
