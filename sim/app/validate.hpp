// `podsim validate`: predicted beside published.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace podsim::app {

struct ValidateOptions {
  std::vector<std::filesystem::path> files;  // empty: the shipped set
  std::string set = "pools";                 // of configs/validation
  std::filesystem::path out;                 // "": no CSV
  bool parts = false;                        // also print where the time of a step goes
  std::vector<std::filesystem::path> config_dirs;
};

// Evaluates every case, a saturated pool or a collective by itself, and prints the error of each.
// Throws InputError for a case that cannot be evaluated.
void validate(const ValidateOptions& options);

}  // namespace podsim::app
