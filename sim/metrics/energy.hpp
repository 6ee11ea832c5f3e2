// Energy of a run, integrated over its records and split into named components that sum to the whole.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "metrics/run_log.hpp"
#include "metrics/window.hpp"

namespace podsim::metrics {

struct Energy {
  Joules chip_idle;    // idle power of the serving packages, all the time
  Joules chip_active;  // added while kernels run
  Joules chip_compute;
  Joules chip_memory;
  Joules chip_link;
  Joules node;     // hosts of the serving packages
  Joules network;  // switches and transceivers
  Joules spare;    // packages and nodes without an instance
  Joules cooling;  // facility overhead: (PUE - 1) times the sum of the above

  Joules chips() const { return chip_idle + chip_active + chip_compute + chip_memory + chip_link; }
  Joules total() const { return chips() + node + network + spare + cooling; }
};

// Of the window, which must not reach beyond the end of the run. Power beyond the package limit is cut, in proportion, from the parts that
// activity adds.
Energy energy_of(const RunLog& log, const Window& window);

// Of one package of an instance.
const hardware::PowerSpec& package_power(const RunLog& log, int instance);

// By instance, how long it was off within the window.
std::vector<Seconds> time_off(const RunLog& log, const Window& window);

// When all of some instances have come to be off (true), and when one of them is on again.
std::vector<std::pair<Seconds, bool>> switchings(const RunLog& log, std::span<const int> instances);

// What the packages of one instance draw during a step.
Watts power_of(const StepRecord& step, const RunLog& log);

// Draw of the whole cluster while nothing runs, cooling included.
Watts idle_power(const ClusterPower& power);

}  // namespace podsim::metrics
