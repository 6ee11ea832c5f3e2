// How a model is put on a cluster: pools of instances, their parallelism, limits, libraries and planes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/node.hpp"
#include "model/operators.hpp"
#include "serving/autoscale.hpp"
#include "serving/channel.hpp"
#include "serving/engine_profile.hpp"
#include "serving/expert_placement.hpp"
#include "serving/prefix_tiers.hpp"
#include "serving/router.hpp"
#include "topology/cluster.hpp"

namespace podsim::serving {

enum class Role {
  colocated,  // prefill and decode in one batch
  prefill,    // prompts only; the KV cache then moves to a decode pool
  decode,
};

// When the KV cache of a prompt leaves for the instance that decodes it.
enum class KvMode {
  pull,            // all of it once the prompt is done and the receiver has room
  push_per_layer,  // layer by layer while the prompt is computed, where the receiver has room when it begins; else pulled
};

// Multi-token prediction: drafted tokens are verified in the same step.
struct Speculation {
  int draft_tokens = 0;
  std::vector<double> acceptance;  // by draft: probability that it is accepted, given that those before it were

  // 1 + a1 + a1 a2 + ...: expected tokens that a sequence emits in a step.
  double tokens_per_step() const;
};

struct Pool {
  std::string name;
  Role role = Role::colocated;
  std::size_t part = 0;  // of the cluster, on whose chips it runs
  int instances = 1;     // at the start, where it scales
  std::optional<Autoscale> autoscale;
  model::Formats formats;
  model::ParallelSpec parallel;
  int max_sequences = 256;           // of an attention group
  std::int64_t token_budget = 8192;  // of an attention group and step
  EngineProfile engine;
  Speculation speculation;
  double expert_imbalance = 1;  // load of the busiest expert endpoint / mean, over time
  ExpertLoad expert_load;       // how it changes, where it does
  std::optional<Channel> tensor;
  std::optional<Channel> expert;

  // For how many instances it has room: the most, where it scales.
  int most_instances() const { return autoscale ? autoscale->max : instances; }
};

struct Deployment {
  std::vector<Pool> pools;  // all colocated, or some for prefill, then some for decode
  Router router;
  int kv_block_tokens = 64;
  std::vector<PrefixTierSpec> prefix_tiers;  // beyond the accelerators' memory, the nearest first
  std::optional<Channel> kv;                 // present with a prefill and a decode pool
  KvMode kv_mode = KvMode::pull;

  const Pool& first() const { return pools.front(); }
};

// Reads the `deployment` of a system: `colocated`, or `prefill` and `decode`, or `pools: {NAME: {role, part, ...}}`. The cluster gives
// parts and planes (a pool's exchanges ride planes of its part, `kv` those of the whole), `model` what can be split; `routers` are the
// words of `router`. A pool's `formats` stand in place of the deployment's; the KV cache moves as it is, so that its format is one.
Deployment read_deployment(config::Node node, const topology::Cluster& cluster, const model::ModelSpec& model,
                           std::span<const Router> routers);

}  // namespace podsim::serving
