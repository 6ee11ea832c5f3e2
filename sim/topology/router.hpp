// Static shortest-path routes over one plane or the first of several planes that joins two endpoints.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "topology/topology.hpp"

namespace podsim::topology {

// The part of a flow that one link carries.
struct LinkShare {
  LinkId link;
  int hop;          // 0 for the links that leave the source
  double fraction;  // in (0, 1]
};

struct Route {
  std::vector<LinkShare> links;  // by hop; empty from an endpoint to itself
  Seconds latency;               // of one path
};

// The planes that a class of traffic may ride, in order of preference.
using PlaneOrder = std::vector<int>;

// Every link is full duplex, so distances to a vertex serve both directions. Distances are kept by destination.
class Router {
 public:
  Router(const Topology& topology, std::uint64_t seed);

  const Topology& topology() const { return topology_; }

  // The first plane of `order` that joins the two endpoints; no_plane when none does.
  int plane_for(std::span<const int> order, int from, int to);

  // The route of all traffic from `from` to `to` over `plane`, which must join them.
  // ecmp: one path, chosen hop by hop by a seeded hash of the pair. spray: all shortest paths, split evenly at each vertex.
  Route route(int plane, int from, int to);

  // The latency of that route without the rest of it.
  Seconds latency(int plane, int from, int to);

  // Adds to `load[link]` what `bytes[i]` from `sources[i]` to `to` puts on each link of `plane`.
  void add_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, std::span<double> load);

 private:
  using Distances = std::vector<std::uint16_t>;  // hops to one destination by vertex

  const Distances& distances(int plane, int to);
  template <class Visit>
  void for_each_next_hop(const Distances& distance, int plane, VertexId vertex, Visit visit) const;

  const Topology& topology_;
  std::uint64_t seed_;
  std::vector<std::map<int, Distances>> distances_;  // by plane, then destination
};

}  // namespace podsim::topology
