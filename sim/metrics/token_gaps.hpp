// Time between tokens, over all tokens of a run: percentiles from its steps, each weighted by who decodes in it.
#pragma once

#include "metrics/run_log.hpp"
#include "metrics/statistics.hpp"
#include "metrics/window.hpp"

namespace podsim::metrics {

// Gaps whose durations go evenly from `first` to `last`, `sequences` of each.
struct EvenGaps {
  double first;  // s
  double last;
  std::int64_t steps;
  double sequences;
};

// Mean and percentiles (the smallest gap that so large a share of all gaps does not exceed); the percentiles to 1e-7 of their value. All
// gaps above 0; all zero where there is none.
Distribution distribution_of_gaps(const std::vector<EvenGaps>& gaps);

// Of the tokens after the first of every request that came in the window, s. With drafts the gaps are those between steps, each of which
// brings several tokens at once. A run of steps that reaches beyond the window counts with the steps that end in it.
Distribution inter_token_latency(const RunLog& log, const Window& window);

}  // namespace podsim::metrics
