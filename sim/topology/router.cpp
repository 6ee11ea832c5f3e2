#include "topology/router.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/random.hpp"

namespace podsim::topology {

Router::Router(const Topology& topology, std::uint64_t seed)
    : topology_(topology),
      seed_(seed),
      planes_(topology.planes.size()),
      symmetries_(topology.planes.size()),
      islands_(topology.planes.size()) {}

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
  const Routing routing = topology_.planes[static_cast<std::size_t>(plane)].routing;
  const PlaneGraph& graph = known->graph;
  const int target = graph.index(to);
  if (target < 0) return {plane, to, graph, routing, target, target, nullptr};
  const int like = graph.like(target);
  Distances& distance = known->to[static_cast<std::size_t>(like)];
  if (distance.empty()) find_distances(graph, routing, like, distance);
  return {plane, to, graph, routing, target, like, &distance};
}

// Buckets of vertices by distance, nearest first (Dial, CACM 12, 1969); where every link counts 1 that is a breadth-first search.
void Router::find_distances(const PlaneGraph& graph, Routing routing, int target, Distances& distance) const {
  distance.assign(static_cast<std::size_t>(graph.size()), unreachable);
  std::vector<std::vector<int>> reached = {{target}};  // by distance
  distance[static_cast<std::size_t>(target)] = 0;
  for (std::size_t own = 0; own < reached.size(); ++own) {
    for (std::size_t i = 0; i < reached[own].size(); ++i) {
      const int here = reached[own][i];
      if (distance[static_cast<std::size_t>(here)] != own) continue;  // found nearer meanwhile
      for (const PlaneGraph::Arc& arc : graph.arcs(here)) {
        const std::size_t beyond = own + step(routing, arc.level);
        Hops& d = distance[static_cast<std::size_t>(arc.to)];
        if (d <= beyond) continue;
        d = static_cast<Hops>(beyond);
        if (reached.size() <= beyond) reached.resize(beyond + 1);
        reached[beyond].push_back(arc.to);
      }
    }
  }
}

// From a vertex of the core. A walk from the goal meets no device, which is one link from the nearest of its switches.
Router::Hops Router::distance_from(const Goal& goal, int here) const {
  Hops distance = goal.from(here);
  if (distance != unreachable || !topology_.graph.vertex(goal.graph.vertex(here)).device) return distance;
  for (const PlaneGraph::Arc& arc : goal.graph.arcs(here)) {
    const Hops beyond = goal.from(arc.to);
    if (beyond != unreachable) distance = std::min(distance, static_cast<Hops>(beyond + step(goal.routing, arc.level)));
  }
  return distance;
}

Router::Hops Router::hops_to(const Goal& goal, VertexId from) const {
  if (from == goal.endpoint) return 0;
  const int start = goal.graph.index(from);
  if (start < 0 || goal.distance == nullptr) return unreachable;
  const Hops between = distance_from(goal, start);
  if (between == unreachable) return unreachable;
  return static_cast<Hops>(between + (goal.graph.hangs(from) ? 1 : 0) + (goal.graph.hangs(goal.endpoint) ? 1 : 0));
}

// Calls visit(LinkId, VertexId) for the links over which `vertex` sends on what goes to the goal, in order of id, until it says true.
template <class Visit>
void Router::find_next_hop(const Goal& goal, VertexId vertex, Visit visit) const {
  const PlaneGraph& graph = goal.graph;
  const int here = graph.index(vertex);
  bool found = false;
  if (graph.hangs(vertex)) {
    topology_.graph.for_each_link(vertex, goal.plane, [&](LinkId link, VertexId next) { found = found || visit(link, next); });
    return;
  }
  const int distance = distance_from(goal, here);
  const bool at_switch_of_device = distance == step(goal.routing, 0) && topology_.graph.vertex(goal.endpoint).device;
  if (distance == 0 || at_switch_of_device) {  // a switch of the goal: its links are the opposites of the goal's own
    topology_.graph.for_each_link(goal.endpoint, goal.plane, [&](LinkId link, VertexId end) {
      if (end == vertex) found = found || visit(link ^ 1, goal.endpoint);
    });
    return;
  }
  const auto leads_on = [&](const PlaneGraph::Arc& arc) { return goal.from(arc.to) + step(goal.routing, arc.level) == distance; };
  int lowest = std::numeric_limits<int>::max();  // level on which to go on
  if (goal.routing == Routing::dimension_order) {
    for (const PlaneGraph::Arc& arc : graph.arcs(here)) {
      if (arc.level < lowest && leads_on(arc)) lowest = arc.level;
    }
  }
  for (const PlaneGraph::Arc& arc : graph.arcs(here)) {
    if (arc.level <= lowest && leads_on(arc) && visit(arc.link, graph.vertex(arc.to))) return;
  }
}

