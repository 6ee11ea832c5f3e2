#include "collective/library.hpp"

#include "config/suggest.hpp"

namespace podsim::collective {

Library read_library(config::Node node) {
  Library library;
  library.name = node.get<std::string>("name");
  library.copies = node.one_of("copies", {"per_expert", "per_node"}, 0) == 0 ? MoeCopies::per_expert : MoeCopies::per_node;
  const std::vector<std::string> names(operation_names.begin(), operation_names.end());
  config::Node operations = node.at("operations");
  for (auto& [name, entry] : operations.entries()) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      operations.fail(name, "is no operation" + config::did_you_mean(name, names) + " (allowed: " + config::join(names) + ")");
    OperationProfile profile;
    profile.overhead = entry.get_within<Seconds>("overhead", Seconds(0), units::s);
    profile.per_destination = entry.get_within<Seconds>("per_destination", Seconds(0), units::ms, Seconds(0));
    profile.efficiency = entry.get_within<double>("efficiency", 0.01, 1.0);
    entry.done();
    library.operations[static_cast<std::size_t>(found - names.begin())] = profile;
  }
  node.done();
  return library;
}

}  // namespace podsim::collective
