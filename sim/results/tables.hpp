// The columns of requests.csv, steps.csv, classes.csv, tiers.csv and summary.csv.
#pragma once

#include <string>
#include <vector>

#include "metrics/summary.hpp"
#include "results/column.hpp"

namespace podsim::results {

struct RequestRow {
  const std::string& system;
  std::int64_t id;
  const metrics::RequestRecord& record;
  const std::vector<metrics::RequestClass>& classes;
};

struct StepRow {
  const std::string& system;
  const metrics::RunLog& log;
  const metrics::StepRecord& record;
};

struct ClassRow {
  const std::string& system;
  const metrics::ClassSummary& summary;
};

struct TierRow {
  const std::string& system;
  const metrics::TierSummary& tier;
};

struct SummaryRow {
  const std::string& system;
  const metrics::Summary& summary;
};

const std::vector<RecordColumn<RequestRow>>& request_columns();
const std::vector<RecordColumn<StepRow>>& step_columns();
const std::vector<Column<ClassRow>>& class_columns();
const std::vector<Column<TierRow>>& tier_columns();
const std::vector<Column<SummaryRow>>& summary_columns();

}  // namespace podsim::results
