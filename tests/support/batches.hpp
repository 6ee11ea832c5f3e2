// What tests do with a batch.
#pragma once

#include <vector>

#include "serving/batch.hpp"

namespace test {

inline const podsim::serving::KvCache plenty(1 << 20, 16);

// Runs steps until the prompts of all admitted sequences are done.
inline void prefill_all(podsim::serving::Batch& batch) {
  for (podsim::serving::StepPlan plan = batch.plan(); !plan.chunks.empty(); plan = batch.plan()) batch.commit(plan, 1);
}

inline std::vector<podsim::serving::RequestId> requests_of(const podsim::serving::StepPlan& plan) {
  std::vector<podsim::serving::RequestId> requests;
  for (const podsim::serving::Chunk& chunk : plan.chunks) requests.push_back(chunk.request);
  return requests;
}

}  // namespace test
