// Runs of one experiment with several seeds, put together: means and confidence intervals by system.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/column.hpp"

namespace podsim::app {

using Row = std::vector<results::Cell>;  // of results::summary_columns()

struct Replications {
  std::vector<std::uint64_t> seeds;
  std::vector<std::vector<Row>> rows;  // by system, one a seed
};

// One row a system: numbers are means over the seeds, the verdict is the gravest.
std::vector<Row> means_of(const Replications& runs);
// Half the widths of the 95 % confidence intervals of those means, by system and column; 0 for texts.
std::vector<std::vector<double>> half_widths_of(const Replications& runs);

// Of one system: {system, column, unit, seeds, mean, half width} for each number of the summary; and the names of these.
std::vector<Row> confidence_rows(const std::vector<Row>& runs);
Row confidence_header();

// seeds.csv: a summary row for each system and seed.
std::string seeds_csv(const Replications& runs);
// confidence.csv: a row for each system and number of the summary.
std::string confidence_csv(const Replications& runs);

}  // namespace podsim::app
