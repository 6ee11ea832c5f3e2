// What a published figure is held against.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/node.hpp"
#include "engine/steady_state.hpp"

namespace podsim::app {

struct Case {
  std::string set;    // of configs/validation, or the stem of a file of one's own
  std::string group;  // of its file; empty: none
  std::string id;
  std::string system;
  std::string chip, model, engine;  // "" for a collective
  std::string condition;
  std::string unit;
  std::string source;
  bool fitted = false;  // constants were fitted to this very figure
  double published = 0;
  double predicted = 0;
  engine::SteadyState state;  // of a pool

  double error() const { return predicted / published - 1; }
};

// A pool: case, system, pool, prompt and prompts_per_package or context and sequences_per_package, metric, published, fitted (false).
Case read_pool_case(config::Node& node);

// The measured figures of a table of serving runs (`podsim validate --cases`), each beside its prediction; the table says in the column
// `cited` where they stand, in `fitted` (0 or 1) whether constants were fitted to them. `jobs` runs at once. Throws InputError for the
// first run that cannot be simulated.
std::vector<Case> read_run_cases(const std::filesystem::path& table, int jobs, const std::vector<std::filesystem::path>& config_dirs);

// A collective alone on its cluster: case, cluster, channel {library, planes}, operation, ranks (how many endpoints from the first on, or
// a list of them), metric (time, or bandwidth = bytes / time), published and fitted (false); dispatch and combine: tokens (a rank),
// token_size, top_k, groups and group_limit (0), imbalance (1); others: bytes, as of collective/schedules.hpp.
Case read_collective_case(config::Node& node);

}  // namespace podsim::app
