#include "metrics/tenants.hpp"

#include <algorithm>
#include <map>

namespace podsim::metrics {

std::vector<TenantSummary> by_tenant(const RunLog& log, const ServiceLevel& level, Window window) {
  window.to = std::min(window.to, log.end);
  std::map<std::pair<std::size_t, std::size_t>, RunLog> parts;
  for (const RequestRecord& request : log.requests) {
    RunLog& part = parts[{request.client, request.service}];
    part.end = log.end;
    part.levels = log.levels;
    part.requests.push_back(request);
  }
  std::vector<TenantSummary> tenants;
  for (const auto& [tenant, part] : parts) {
    TenantSummary& summary = tenants.emplace_back();
    summary.client = tenant.first;
    summary.service = tenant.second;
    summary.level = log.level_of(part.requests.front(), level);
    summary.requests = summarise_requests(part, level, window);
    for (const RequestRecord& request : part.requests) {
      if (request.outcome != Outcome::finished || request.finished < window.from || request.finished > window.to) continue;
      summary.input_tokens += static_cast<double>(request.input);
      summary.output_tokens += static_cast<double>(request.output);
    }
  }
  return tenants;
}

}  // namespace podsim::metrics