// Calls visit(LinkId, VertexId) for all of them.
template <class Visit>
void Router::for_each_next_hop(const Goal& goal, VertexId vertex, Visit visit) const {
  find_next_hop(goal, vertex, [&](LinkId link, VertexId neighbour) {
    visit(link, neighbour);
    return false;
  });
}

std::vector<std::pair<LinkId, VertexId>> Router::next_hops(int plane, VertexId vertex, int to) {
  std::vector<std::pair<LinkId, VertexId>> next;
  if (vertex == to) return next;
  for_each_next_hop(goal(plane, to), vertex, [&](LinkId link, VertexId neighbour) { next.emplace_back(link, neighbour); });
  return next;
}

Route Router::route(int plane, int from, int to) {
  Route route;
  for (const Leg& leg : legs(plane, from, to)) add_leg(route, leg);
  return route;
}

void Router::add_leg(Route& route, const Leg& leg) {
  const std::uint64_t pair = pair_hash(leg.from, leg.to);
  const Goal target = goal(leg.plane, leg.to);
  const bool spray = topology_.planes[static_cast<std::size_t>(leg.plane)].spread == Spread::spray;
  std::map<VertexId, double> here = {{leg.from, 1.0}};  // vertices of the current hop and the part of the flow that reaches them
  for (int hop = route.links.empty() ? 0 : route.links.back().hop + 1; !here.contains(leg.to); ++hop) {
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
}

Seconds Router::latency(const Legs& legs) {
  Seconds sum;
  for (const Leg& leg : legs) {
    const Goal target = goal(leg.plane, leg.to);
    VertexId vertex = leg.from;
    while (vertex != leg.to) {
      find_next_hop(target, vertex, [&](LinkId link, VertexId neighbour) {
        sum += topology_.graph.link(link).latency;
        vertex = neighbour;
        return true;
      });
    }
  }
  return sum;
}

// All next hops of a vertex, kept or in `own`, until the next call. Endpoints with the same neighbours differ in the last hop alone.
std::span<const std::pair<LinkId, VertexId>> Router::hops_on(const Goal& goal, VertexId vertex,
                                                             std::vector<std::pair<LinkId, VertexId>>& own) {
  if (ways_on_.plane != goal.plane || ways_on_.like != goal.like) {
    const auto size = static_cast<std::size_t>(goal.graph.size());
    ways_on_ = {goal.plane, goal.like, std::vector<bool>(size), std::vector<std::pair<std::size_t, std::size_t>>(size), {}};
    ways_on_.last[static_cast<std::size_t>(goal.like)] = true;
    for (const PlaneGraph::Arc& arc : goal.graph.arcs(goal.like)) ways_on_.last[static_cast<std::size_t>(arc.to)] = true;
  }
  const auto here = static_cast<std::size_t>(goal.graph.index(vertex));
  if (topology_.graph.vertex(vertex).plane == no_plane || ways_on_.last[here]) {
    own.clear();
    for_each_next_hop(goal, vertex, [&](LinkId link, VertexId neighbour) { own.emplace_back(link, neighbour); });
    return own;
  }
  auto& [first, last] = ways_on_.found[here];
  if (first == last) {
    first = ways_on_.hops.size();
    for_each_next_hop(goal, vertex, [&](LinkId link, VertexId neighbour) { ways_on_.hops.emplace_back(link, neighbour); });
    last = ways_on_.hops.size();
  }
  return std::span(ways_on_.hops).subspan(first, last - first);
}

// Sprayed flows to one destination merge: push the sum at each vertex one hop nearer, farthest vertices first, in order of id.
template <class Add>
void Router::for_each_sprayed_load(const Goal& goal, std::span<const int> sources, std::span<const double> bytes, Add add) {
  passing_.resize(static_cast<std::size_t>(topology_.graph.vertex_count()));
  std::vector<std::vector<VertexId>> by_distance;
  std::vector<std::pair<LinkId, VertexId>> own;
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
      const auto choices = hops_on(goal, vertex, own);
      const double share = std::exchange(passing_[static_cast<std::size_t>(vertex)], 0) / static_cast<double>(choices.size());
      for (const auto& [link, neighbour] : choices) {
        add(link, share);
        const auto passed = step(goal.routing, topology_.graph.link(link).level);
        if (neighbour != goal.endpoint) arrive(hops - passed, neighbour, share);
      }
    }
  }
}

