// One instance alone and saturated: what published pool benchmarks measure, without arrivals and queues.
#pragma once

#include "engine/scenario.hpp"
#include "engine/step_cost.hpp"

namespace podsim::engine {

struct SteadyState {
  StepTime step;
  StepParts parts;
  double tokens_per_s_per_package = 0;  // emitted by decode, computed by prefill
  Seconds tpot;                         // decode only: step time / tokens a step
};

// Decode with `sequences_per_package` sequences of `context` tokens each (prompt and what has been generated).
SteadyState steady_decode(const Scenario& scenario, std::size_t pool, double sequences_per_package, double context);

// Prefill of `prompts_per_package` whole prompts of `tokens` tokens in one step, of which the first tier of the deployment holds the share
// `reuse`. Tokens found there count as processed. Throws InputError when there is no tier.
SteadyState steady_prefill(const Scenario& scenario, std::size_t pool, double prompts_per_package, double tokens, double reuse = 0);

}  // namespace podsim::engine
