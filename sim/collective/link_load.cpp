#include "collective/link_load.hpp"

#include <algorithm>
#include <map>

#include "collective/step_load.hpp"

namespace podsim::collective {

LinkLoadCost link_load_cost(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes,
                            std::span<const double> share) {
  const topology::Graph& graph = router.topology().graph;
  LinkLoadCost cost;
  Seconds longest;
  topology::LinkLoads load(graph);
  for (std::size_t first = 0, next = 0; first < schedule.size(); first = next) {  // a step and those that overlap it
    load.clear();
    std::vector<std::map<int, Seconds>> latencies;
    do latencies.push_back(add_loads(router, schedule[next++], group, planes, load));
    while (next < schedule.size() && schedule[next].overlaps);
    const auto [bottleneck, busiest] = load.busiest(share);
    if (bottleneck < 0) continue;
    const bool alone = next == first + 1;
    for (std::size_t i = first; i < next; ++i) {
      const auto& latency = latencies[i - first];
      if (latency.empty()) continue;
      const auto smaller = [](const auto& a, const auto& b) { return a.second < b.second; };
      const Seconds of_step =
          alone ? latency.at(graph.link(bottleneck).plane) : std::min_element(latency.begin(), latency.end(), smaller)->second;
      cost.latency += of_step * schedule[i].repeat * schedule[i].depth;
    }
    cost.transfer += busiest;
    if (busiest > longest) {
      longest = busiest;
      cost.bottleneck = bottleneck;
    }
  }
  return cost;
}

}  // namespace podsim::collective
