// What a published figure is held against.
#pragma once

#include <string>

#include "config/node.hpp"
#include "engine/steady_state.hpp"

namespace podsim::app {

struct Case {
  std::string group;  // of its file; empty: none
  std::string id;
  std::string system;
  std::string condition;
  std::string unit;
  std::string source;
  bool fitted = false;  // a library's constants were fitted to this very figure
  double published = 0;
  double predicted = 0;
  engine::SteadyState state;  // of a pool

  double error() const { return predicted / published - 1; }
};

// A pool: case, system, pool, prompt and prompts_per_package or context and sequences_per_package, metric, published.
Case read_pool_case(config::Node& node);

// A collective alone on its cluster: case, cluster, channel {library, planes}, operation, ranks (how many endpoints from the first on, or
// a list of them), metric (time, or bandwidth = bytes / time), published and fitted (false); dispatch and combine: tokens (a rank),
// token_size, top_k, groups and group_limit (0), imbalance (1); others: bytes, as of collective/schedules.hpp.
Case read_collective_case(config::Node& node);

}  // namespace podsim::app
