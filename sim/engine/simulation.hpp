// A run: the only place where processes, fabric, replicas and routing are wired together.
#pragma once

#include "engine/scenario.hpp"
#include "metrics/run_log.hpp"

namespace podsim::engine {

// Whether KV caches, prefixes or weights move as flows.
bool has_transfers(const Scenario& scenario);

// Simulates the scenario to the end. With transfers once in an operating-system process: flows cannot be started twice.
// Throws InputError when the deployment does not fit (see place()), or a prefix tier's planes do not reach its hosts.
metrics::RunLog simulate(const Scenario& scenario);

}  // namespace podsim::engine
