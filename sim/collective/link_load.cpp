#include "collective/link_load.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "topology/link_loads.hpp"

namespace podsim::collective {
namespace {

// The flows of a step that go to one endpoint.
struct Arrivals {
  std::vector<int> sources;
  std::vector<double> bytes;
};

}  // namespace

LinkLoadCost link_load_cost(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes) {
  const topology::Graph& graph = router.topology().graph;
  LinkLoadCost cost;
  Seconds longest;
  topology::LinkLoads load(graph);
  for (const Step& step : schedule) {
    std::vector<Arrivals> arrivals(group.size());  // by rank
    for (const Flow& flow : step.flows) {
      const int from = group[static_cast<std::size_t>(flow.from)];
      if (from == group[static_cast<std::size_t>(flow.to)]) continue;
      Arrivals& at = arrivals[static_cast<std::size_t>(flow.to)];
      at.sources.push_back(from);
      at.bytes.push_back(flow.bytes.value());
    }
    std::map<int, Seconds> latency;  // the smallest of each plane
    load.clear();
    for (std::size_t rank = 0; rank < group.size(); ++rank) {
      if (arrivals[rank].sources.empty()) continue;
      for (const topology::Inflow& inflow : router.kept_inflow(planes, group[rank], arrivals[rank].sources, arrivals[rank].bytes)) {
        const auto known = latency.emplace(inflow.plane, inflow.latency).first;
        known->second = std::min(known->second, inflow.latency);
        for (const auto& [link, bytes] : inflow.loads) load.add(link, bytes);
      }
    }
    const auto [bottleneck, busiest] = load.busiest();
    if (bottleneck < 0) continue;
    cost.latency += latency[graph.link(bottleneck).plane] * step.repeat;
    cost.transfer += busiest * step.repeat;
    if (busiest > longest) {
      longest = busiest;
      cost.bottleneck = bottleneck;
    }
  }
  return cost;
}

OperationCost operation_cost(topology::Router& router, const Schedule& unit, std::span<const int> group, std::span<const int> planes,
                             const OperationProfile& profile, int destinations) {
  if (unit.empty()) return {};
  const LinkLoadCost wire = link_load_cost(router, unit, group, planes);
  return {profile.overhead + wire.latency, profile.per_destination, destinations, wire.transfer.value() / profile.efficiency};
}

Seconds OperationCost::operator()(Bytes bytes, double messages) const {
  const double all = destinations;
  const double reached = messages > 0 && destinations > 0 ? all * (1 - std::pow(1 - 1 / all, messages)) : all;
  return fixed + per_destination * reached + Seconds(seconds_per_byte * bytes.value());
}

}  // namespace podsim::collective
