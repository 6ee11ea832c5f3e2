// A run: the only place where processes, fabric, replicas and routing are wired together.
#pragma once

#include "engine/scenario.hpp"
#include "metrics/run_log.hpp"

namespace podsim::engine {

// Simulates the scenario to the end. Once in an operating-system process (SimGrid cannot be started twice).
// Throws InputError when the deployment does not fit (see place()).
metrics::RunLog simulate(const Scenario& scenario);

}  // namespace podsim::engine
