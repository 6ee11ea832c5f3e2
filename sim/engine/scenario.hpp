// Everything that one run needs, checked: from here on there are no user errors.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "metrics/run_log.hpp"
#include "model/model.hpp"
#include "serving/deployment.hpp"
#include "topology/cluster.hpp"
#include "workload/workload.hpp"

namespace podsim::engine {

// A model that the cluster serves, and how.
struct Service {
  std::string name;  // by which clients ask for it
  model::ModelSpec model;
  serving::Deployment deployment;
};

// One instance of a pool on its endpoints.
struct Instance {
  std::size_t service = 0;
  std::size_t pool = 0;  // of the service's deployment
  // Of the whole cluster; attention group g: [g * group, (g + 1) * group) of each stage; disaggregated experts come last.
  std::vector<int> endpoints;
  std::int64_t kv_blocks = 0;  // of one attention group
};

struct Scenario {
  std::string name;
  topology::Cluster cluster;
  std::vector<Service> services;                 // share the cluster, not its endpoints; never empty
  std::vector<std::size_t> service_of_client;    // by client of the workload; empty: there is one service
  const workload::Workload* workload = nullptr;  // never null in a run; shared by the systems of an experiment
  std::uint64_t seed = 0;
  std::optional<Seconds> time_limit;    // requests that have not finished by then stay unfinished
  bool spare_on = true;                 // packages and nodes without an instance idle (else they are off)
  double pue = 1;                       // facility power / IT power
  metrics::ServiceLevel service_level;  // promised to all whose client has none of its own
  bool step_by_step = false;            // one event a decode step instead of one a run of steps: slow, for checking

  const Service& service_of(const Instance& instance) const { return services[instance.service]; }
  const serving::Pool& pool_of(const Instance& instance) const { return service_of(instance).deployment.pools[instance.pool]; }
  const topology::Part& part_of(const Instance& instance) const { return cluster.parts[pool_of(instance).part]; }
  // Accelerator packages of an instance; a part of one where it has dies to itself.
  double packages_of(const Instance& instance) const {
    return static_cast<double>(instance.endpoints.size()) / part_of(instance).topology.shape.endpoints_per_package;
  }
  std::size_t service_for(const workload::Request& request) const {
    return service_of_client.empty() ? 0 : service_of_client[request.client];
  }
};

// Puts every instance of every service on endpoints of its part, large pools first; an instance that fits a node stays in one node, one
// that fits a rack in one rack. Instances are numbered service by service and pool by pool; a pool that scales has its most.
// Throws InputError (what is wrong and what would fit) when the cluster is too small, a chip lacks a number format or
// the weights leave no room for KV cache.
std::vector<Instance> place(const Scenario& scenario);

// Prefix tiers in memory and the space for swapped caches, of each instance and of all together. Hosts of unknown memory hold anything.
// Throws InputError when they are more than the hosts have; an instance's part is that of its endpoints in the nodes that it uses.
void check_host_memory(const Scenario& scenario);

}  // namespace podsim::engine
