#include "collective/operation_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "collective/link_load.hpp"

namespace podsim::collective {
namespace {

// What profiles of one algorithm share: its cost for one byte where the links of each plane reach a share of what the profile's efficiency
// says.
struct Wire {
  Algorithm algorithm;
  std::vector<double> share;  // by plane
  LinkLoadCost cost;
  int steps;
  Bytes local;
};

bool in_one_node(const Task& task) { return task.ranks <= task.ranks_per_node; }

// Line rate of an endpoint's links in a plane.
ByteRate line_rate(const topology::Topology& cluster, int plane, int endpoint) {
  ByteRate sum;
  cluster.graph.for_each_link(endpoint, plane,
                              [&](topology::LinkId link, topology::VertexId) { sum += cluster.graph.link(link).bandwidth; });
  return sum;
}

// Of a plane within the node, in an operation that also crosses nodes: achieved / line rate. A byte that is forwarded takes its time in
// the cores and on the wire, one after the other.
double node_efficiency(const AlgorithmProfile& profile, ByteRate line) {
  const double wire = profile.node_efficiency.value_or(profile.efficiency);
  return profile.forward_rate > ByteRate(0) ? 1 / (1 / wire + line / profile.forward_rate) : wire;
}

std::vector<double> shares(topology::Router& router, const AlgorithmProfile& profile, const Task& task) {
  const topology::Topology& cluster = router.topology();
  const int next_node = cluster.shape.endpoints_per_node();
  std::vector<double> share(cluster.planes.size(), 1.0);
  if (in_one_node(task)) return share;
  for (std::size_t plane = 0; plane < share.size(); ++plane) {
    const int id = static_cast<int>(plane);
    const bool joins_nodes = next_node < cluster.shape.endpoints() && router.hops(id, 0, next_node) >= 0;
    if (!joins_nodes) share[plane] = node_efficiency(profile, line_rate(cluster, id, 0)) / profile.efficiency;
  }
  return share;
}

Wire wire_of(topology::Router& router, const Task& task, Algorithm algorithm, std::vector<double> share, std::span<const int> group,
             std::span<const int> planes) {
  const Schedule unit = side_by_side(schedule_of(task, algorithm, Bytes(1)), task.ranks, static_cast<int>(group.size()));
  Bytes local;
  for (const Step& step : unit) local += step.local;
  const LinkLoadCost cost = link_load_cost(router, unit, group, planes, share);
  return {algorithm, std::move(share), cost, latencies(unit), local};
}

// Why a profile is not used for the task; empty when it is.
std::string misfit_of(const AlgorithmProfile& profile, const Task& task, topology::Router& router, std::span<const int> group,
                      std::span<const int> planes) {
  if (profile.scope == Scope::one_node && !in_one_node(task)) return "is for groups in one node";
  if (profile.scope == Scope::several_nodes && in_one_node(task)) return "is for groups of several nodes";
  return misfit(task, profile.algorithm, router, group, planes);
}

AlgorithmCost cost_of(const AlgorithmProfile& profile, const Wire& wire, int destinations) {
  AlgorithmCost cost{.profile = profile};
  cost.latency = wire.cost.latency;
  cost.fixed = profile.overhead + wire.cost.latency + wire.cost.latency / wire.steps * profile.barriers + profile.per_step * wire.steps;
  cost.per_destination = profile.per_destination;
  cost.destinations = destinations;
  cost.wire_seconds_per_byte = cost.seconds_per_byte = wire.cost.transfer.value() / profile.efficiency;
  if (profile.copy_rate > ByteRate(0)) cost.seconds_per_byte += (wire.local / profile.copy_rate).value();
  cost.bottleneck = wire.cost.bottleneck;
  return cost;
}

}  // namespace

Seconds AlgorithmCost::operator()(Bytes bytes, double messages) const {
  const double all = destinations;
  const double reached = messages > 0 && destinations > 0 ? all * (1 - std::pow(1 - 1 / all, messages)) : all;
  return fixed + per_destination * reached + Seconds(seconds_per_byte * bytes.value());
}

const AlgorithmCost* OperationCost::best(Bytes bytes, double messages) const {
  const AlgorithmCost *within = nullptr, *any = nullptr;
  const auto keep_faster = [&](const AlgorithmCost*& known, const AlgorithmCost& cost) {
    if (known == nullptr || cost(bytes, messages) < (*known)(bytes, messages)) known = &cost;
  };
  for (const AlgorithmCost& cost : algorithms_) {
    keep_faster(any, cost);
    if (bytes >= cost.profile.min_size && bytes <= cost.profile.max_size) keep_faster(within, cost);
  }
  return within != nullptr ? within : any;
}

Seconds OperationCost::operator()(Bytes bytes, double messages) const {
  const AlgorithmCost* fastest = best(bytes, messages);
  return fastest == nullptr ? Seconds(0) : (*fastest)(bytes, messages);
}

OperationCost operation_cost(topology::Router& router, const Library& library, const Task& task, std::span<const int> group,
                             std::span<const int> planes) {
  if (task.ranks < 2) return {};
  std::vector<AlgorithmCost> costs;
  std::vector<Wire> known;
  std::string why = "describes no such operation";
  for (const AlgorithmProfile& profile : library.profiles(task.operation)) {
    const std::string reason = misfit_of(profile, task, router, group, planes);
    if (!reason.empty()) {
      why = fmt::format("its {} {}", name_of(profile.algorithm), reason);
      continue;
    }
    std::vector<double> share = shares(router, profile, task);
    auto wire =
        std::find_if(known.begin(), known.end(), [&](const Wire& w) { return w.algorithm == profile.algorithm && w.share == share; });
    if (wire == known.end()) wire = known.insert(known.end(), wire_of(router, task, profile.algorithm, std::move(share), group, planes));
    costs.push_back(cost_of(profile, *wire, destinations_of(task, profile.algorithm)));
  }
  if (costs.empty()) throw InputError(fmt::format("{} cannot do {} here: {}", library.name, name_of(task.operation), why));
  return OperationCost(std::move(costs));
}

Schedule schedule_at_achieved_rates(topology::Router& router, const AlgorithmProfile& profile, const Task& task, std::span<const int> group,
                                    std::span<const int> planes, Bytes bytes) {
  Schedule schedule = side_by_side(schedule_of(task, profile.algorithm, bytes), task.ranks, static_cast<int>(group.size()));
  const std::vector<double> share = shares(router, profile, task);
  for (Step& step : schedule) {
    for (Flow& flow : step.flows) {
      const int plane = router.plane_for(planes, group[static_cast<std::size_t>(flow.from)], group[static_cast<std::size_t>(flow.to)]);
      if (plane != topology::no_plane) flow.bytes = flow.bytes / (share[static_cast<std::size_t>(plane)] * profile.efficiency);
    }
  }
  return schedule;
}

}  // namespace podsim::collective
