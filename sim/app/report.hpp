// What commands print for people.
#pragma once

#include <string>
#include <vector>

#include "engine/scenario.hpp"
#include "metrics/summary.hpp"
#include "results/column.hpp"

namespace podsim::app {

// Aligned text: the first column to the left, the others to the right.
void print_table(const std::vector<std::vector<std::string>>& rows);

// The main job's table: metrics down, systems across. `rows` are rows of summary_columns(); `half_widths`, if any, those of the confidence
// intervals of their numbers.
void print_summary(const std::vector<std::vector<results::Cell>>& rows, const metrics::ServiceLevel& level,
                   const std::vector<std::vector<double>>& half_widths = {});

// Every column of the output files as Markdown tables; results/README.md holds the same lines.
void print_columns();

// One system in a few lines: chips, planes, instances, memory.
void print_scenario(const engine::Scenario& scenario);

}  // namespace podsim::app
