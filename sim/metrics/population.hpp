// How many requests are in the system, and how many of them wait.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/run_log.hpp"
#include "metrics/window.hpp"

namespace podsim::metrics {

// Whether the request came while the run lasted.
bool arrived(const RequestRecord& request, const RunLog& log);

// At each of `times` (ascending), the number of requests in the system: from their arrival to their last token or the end of the run. A
// rejected one never is.
std::vector<std::int64_t> in_system(const RunLog& log, const std::vector<Seconds>& times);
// Of those, the ones that wait: until the first prompt token begins to be computed, and from the first token until the KV cache is where
// it decodes.
std::vector<std::int64_t> waiting(const RunLog& log, const std::vector<Seconds>& times);

// Mean over the window of the number in the system; 0 for a window without length.
double mean_in_system(const RunLog& log, const Window& window);

}  // namespace podsim::metrics
