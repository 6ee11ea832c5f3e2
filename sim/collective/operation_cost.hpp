// The time of an operation of a library as a function of its bytes: the fastest of the algorithms that it may use.
#pragma once

#include <span>
#include <vector>

#include "collective/library.hpp"
#include "topology/router.hpp"

namespace podsim::collective {

// One algorithm: linear in bytes, because link loads are.
struct AlgorithmCost {
  AlgorithmProfile profile = {};
  Seconds fixed = {};    // start-up, barriers and the latency of every step
  Seconds latency = {};  // of the wire, a part of it
  Seconds per_destination = {};
  int destinations = 0;
  double seconds_per_byte = 0;
  double wire_seconds_per_byte = 0;  // a part of it: the bottleneck link at its achieved rate
  topology::LinkId bottleneck = -1;

  // `messages` spread evenly reach D * (1 - (1 - 1/D)^messages) of the D destinations; 0 stands for all of them.
  Seconds operator()(Bytes bytes, double messages = 0) const;
};

class OperationCost {
 public:
  OperationCost() = default;  // of nothing to do: no time
  explicit OperationCost(std::vector<AlgorithmCost> algorithms) : algorithms_(std::move(algorithms)) {}

  // The fastest of those whose sizes hold `bytes`; where none does, of all. nullptr when there is nothing to do.
  const AlgorithmCost* best(Bytes bytes, double messages = 0) const;
  Seconds operator()(Bytes bytes, double messages = 0) const;

  const std::vector<AlgorithmCost>& algorithms() const { return algorithms_; }

 private:
  std::vector<AlgorithmCost> algorithms_;
};

// The cost of `task` in every group of task.ranks neighbouring members of `group` at once, under the library's profiles. Routes are
// followed once, for one byte. Throws InputError when no algorithm of the library can run there, or a flow finds no plane.
OperationCost operation_cost(topology::Router& router, const Library& library, const Task& task, std::span<const int> group,
                             std::span<const int> planes);

// The schedule of `task` for `bytes`, each flow as many bytes as it takes at line rate for the time that it takes at the profile's rate.
// For the other fidelity: flows that share links. REQUIRES a profile without trees (nvls, hierarchical_nvls, sharp).
Schedule schedule_at_achieved_rates(topology::Router& router, const AlgorithmProfile& profile, const Task& task, std::span<const int> group,
                                    std::span<const int> planes, Bytes bytes);

}  // namespace podsim::collective
