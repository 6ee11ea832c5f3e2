#include "topology/router.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/random.hpp"

namespace podsim::topology {

Router::Router(const Topology& topology, std::uint64_t seed)
    : topology_(topology), seed_(seed), planes_(topology.planes.size()), symmetries_(topology.planes.size()) {}

const Symmetry& Router::symmetry(int plane) {
  auto& known = symmetries_[static_cast<std::size_t>(plane)];
  if (!known) known = find_symmetry(topology_.graph, plane);
  return *known;
}

Router::Goal Router::goal(int plane, int to) {
  auto& known = planes_[static_cast<std::size_t>(plane)];
  if (!known) {
    known.emplace(PlaneRoutes{PlaneGraph(topology_.graph, plane), {}});
    known->to.resize(static_cast<std::size_t>(known->graph.size()));
  }
  const PlaneGraph& graph = known->graph;
  const int target = graph.index(to);
  if (target < 0) return {plane, to, graph, nullptr};
  Distances& distance = known->to[static_cast<std::size_t>(target)];
  if (!distance.empty()) return {plane, to, graph, &distance};
  distance.assign(static_cast<std::size_t>(graph.size()), unreachable);
  std::vector<int> reached = {target};
  reached.reserve(distance.size());
  distance[static_cast<std::size_t>(target)] = 0;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const auto next = static_cast<Hops>(distance[static_cast<std::size_t>(reached[i])] + 1);
    for (const PlaneGraph::Arc& arc : graph.arcs(reached[i])) {
      Hops& d = distance[static_cast<std::size_t>(arc.to)];
      if (d != unreachable) continue;
      d = next;
      reached.push_back(arc.to);
    }
  }
  return {plane, to, graph, &distance};
}

Router::Hops Router::hops_to(const Goal& goal, VertexId from) {
  if (from == goal.endpoint) return 0;
  const int start = goal.graph.index(from);
  if (start < 0 || goal.distance == nullptr) return unreachable;
  const Hops between = (*goal.distance)[static_cast<std::size_t>(start)];
  if (between == unreachable) return unreachable;
  return static_cast<Hops>(between + (goal.graph.hangs(from) ? 1 : 0) + (goal.graph.hangs(goal.endpoint) ? 1 : 0));
}

int Router::plane_for(std::span<const int> order, int from, int to) {
  for (const int plane : order) {
    if (hops_to(goal(plane, to), from) != unreachable) return plane;
  }
  return no_plane;
}

int Router::hops(int plane, int from, int to) {
  const Hops count = hops_to(goal(plane, to), from);
  return count == unreachable ? -1 : count;
}

// Calls visit(LinkId, VertexId) for the links over which `vertex` sends on what goes to the goal, in order of id.
template <class Visit>
void Router::for_each_next_hop(const Goal& goal, VertexId vertex, Visit visit) const {
  const PlaneGraph& graph = goal.graph;
  const int here = graph.index(vertex);
  if (graph.hangs(vertex)) {
    topology_.graph.for_each_link(vertex, goal.plane, visit);
    return;
  }
  const int hops = (*goal.distance)[static_cast<std::size_t>(here)];
  if (hops == 0) {  // the switch of the goal: its links are the opposites of the goal's own
    topology_.graph.for_each_link(goal.endpoint, goal.plane, [&](LinkId link, VertexId) { visit(link ^ 1, goal.endpoint); });
    return;
  }
  for (const PlaneGraph::Arc& arc : graph.arcs(here)) {
    if ((*goal.distance)[static_cast<std::size_t>(arc.to)] + 1 == hops) visit(arc.link, graph.vertex(arc.to));
  }
}

Route Router::route(int plane, int from, int to) {
  const Goal target = goal(plane, to);
  const bool spray = topology_.planes[static_cast<std::size_t>(plane)].spread == Spread::spray;
  const std::uint64_t pair = mix(mix(seed_, static_cast<std::uint64_t>(from)), static_cast<std::uint64_t>(to));
  Route route;
  std::map<VertexId, double> here = {{from, 1.0}};  // vertices of the current hop and the part of the flow that reaches them
  for (int hop = 0; !here.contains(to); ++hop) {
    std::map<VertexId, double> next;
    for (const auto& [vertex, fraction] : here) {
      std::vector<std::pair<LinkId, VertexId>> choices;
      for_each_next_hop(target, vertex, [&](LinkId link, VertexId neighbour) { choices.emplace_back(link, neighbour); });
      if (!spray) choices = {choices[mix(pair, static_cast<std::uint64_t>(vertex)) % choices.size()]};
      for (const auto& [link, neighbour] : choices) {
        const double share = fraction / static_cast<double>(choices.size());
        route.links.push_back({link, hop, share});
        next[neighbour] += share;
      }
    }
    route.latency += topology_.graph.link(route.links.back().link).latency;
    here = std::move(next);
  }
  return route;
}

