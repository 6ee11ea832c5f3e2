// How a model is put on a cluster: pools of instances, their parallelism, limits, libraries and planes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collective/library.hpp"
#include "config/node.hpp"
#include "model/operators.hpp"
#include "serving/engine_profile.hpp"
#include "serving/prefix_tiers.hpp"
#include "serving/router.hpp"
#include "topology/router.hpp"

namespace podsim::serving {

enum class Role {
  colocated,  // prefill and decode in one batch
  prefill,    // prompts only; the KV cache then moves to a decode pool
  decode,
};

// Multi-token prediction: drafted tokens are verified in the same step.
struct Speculation {
  int draft_tokens = 0;
  std::vector<double> acceptance;  // by draft: probability that it is accepted, given that those before it were

  // 1 + a1 + a1 a2 + ...: expected tokens that a sequence emits in a step.
  double tokens_per_step() const;
};

// A collective's library and the planes it may use.
struct Channel {
  collective::Library library;
  topology::PlaneOrder planes;
};

// Reads {library, planes}. Throws InputError when a plane is unknown or does not carry `traffic`, or the library lacks one of the `needed`
// operations.
Channel read_channel(config::Node node, const topology::Topology& topology, std::span<const collective::Operation> needed,
                     std::optional<topology::TrafficClass> traffic = std::nullopt);

struct Pool {
  std::string name;
  Role role = Role::colocated;
  int instances = 1;
  model::ParallelSpec parallel;
  int max_sequences = 256;           // of an attention group
  std::int64_t token_budget = 8192;  // of an attention group and step
  EngineProfile engine;
  Speculation speculation;
  double expert_imbalance = 1;  // load of the busiest expert endpoint / mean
  std::optional<Channel> tensor;
  std::optional<Channel> expert;
};

struct Deployment {
  model::Formats formats;
  std::vector<Pool> pools;  // one colocated, or one prefill and one decode
  Router router;
  int kv_block_tokens = 64;
  std::vector<PrefixTierSpec> prefix_tiers;  // beyond the accelerators' memory, the nearest first
  std::optional<Channel> kv;                 // present with a prefill and a decode pool

  const Pool& first() const { return pools.front(); }
};

// Reads the `deployment` of a system. `topology` gives the planes, `model` what can be split; `routers` are the words of `router`.
Deployment read_deployment(config::Node node, const topology::Topology& topology, const model::ModelSpec& model,
                           std::span<const Router> routers);

}  // namespace podsim::serving
