// Who sends which part of a sequence's KV cache to whom when it moves between pools of unlike parallelism.
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.hpp"
#include "model/parallel.hpp"

namespace podsim::serving {

// One flow: from and to count the holders of the sending and the receiving attention group, pipeline stage by stage.
struct KvFlow {
  int from;
  int to;
  double share;  // of the sequence's whole cache
};

// Layers are split over pipeline stages; heads over tensor * sequence endpoints, with copies where there are more
// endpoints than heads. The latent of MLA is one head: every endpoint of the group holds it, and the receivers pull
// from different copies, turned by `turn`, so that the copies share the work.
std::vector<KvFlow> kv_flows(const model::ModelSpec& model, const model::ParallelSpec& from, const model::ParallelSpec& to,
                             std::uint64_t turn);
// The turns after which they repeat.
std::uint64_t kv_turns(const model::ModelSpec& model, const model::ParallelSpec& from);

}  // namespace podsim::serving
