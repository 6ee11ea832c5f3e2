// What the batches of an instance may hold, as its pool and its place say.
#pragma once

#include "engine/scenario.hpp"
#include "serving/batch.hpp"

namespace podsim::engine {

// An endpoint's part of a KV block.
Bytes block_of(const Scenario& scenario, const Instance& instance);
serving::BatchLimits limits_of(const Scenario& scenario, const Instance& instance);
// Of one attention group, empty.
serving::KvCache cache_of(const Scenario& scenario, const Instance& instance);

}  // namespace podsim::engine
