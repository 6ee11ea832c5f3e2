#include "collective/link_load.hpp"

#include <algorithm>
#include <map>

#include "collective/tree_load.hpp"
#include "topology/link_loads.hpp"

namespace podsim::collective {
namespace {

// The flows of a step that go to one endpoint.
struct Arrivals {
  std::vector<int> sources;
  std::vector<double> bytes;
};

std::vector<Arrivals> by_destination(const Step& step, std::span<const int> group) {
  std::vector<Arrivals> arrivals(group.size());  // by rank
  for (const Flow& flow : step.flows) {
    const int from = group[static_cast<std::size_t>(flow.from)];
    if (from == group[static_cast<std::size_t>(flow.to)]) continue;
    Arrivals& at = arrivals[static_cast<std::size_t>(flow.to)];
    at.sources.push_back(from);
    at.bytes.push_back(flow.bytes.value());
  }
  return arrivals;
}

}  // namespace

LinkLoadCost link_load_cost(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes) {
  const topology::Graph& graph = router.topology().graph;
  LinkLoadCost cost;
  Seconds longest;
  topology::LinkLoads load(graph);
  for (const Step& step : schedule) {
    std::map<int, Seconds> latency;  // the smallest of each plane
    const auto note_latency = [&](int plane, Seconds of_path) {
      const auto known = latency.emplace(plane, of_path).first;
      known->second = std::min(known->second, of_path);
    };
    load.clear();
    const std::vector<Arrivals> arrivals = by_destination(step, group);
    for (std::size_t rank = 0; rank < group.size(); ++rank) {
      if (arrivals[rank].sources.empty()) continue;
      for (const topology::Inflow& inflow : router.kept_inflow(planes, group[rank], arrivals[rank].sources, arrivals[rank].bytes)) {
        note_latency(inflow.plane, inflow.latency);
        for (const topology::EqualLoads& equal : inflow.loads) load.add(equal.links, equal.bytes);
      }
    }
    for (const Tree& tree : step.trees) {
      const TreeLoad carried = tree_load(router, tree, group, planes);
      note_latency(carried.plane, carried.latency);
      for (const auto& [link, bytes] : carried.loads) load.add(link, bytes);
    }
    const auto [bottleneck, busiest] = load.busiest();
    if (bottleneck < 0) continue;
    cost.latency += latency[graph.link(bottleneck).plane] * step.repeat * step.depth;
    cost.transfer += busiest * step.repeat;
    if (busiest > longest) {
      longest = busiest;
      cost.bottleneck = bottleneck;
    }
  }
  return cost;
}

}  // namespace podsim::collective
