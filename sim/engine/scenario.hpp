// Everything that one run needs, checked: from here on there are no user errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "metrics/run_log.hpp"
#include "model/model.hpp"
#include "serving/deployment.hpp"
#include "topology/topology.hpp"
#include "workload/workload.hpp"

namespace podsim::engine {

struct Scenario {
  std::string name;
  topology::Topology topology;
  model::ModelSpec model;
  serving::Deployment deployment;
  const workload::Workload* workload = nullptr;  // never null in a run; shared by the systems of an experiment
  metrics::ServiceLevel service_level;            // what requests are promised whose class has no level of its own
  std::uint64_t seed = 0;
  std::optional<Seconds> time_limit;  // requests that have not finished by then stay unfinished
  bool spare_on = true;               // packages and nodes without an instance idle (else they are off)
  double pue = 1;                     // facility power / IT power
  bool step_by_step = false;          // one event a decode step instead of one a run of steps: slow, for checking
};

// One instance of a pool on its endpoints.
struct Instance {
  std::size_t pool = 0;
  std::vector<int> endpoints;  // attention group g: [g * group, (g + 1) * group) of each stage
  std::int64_t kv_blocks = 0;  // of one attention group
};

// Puts every instance on endpoints, large pools first; an instance that fits a node stays in one node, one that fits
// a rack in one rack. Instances are numbered pool by pool.
// Throws InputError (what is wrong and what would fit) when the cluster is too small, a chip lacks a number format or
// the weights leave no room for KV cache.
std::vector<Instance> place(const Scenario& scenario);

}  // namespace podsim::engine
