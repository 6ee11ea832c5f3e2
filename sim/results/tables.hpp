// The columns of requests.csv, steps.csv, summary.csv, tenants.csv, tiers.csv and scaling.csv.
#pragma once

#include <string>
#include <vector>

#include "metrics/summary.hpp"
#include "metrics/tenants.hpp"
#include "results/column.hpp"

namespace podsim::results {

struct RequestRow {
  const std::string& system;
  std::int64_t id;
  const metrics::RequestRecord& record;
  const metrics::RunLog& log;
};

struct StepRow {
  const std::string& system;
  const metrics::RunLog& log;
  const metrics::StepRecord& record;
};

struct TierRow {
  const std::string& system;
  const metrics::TierSummary& tier;
};

struct SummaryRow {
  const std::string& system;
  const metrics::Summary& summary;
};

struct TenantRow {
  const std::string& system;
  const metrics::RunLog& log;
  const metrics::TenantSummary& tenant;
};

struct ScaleRow {
  const std::string& system;
  const metrics::RunLog& log;
  std::size_t record;  // index into the log's scaling
};

const std::vector<RecordColumn<RequestRow>>& request_columns();
const std::vector<RecordColumn<StepRow>>& step_columns();
const std::vector<Column<SummaryRow>>& summary_columns();
const std::vector<RecordColumn<TenantRow>>& tenant_columns();
const std::vector<RecordColumn<TierRow>>& tier_columns();
const std::vector<RecordColumn<ScaleRow>>& scale_columns();

}  // namespace podsim::results
