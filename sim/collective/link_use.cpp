#include "collective/link_use.hpp"

#include <algorithm>
#include <map>

#include "collective/link_load.hpp"
#include "collective/step_load.hpp"

namespace podsim::collective {
namespace {

// Bytes of the mean flow or tree of a step that leaves its endpoint.
double mean_flow(const Step& step, std::span<const int> group) {
  double sum = 0;
  int count = 0;
  const auto endpoint = [&](int rank) { return group[static_cast<std::size_t>(rank)]; };
  for (const Flow& flow : step.flows) {
    if (endpoint(flow.from) == endpoint(flow.to)) continue;
    sum += flow.bytes.value();
    ++count;
  }
  for (const Tree& tree : step.trees) sum += tree.bytes.value();
  count += static_cast<int>(step.trees.size());
  return count > 0 ? sum / count : 0;
}

}  // namespace

std::vector<LinkUse> link_uses(topology::Router& router, const Schedule& schedule, std::span<const int> group,
                               std::span<const int> planes) {
  const topology::Graph& graph = router.topology().graph;
  std::map<topology::LinkId, LinkUse> uses;
  Seconds longest;
  topology::LinkLoads load(graph);
  for (const Step& step : schedule) {
    load.clear();
    add_loads(router, step, group, planes, load);
    const double flow = mean_flow(step, group) * step.repeat;
    load.for_each([&](topology::LinkId link, double bytes) {
      LinkUse& use = uses.try_emplace(link, LinkUse{link, 0, 0}).first->second;
      use.share += (Bytes(bytes) / graph.link(link).bandwidth).value();  // seconds, until all steps are added up
      use.flows = std::max(use.flows, bytes / flow);
      longest = std::max(longest, Seconds(use.share));
    });
  }
  std::vector<LinkUse> result;
  for (auto& [link, use] : uses) {
    use.share /= longest.value();
    result.push_back(use);
  }
  return result;
}

}  // namespace podsim::collective
