// Whole runs against approved files: a change of results shows as a diff, and is approved on purpose
// (scripts/approve_golden.sh), never by hand.
#include <cstdlib>

#include "app/run.hpp"
#include "app/validate.hpp"
#include "support/files.hpp"

using namespace podsim;

namespace {

// Compares, or replaces the approved file when PODSIM_APPROVE is set.
void check_approved(const std::string& name, const std::filesystem::path& result) {
  const auto approved = test::source_dir() / "tests" / "golden" / name;
  if (std::getenv("PODSIM_APPROVE") != nullptr) {
    std::filesystem::copy_file(result, approved, std::filesystem::copy_options::overwrite_existing);
    return;
  }
  INFO("if the change is meant: scripts/approve_golden.sh");
  CHECK(test::content_of(result) == test::content_of(approved));
}

void run_and_check(const std::string& experiment, const std::string& name, std::vector<std::string> overrides) {
  test::TemporaryFolder folder;
  app::RunOptions options;
  options.experiment = test::source_dir() / "configs" / "experiments" / (experiment + ".yaml");
  options.out = folder.path();
  options.overrides = std::move(overrides);
  app::run_experiment(options);
  check_approved(name, folder.path() / "summary.csv");
}

}  // namespace

TEST_CASE("The three systems on 600 requests") {
  run_and_check("cloudmatrix384_vs_nvidia", "cloudmatrix384_vs_nvidia.csv",
                {"workload.requests=600", "measure.from=0 s", "measure.to=1 h"});
}

TEST_CASE("Two H100 nodes on 500 requests") { run_and_check("h100_llama70b", "h100_llama70b.csv", {"workload.requests=500"}); }

TEST_CASE("Predictions beside published figures") {
  test::TemporaryFolder folder;
  app::ValidateOptions options;
  options.out = folder.path() / "validation.csv";
  app::validate(options);
  check_approved("validation.csv", options.out);
}
