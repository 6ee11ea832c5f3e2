// Everything that podsim ships can be read: experiments, systems, workloads, models, and the cases of the validation.
#include "support/shipped.hpp"
#include "app/catalogue.hpp"
#include "app/experiment.hpp"
#include "app/validate.hpp"
#include "support/models.hpp"

using namespace podsim;
namespace fs = std::filesystem;
using test::shipped_files;

TEST_CASE("Every shipped experiment can be read, and its systems placed") {
  const auto files = shipped_files("configs/experiments");
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) {
    INFO(file);
    config::Document document;
    const auto experiment = app::load_experiment(document, file);
    CHECK(experiment.name == file.stem());
    CHECK_FALSE(experiment.workload->requests.empty());
    for (const engine::Scenario& scenario : experiment.scenarios) CHECK_FALSE(engine::place(scenario).empty());
  }
}

TEST_CASE("Every shipped system can be read, and its deployment fits its cluster") {
  const auto files = shipped_files("configs/systems");
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) {
    INFO(file);
    config::Document document;
    const auto scenario = app::read_system(file.stem(), config::Node::open(document, file), 1);
    int endpoints = 0, instances = 0;
    for (const engine::Service& service : scenario.services) {
      for (const serving::Pool& pool : service.deployment.pools) {
        instances += pool.most_instances();
        endpoints += pool.most_instances() * pool.parallel.endpoints();
      }
    }
    CHECK(endpoints <= scenario.cluster.endpoints());
    CHECK(static_cast<int>(engine::place(scenario).size()) == instances);
  }
}

TEST_CASE("Every shipped workload draws as many requests as it says") {
  const auto files = shipped_files("configs/workloads");
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) {
    INFO(file);
    config::Document document;
    document.add_override("requests=25");
    const auto workload = workload::read_workload(config::Node::open(document, file), app::trace_formats(), 1);
    CHECK(workload.requests.size() == 25);
    CHECK(workload.name == file.stem());
  }
}

TEST_CASE("Every shipped model can be read") {
  const auto files = shipped_files("configs/models");
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) {
    INFO(file);
    CHECK(test::shipped_model(file.stem()).parameters() > 1e8);
  }
}

TEST_CASE("Every shipped validation file can be evaluated") {
  const test::TemporaryFolder folder;
  const fs::path table = folder.path() / "validation.csv";
  CHECK_NOTHROW(
      app::validate({.files = shipped_files("configs/validation"), .set = "", .out = table, .parts = true, .jobs = 1, .config_dirs = {}}));
  CHECK(test::content_of(table).starts_with(
      "set,group,case,chip,model,engine,system,condition,unit,published,predicted,error,fitted,source\n"));
}
