// A run as Chrome trace events, for chrome://tracing and ui.perfetto.dev.
#pragma once

#include <ostream>
#include <string>

#include "metrics/run_log.hpp"

namespace podsim::results {

// One track an instance with its steps, one row a request with its phases (queue, prefill, transfer, decode).
void write_timeline(std::ostream& out, const std::string& system, const metrics::RunLog& log);

}  // namespace podsim::results
