// `podsim validate`: predicted beside published.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace podsim::app {

struct ValidateOptions {
  std::vector<std::filesystem::path> files;  // empty: `set`
  std::string set;                           // of configs/validation; "": all of them
  std::filesystem::path out;                 // "": no CSV
  bool parts = false;                        // also print where the time of a step goes
  int jobs = 0;                              // serving runs at once; 0: one a core
  std::vector<std::filesystem::path> config_dirs;
};

// Evaluates every case, a saturated pool, a serving run or a collective by itself, and prints their errors: of each where there is one
// set or a small one, and medians by set, chip, model and engine.
// Throws InputError for a case that cannot be evaluated.
void validate(const ValidateOptions& options);

}  // namespace podsim::app
