#include "collective/link_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"

namespace podsim::collective {
namespace {

// The flows of a step that go to one endpoint over one plane.
struct Inflow {
  std::vector<int> sources;
  std::vector<double> bytes;
};

}  // namespace

LinkLoadCost link_load_cost(topology::Router& router, const Schedule& schedule, std::span<const int> group, std::span<const int> planes) {
  const topology::Graph& graph = router.topology().graph;
  LinkLoadCost cost;
  Seconds longest;
  std::vector<double> load(static_cast<std::size_t>(graph.link_count()));
  for (const Step& step : schedule) {
    std::map<std::pair<int, int>, Inflow> inflows;  // by plane and destination
    std::map<int, Seconds> latency;                 // the smallest of each plane
    for (const Flow& flow : step.flows) {
      const int from = group[static_cast<std::size_t>(flow.from)];
      const int to = group[static_cast<std::size_t>(flow.to)];
      if (from == to) continue;
      const int plane = router.plane_for(planes, from, to);
      if (plane == topology::no_plane) throw InputError(fmt::format("no plane of this traffic joins endpoints {} and {}", from, to));
      Inflow& inflow = inflows[{plane, to}];
      inflow.sources.push_back(from);
      inflow.bytes.push_back(flow.bytes.value());
      const Seconds wire = router.latency(plane, from, to);
      const auto known = latency.emplace(plane, wire).first;
      known->second = std::min(known->second, wire);
    }
    std::fill(load.begin(), load.end(), 0.0);
    for (const auto& [key, inflow] : inflows) router.add_load(key.first, key.second, inflow.sources, inflow.bytes, load);
    Seconds busiest;
    topology::LinkId bottleneck = -1;
    for (topology::LinkId id = 0; id < graph.link_count(); ++id) {
      const Seconds time = Bytes(load[static_cast<std::size_t>(id)]) / graph.link(id).bandwidth;
      if (time > busiest) {
        busiest = time;
        bottleneck = id;
      }
    }
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
