#include "engine/instance_batches.hpp"

namespace podsim::engine {

Bytes block_of(const Scenario& scenario, const Instance& instance) {
  const Service& service = scenario.service_of(instance);
  const serving::Pool& pool = scenario.pool_of(instance);
  return model::kv_bytes_per_token(service.model, pool.parallel, pool.formats) * service.deployment.kv_block_tokens;
}

serving::BatchLimits limits_of(const Scenario& scenario, const Instance& instance) {
  const serving::Pool& pool = scenario.pool_of(instance);
  serving::BatchLimits limits;
  limits.max_sequences = pool.max_sequences;
  limits.token_budget = pool.token_budget;
  limits.tokens_per_step = pool.speculation.tokens_per_step();
  limits.queries = 1 + pool.speculation.draft_tokens;
  limits.decodes = pool.role != serving::Role::prefill;
  limits.scheduling = pool.engine.scheduling;
  if (pool.role != serving::Role::prefill) limits.allocation = pool.engine.kv_allocation;
  limits.queue = pool.engine.queue;
  if (pool.engine.preemption.swaps)
    limits.swap_blocks = static_cast<std::int64_t>(pool.engine.preemption.space / block_of(scenario, instance));
  return limits;
}

serving::KvCache cache_of(const Scenario& scenario, const Instance& instance) {
  const serving::Pool& pool = scenario.pool_of(instance);
  const bool shares = pool.engine.prefix_cache && pool.role != serving::Role::decode;
  return {instance.kv_blocks, scenario.service_of(instance).deployment.kv_block_tokens, shares ? scenario.workload->block_tokens : 0};
}

}  // namespace podsim::engine