Seconds Router::latency(int plane, int from, int to) {
  const Goal target = goal(plane, to);
  Seconds sum;
  VertexId vertex = from;
  while (vertex != to) {
    LinkId first = -1;
    VertexId next = vertex;
    for_each_next_hop(target, vertex, [&](LinkId link, VertexId neighbour) {
      if (first >= 0) return;
      first = link;
      next = neighbour;
    });
    sum += topology_.graph.link(first).latency;
    vertex = next;
  }
  return sum;
}

// Sprayed flows to one destination merge: push the sum at each vertex one hop nearer, farthest vertices first, in order of id.
template <class Add>
void Router::for_each_sprayed_load(const Goal& goal, std::span<const int> sources, std::span<const double> bytes, Add add) {
  passing_.resize(static_cast<std::size_t>(topology_.graph.vertex_count()));
  std::vector<std::vector<VertexId>> by_distance;
  const auto arrive = [&](std::size_t hops, VertexId vertex, double amount) {
    if (by_distance.size() <= hops) by_distance.resize(hops + 1);
    double& sum = passing_[static_cast<std::size_t>(vertex)];
    if (sum == 0) by_distance[hops].push_back(vertex);
    sum += amount;
  };
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (bytes[i] > 0 && sources[i] != goal.endpoint) arrive(hops_to(goal, sources[i]), sources[i], bytes[i]);
  }
  for (std::size_t hops = by_distance.size(); hops-- > 1;) {
    std::vector<VertexId> vertices = std::move(by_distance[hops]);
    std::sort(vertices.begin(), vertices.end());
    for (const VertexId vertex : vertices) {
      int choices = 0;
      for_each_next_hop(goal, vertex, [&](LinkId, VertexId) { ++choices; });
      const double share = std::exchange(passing_[static_cast<std::size_t>(vertex)], 0) / choices;
      for_each_next_hop(goal, vertex, [&](LinkId link, VertexId neighbour) {
        add(link, share);
        if (neighbour != goal.endpoint) arrive(hops - 1, neighbour, share);
      });
    }
  }
}

template <class Add>
void Router::for_each_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, Add add) {
  if (topology_.planes[static_cast<std::size_t>(plane)].spread == Spread::spray) {
    for_each_sprayed_load(goal(plane, to), sources, bytes, add);
    return;
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const LinkShare& share : route(plane, sources[i], to).links) add(share.link, bytes[i]);
  }
}

void Router::add_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, std::span<double> load) {
  for_each_load(plane, to, sources, bytes, [&](LinkId link, double amount) { load[static_cast<std::size_t>(link)] += amount; });
}

std::vector<Inflow> Router::inflow(std::span<const int> order, int to, std::span<const int> sources, std::span<const double> bytes) {
  struct Part {
    std::vector<int> sources;
    std::vector<double> bytes;
    Seconds latency = Seconds(std::numeric_limits<double>::infinity());
  };
  std::map<int, Part> parts;  // by plane
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const int plane = plane_for(order, sources[i], to);
    if (plane == no_plane) throw InputError(fmt::format("no plane of this traffic joins endpoints {} and {}", sources[i], to));
    Part& part = parts[plane];
    part.sources.push_back(sources[i]);
    part.bytes.push_back(bytes[i]);
    part.latency = std::min(part.latency, latency(plane, sources[i], to));
  }
  std::vector<Inflow> inflows;
  for (const auto& [plane, part] : parts) {
    Inflow& made = inflows.emplace_back(Inflow{plane, part.latency, {}});
    for_each_load(plane, to, part.sources, part.bytes, [&](LinkId link, double amount) { made.loads.emplace_back(link, amount); });
  }
  return inflows;
}

const std::vector<Inflow>& Router::kept_inflow(std::span<const int> order, int to, std::span<const int> sources,
                                               std::span<const double> bytes) {
  KnownInflow& known = inflows_[to];
  const bool same =
      std::ranges::equal(known.order, order) && std::ranges::equal(known.sources, sources) && std::ranges::equal(known.bytes, bytes);
  if (known.parts.empty() || !same) {
    known = {
        {order.begin(), order.end()}, {sources.begin(), sources.end()}, {bytes.begin(), bytes.end()}, inflow(order, to, sources, bytes)};
  }
  return known.parts;
}

}  // namespace podsim::topology
