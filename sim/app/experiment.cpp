#include "app/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalogue.hpp"
#include "app/read_measure.hpp"
#include "base/error.hpp"
#include "config/suggest.hpp"

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

engine::Service read_service(const std::string& name, config::Node& node, const topology::Cluster& cluster) {
  engine::Service service;
  const std::string model_name = node.reference_name("model");
  service.model = model::read_model(node.reference("model", "models"));
  if (!model_name.empty()) service.model.name = model_name;
  service.name = name.empty() ? service.model.name : name;
  service.deployment = serving::read_deployment(node.at("deployment"), cluster, service.model, routers());
  return service;
}

// `model` and `deployment`, or `models: {NAME: {model, deployment}}`. Returns the place in the file of what does not fit together.
std::string read_services(config::Node& node, engine::Scenario& scenario) {
  if (!node.has("models")) {
    scenario.services.push_back(read_service("", node, scenario.cluster));
    return node.at("deployment").where();
  }
  for (const char* key : {"model", "deployment"})
    if (node.has(key)) node.fail(key, "stands alone; `models` names all models, each with its deployment");
  config::Node models = node.at("models");
  for (auto& [name, model] : models.entries()) {
    scenario.services.push_back(read_service(name, model, scenario.cluster));
    model.done();
  }
  if (scenario.services.empty()) models.fail("names no model");
  return models.where();
}

// Which service each client of a workload asks. Throws InputError at the system for a model that is not among its services.
std::vector<std::size_t> services_of_clients(const workload::Workload& workload, const std::vector<engine::Service>& services,
                                             const config::Node& systems, const std::string& system) {
  std::vector<std::string> names;
  for (const engine::Service& service : services) names.push_back(service.name);
  const std::string there_are = fmt::format("(there are: {})", config::join(names));
  if (workload.clients.empty() && services.size() > 1)
    systems.fail(system, "serves several models, so the workload needs clients that say their `model` " + there_are);
  std::vector<std::size_t> of_clients;
  for (std::size_t c = 0; c < workload.clients.size(); ++c) {
    const std::string &client = workload.clients[c], &model = workload.models[c];
    const auto found = std::ranges::find(names, model);
    if (model.empty() && services.size() > 1)
      systems.fail(system, fmt::format("client {} of the workload says no model {}", client, there_are));
    if (!model.empty() && found == names.end())
      systems.fail(system, fmt::format("client {} of the workload asks for the model \"{}\", which is not served{} {}", client, model,
                                       config::did_you_mean(model, names), there_are));
    of_clients.push_back(model.empty() ? 0 : static_cast<std::size_t>(found - names.begin()));
  }
  return of_clients;
}

}  // namespace

engine::Scenario read_system(const std::string& name, config::Node node, std::uint64_t seed) {
  engine::Scenario scenario;
  scenario.name = name;
  scenario.seed = seed;
  scenario.cluster = topology::read_cluster(node.reference("cluster", "topologies"), topology_kinds());
  const std::string where = read_services(node, scenario);
  scenario.spare_on = node.one_of("spare", {"idle", "off"}, 0) == 0;
  scenario.pue = node.get_within("pue", 1.0, 3.0);
  node.done();
  check_placement(scenario, where);
  return scenario;
}

namespace {

// The tables that only some experiments have.
void want_tables(Experiment& experiment) {
  experiment.records.tenants = experiment.workload->clients.size() > 1;
  for (const engine::Scenario& scenario : experiment.scenarios) {
    for (const engine::Service& service : scenario.services) {
      for (const serving::Pool& pool : service.deployment.pools) experiment.records.scaling |= pool.autoscale.has_value();
      experiment.records.tiers |= !service.deployment.prefix_tiers.empty();
    }
  }
}

}  // namespace

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
    scenario.service_of_client = services_of_clients(*experiment.workload, scenario.services, systems, name);
    scenario.time_limit = time_limit;
    scenario.service_level = experiment.service_level;
    experiment.scenarios.push_back(std::move(scenario));
  }
  if (experiment.scenarios.empty()) node.fail("systems", "names no system");
  want_tables(experiment);
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
