// Which plane and which endpoints in between a flow takes: straight, forwarded over another plane, or by Valiant's detour.
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "topology/router.hpp"

namespace podsim::topology {

int Router::plane_for(std::span<const int> order, int from, int to) {
  for (const int plane : order) {
    if (joins(plane, from, to) || forwarder(plane, from, to) >= 0) return plane;
  }
  return no_plane;
}

int Router::hops(int plane, int from, int to) {
  if (!joins(plane, from, to)) {
    const int by = forwarder(plane, from, to);
    return by < 0 ? -1 : hops(topology_.planes[static_cast<std::size_t>(plane)].forward_over, from, by) + hops(plane, by, to);
  }
  const Goal target = goal(plane, to);
  const Hops distance = hops_to(target, from);
  if (target.routing < Routing::minimal) return distance;
  int links = 0;
  for (int rest = distance; rest > 0; rest /= 16) links += rest % 16;
  return links;
}

std::uint64_t Router::pair_hash(int from, int to) const {
  return mix(mix(seed_, static_cast<std::uint64_t>(from)), static_cast<std::uint64_t>(to));
}

const Islands& Router::islands(int plane) {
  auto& known = islands_[static_cast<std::size_t>(plane)];
  if (!known) known = find_islands(topology_.graph, plane);
  return *known;
}

// The neighbour over the plane's `forward_over` that the plane joins to `to`, or `to` itself; where several do, the pair's hash decides.
int Router::forwarder(int plane, int from, int to) {
  const int over = topology_.planes[static_cast<std::size_t>(plane)].forward_over;
  if (over == no_plane) return -1;
  const int island = islands(over).of[static_cast<std::size_t>(from)];
  if (island < 0) return -1;
  if (island == islands(over).of[static_cast<std::size_t>(to)]) return to;
  std::vector<int> candidates;
  for (const int neighbour : islands(over).members[static_cast<std::size_t>(island)]) {
    if (joins(plane, neighbour, to)) candidates.push_back(neighbour);
  }
  if (candidates.empty()) return -1;
  return candidates[mix(pair_hash(from, to), 0) % candidates.size()];
}

int Router::detour(int plane, int from, int to) {
  const auto& all = islands(plane).members[static_cast<std::size_t>(islands(plane).of[static_cast<std::size_t>(to)])];
  return all[mix(pair_hash(from, to), 1) % all.size()];
}

Router::Legs Router::legs(int plane, int from, int to) {
  if (from == to) return {};
  const Plane& own = topology_.planes[static_cast<std::size_t>(plane)];
  const bool direct = joins(plane, from, to);
  if (direct && (own.routing != Routing::valiant || topology_.graph.vertex(to).device)) return Legs(1, Leg{plane, from, to});
  const int by = direct ? detour(plane, from, to) : forwarder(plane, from, to);
  if (by < 0) throw InputError(fmt::format("plane {} joins endpoints {} and {} not even by forwarding", own.name, from, to));
  Legs legs;
  if (by != from) legs.push_back({direct ? plane : own.forward_over, from, by});
  if (by != to) legs.push_back({plane, by, to});
  return legs;
}

}  // namespace podsim::topology
