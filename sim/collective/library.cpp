#include "collective/library.hpp"

#include "config/suggest.hpp"

namespace podsim::collective {
namespace {

AlgorithmProfile read_profile(config::Node node, Operation operation) {
  const std::vector<Algorithm> known = algorithms_of(operation);
  std::vector<std::string> names;
  for (const Algorithm algorithm : known) names.emplace_back(name_of(algorithm));
  AlgorithmProfile profile;
  const Bytes no_limit = profile.max_size;
  profile.algorithm = known[node.one_of("algorithm", names, 0)];
  profile.scope = static_cast<Scope>(node.one_of("scope", {"any", "one_node", "several_nodes"}, 0));
  profile.protocol = node.get<std::string>("protocol", "");
  profile.overhead = node.get_within<Seconds>("overhead", Seconds(0), units::s);
  profile.barriers = node.get_within("barriers", 0.0, 100.0, 0.0);
  profile.per_step = node.get_within<Seconds>("per_step", Seconds(0), units::ms, Seconds(0));
  profile.per_destination = node.get_within<Seconds>("per_destination", Seconds(0), units::ms, Seconds(0));
  profile.efficiency = node.get_within<double>("efficiency", 0.01, 1.0);
  if (node.find("node_efficiency")) profile.node_efficiency = node.get_within<double>("node_efficiency", 0.01, 1.0);
  profile.forward_rate = node.get_within<ByteRate>("forward_rate", ByteRate(0), ByteRate(1e15), ByteRate(0));
  profile.copy_rate = node.get_within<ByteRate>("copy_rate", ByteRate(0), ByteRate(1e15), ByteRate(0));
  profile.min_size = node.get_within<Bytes>("min_size", Bytes(0), no_limit, Bytes(0));
  profile.max_size = node.find_as<Bytes>("max_size").value_or(no_limit);
  if (profile.max_size < profile.min_size) node.fail("max_size", "must not be less than min_size");
  node.done();
  return profile;
}

Library read(config::Node node, int depth) {
  Library library;
  library.name = node.get<std::string>("name");
  const std::vector<std::string> names(operation_names.begin(), operation_names.end());
  if (auto operations = node.find("operations")) {
    for (auto& [name, entry] : operations->entries()) {
      const auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end())
        operations->fail(name, "is no operation" + config::did_you_mean(name, names) + " (allowed: " + config::join(names) + ")");
      const auto place = static_cast<std::size_t>(found - names.begin());
      const auto operation = static_cast<Operation>(place);
      auto& profiles = library.operations[place];
      if (entry.is_list()) {
        for (config::Node& item : entry.items()) profiles.push_back(read_profile(std::move(item), operation));
        if (profiles.empty()) operations->fail(name, "lists no algorithm");
      } else {
        profiles.push_back(read_profile(std::move(entry), operation));
      }
    }
  }
  if (node.has("includes")) {
    if (depth > 4) node.fail("includes", "libraries include each other");
    const Library other = read(node.reference("includes", "libraries"), depth + 1);
    for (std::size_t i = 0; i < other.operations.size(); ++i)
      library.operations[i].insert(library.operations[i].end(), other.operations[i].begin(), other.operations[i].end());
  }
  node.done();
  return library;
}

}  // namespace

Library read_library(config::Node node) { return read(std::move(node), 0); }

}  // namespace podsim::collective
