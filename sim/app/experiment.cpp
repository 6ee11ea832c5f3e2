#include "app/experiment.hpp"

#include <fmt/format.h>

#include "app/catalogue.hpp"
#include "app/read_measure.hpp"
#include "base/error.hpp"

namespace podsim::app {
namespace {

// What place() refuses is said with the place in the file.
void check_placement(const engine::Scenario& scenario, const std::string& where) {
  try {
    engine::place(scenario);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", where, error.what()));
  }
}

}  // namespace

engine::Scenario read_system(const std::string& name, config::Node node, std::uint64_t seed) {
  engine::Scenario scenario;
  scenario.name = name;
  scenario.seed = seed;
  scenario.topology = topology::read_topology(node.reference("cluster", "topologies"), topology_kinds());
  const std::string model_name = node.reference_name("model");
  scenario.model = model::read_model(node.reference("model", "models"));
  if (!model_name.empty()) scenario.model.name = model_name;
  config::Node deployment = node.at("deployment");
  const std::string where = deployment.where();
  scenario.deployment = serving::read_deployment(std::move(deployment), scenario.topology, scenario.model, routers());
  scenario.spare_on = node.one_of("spare", {"idle", "off"}, 0) == 0;
  scenario.pue = node.get_within("pue", 1.0, 3.0);
  node.done();
  check_placement(scenario, where);
  return scenario;
}

Experiment load_experiment(config::Document& document, const std::filesystem::path& file, const std::optional<std::string>& only) {
  config::Node node = config::Node::open(document, file);
  Experiment experiment;
  experiment.name = node.get<std::string>("name");
  experiment.seed = static_cast<std::uint64_t>(node.get_within<std::int64_t>("seed", 0, std::int64_t{1} << 53, 1));
  config::Node level = node.at("slo");
  experiment.service_level = {level.get<Seconds>("ttft"), level.get<Seconds>("tpot")};
  level.done();
  if (auto output = node.find("output")) {
    experiment.records.requests = output->get<bool>("requests", true);
    experiment.records.steps = output->get<bool>("steps", true);
    output->done();
  }
  const auto time_limit = node.find_as<Seconds>("time_limit");
  experiment.workload = std::make_unique<workload::Workload>(
      workload::read_workload(node.reference("workload", "workloads"), trace_formats(), experiment.seed));
  if (const auto measure = node.find("measure")) experiment.measure = read_measure(*measure, experiment.workload->requests.size());
  config::Node systems = node.at("systems");
  for (auto& [name, unread] : systems.entries()) {
    if (name.find('.') != std::string::npos) systems.fail(name, "a system's name must have no dot");
    if (only && name != *only) continue;
    engine::Scenario scenario = read_system(name, systems.reference(name, "systems"), experiment.seed);
    scenario.workload = experiment.workload.get();
    scenario.time_limit = time_limit;
    scenario.service_level = experiment.service_level;
    experiment.scenarios.push_back(std::move(scenario));
  }
  if (experiment.scenarios.empty()) node.fail("systems", "names no system");
  node.done();
  return experiment;
}

std::vector<std::string> system_names(config::Document& document, const std::filesystem::path& file) {
  config::Node node = config::Node::open(document, file);
  std::vector<std::string> names;
  for (const auto& [name, system] : node.at("systems").entries()) names.push_back(name);
  return names;
}

}  // namespace podsim::app
