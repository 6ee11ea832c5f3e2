// `podsim validate --cases`: measured serving runs, simulated one by one and written beside what was measured.
#pragma once

#include <filesystem>
#include <vector>

#include "app/serving_case.hpp"

namespace podsim::app {

struct CaseOptions {
  std::filesystem::path cases;  // CSV with the columns of serving_case.hpp; ttft_ms, tpot_ms and output_tokens_per_s may be there
  std::filesystem::path out;    // CSV: the columns of the input and then the predicted ones; "": none
  int jobs = 0;                 // worker processes; 0: one a core
  std::vector<std::filesystem::path> config_dirs;
};

// What came of a case: a prediction, or the reason why there is none.
struct CaseOutcome {
  ServingFigures figures;
  std::string error;
};

// Runs the cases of a table, `jobs` at once (0: one a core), each in a process of its own.
std::vector<CaseOutcome> run_cases(const CaseTable& table, int jobs, const std::vector<std::filesystem::path>& config_dirs);

// Runs every case, several at once. A case that cannot be simulated gets its reason in the column `error` and stops no
// other. Prints errors by chip, model and engine where measured figures are there.
// Throws InputError when the file itself is wrong, RunError when the output cannot be written.
void validate_cases(const CaseOptions& options);

}  // namespace podsim::app