template <class Add>
void Router::for_each_load(const std::pair<int, int>& leg, const Flows& flows, Add add) {
  const auto [plane, to] = leg;
  if (topology_.planes[static_cast<std::size_t>(plane)].spread == Spread::spray) {
    for_each_sprayed_load(goal(plane, to), flows.sources, flows.bytes, add);
    return;
  }
  for (std::size_t i = 0; i < flows.sources.size(); ++i) {
    Route way;
    add_leg(way, {plane, flows.sources[i], to});
    for (const LinkShare& share : way.links) add(share.link, flows.bytes[i]);
  }
}

void Router::collect(FlowsByLeg& flows, int plane, int from, int to, double bytes) {
  const Legs way = legs(plane, from, to);
  const Seconds whole = latency(way);
  for (const Leg& leg : way) {
    Flows& alike = flows[{leg.plane, leg.to}];
    alike.sources.push_back(leg.from);
    alike.bytes.push_back(bytes);
    alike.latency = std::min(alike.latency, whole);
  }
}

void Router::add_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, std::span<double> load) {
  FlowsByLeg flows;
  for (std::size_t i = 0; i < sources.size(); ++i) collect(flows, plane, sources[i], to, bytes[i]);
  for (const auto& [leg, alike] : flows) {
    for_each_load(leg, alike, [&](LinkId link, double amount) { load[static_cast<std::size_t>(link)] += amount; });
  }
}

namespace {

// Links in order where neighbours carry the same, then as runs. Bytes add up on each link in the order of `loads` all the same.
std::vector<EqualLoads> runs_of(std::vector<std::pair<LinkId, double>>& loads) {
  std::vector<EqualLoads> runs;
  for (auto group = loads.begin(); group != loads.end();) {
    const double bytes = group->second;
    const auto end = std::find_if(group, loads.end(), [&](const auto& load) { return load.second != bytes; });
    std::ranges::sort(group, end, {}, &std::pair<LinkId, double>::first);
    for (EqualLoads* run = nullptr; group != end; ++group) {
      const LinkId link = group->first;
      if (run != nullptr && run->count == 1) run->stride = link - run->first;
      if (run != nullptr && link == run->first + run->count * run->stride) ++run->count;
      else run = &runs.emplace_back(EqualLoads{bytes, link, 1, 0});
    }
  }
  return runs;
}

}  // namespace

std::vector<Inflow> Router::inflow(std::span<const int> order, int to, std::span<const int> sources, std::span<const double> bytes) {
  FlowsByLeg flows;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const int plane = plane_for(order, sources[i], to);
    if (plane == no_plane) throw InputError(fmt::format("no plane of this traffic joins endpoints {} and {}", sources[i], to));
    collect(flows, plane, sources[i], to, bytes[i]);
  }
  std::vector<Inflow> inflows;
  for (const auto& [leg, alike] : flows) {
    Inflow& made = inflows.emplace_back(Inflow{leg.first, alike.latency, {}});
    std::vector<std::pair<LinkId, double>> loads;
    for_each_load(leg, alike, [&](LinkId link, double amount) { loads.emplace_back(link, amount); });
    made.loads = runs_of(loads);
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
