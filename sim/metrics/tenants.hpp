// A run in numbers by tenant: what each client got of each model.
#pragma once

#include <vector>

#include "metrics/summary.hpp"

namespace podsim::metrics {

struct TenantSummary {
  std::size_t client = 0;   // index into RunLog::clients
  std::size_t service = 0;  // index into RunLog::services
  ServiceLevel level;       // that it was promised
  Summary requests;         // the figures of its requests; nothing of instances, energy or pace
  double input_tokens = 0;  // of its requests that finished in the window
  double output_tokens = 0;

  double output_rate() const { return requests.duration > Seconds(0) ? output_tokens / requests.duration.value() : 0; }
};

// By client, then service; of those that have requests.
std::vector<TenantSummary> by_tenant(const RunLog& log, const ServiceLevel& level, Window window = {});

}  // namespace podsim::metrics
