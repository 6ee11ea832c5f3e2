// Static shortest-path routes over one plane or the first of several planes that joins two endpoints.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "topology/plane_graph.hpp"
#include "topology/symmetry.hpp"
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

// What the flows into one endpoint put on the links of one plane, in the order in which it is added up.
struct Inflow {
  int plane = no_plane;
  Seconds latency;  // the smallest of its flows
  std::vector<std::pair<LinkId, double>> loads;
};

// Every link is full duplex, so distances to a vertex serve both directions. Distances are kept by destination, and endpoints
// that hang on one switch share those of the switch.
class Router {
 public:
  Router(const Topology& topology, std::uint64_t seed);

  const Topology& topology() const { return topology_; }

  // The symmetry of a plane, found once.
  const Symmetry& symmetry(int plane);

  // The first plane of `order` that joins the two endpoints; no_plane when none does.
  int plane_for(std::span<const int> order, int from, int to);

  // Links between two endpoints over `plane`; -1 when it does not join them.
  int hops(int plane, int from, int to);

  // The route of all traffic from `from` to `to` over `plane`, which must join them.
  // ecmp: one path, chosen hop by hop by a seeded hash of the pair. spray: all shortest paths, split evenly at each vertex.
  Route route(int plane, int from, int to);

  // The latency of that route without the rest of it.
  Seconds latency(int plane, int from, int to);

  // Adds to `load[link]` what `bytes[i]` from `sources[i]` to `to` puts on each link of `plane`.
  void add_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, std::span<double> load);

  // The same, every source over the first plane of `order` that joins it to `to`. Throws InputError when no plane joins a source.
  std::vector<Inflow> inflow(std::span<const int> order, int to, std::span<const int> sources, std::span<const double> bytes);
  // The same; the answer is kept until other flows to `to` are asked for.
  const std::vector<Inflow>& kept_inflow(std::span<const int> order, int to, std::span<const int> sources, std::span<const double> bytes);

 private:
  using Hops = std::uint16_t;
  using Distances = std::vector<Hops>;  // hops to one vertex of the core, by core index
  static constexpr Hops unreachable = std::numeric_limits<Hops>::max();

  struct PlaneRoutes {
    PlaneGraph graph;
    std::vector<Distances> to;  // by core index; empty: not yet asked for
  };
  // Where a flow is going.
  struct Goal {
    int plane;
    VertexId endpoint;
    const PlaneGraph& graph;
    const Distances* distance;  // to the endpoint, or to the switch on which it hangs; none when it has no link here
  };
  struct KnownInflow {
    std::vector<int> order;
    std::vector<int> sources;
    std::vector<double> bytes;
    std::vector<Inflow> parts;
  };

  Goal goal(int plane, int to);
  static Hops hops_to(const Goal& goal, VertexId from);
  template <class Visit>
  void for_each_next_hop(const Goal& goal, VertexId vertex, Visit visit) const;
  template <class Add>
  void for_each_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, Add add);
  template <class Add>
  void for_each_sprayed_load(const Goal& goal, std::span<const int> sources, std::span<const double> bytes, Add add);

  const Topology& topology_;
  std::uint64_t seed_;
  std::vector<std::optional<PlaneRoutes>> planes_;
  std::vector<std::optional<Symmetry>> symmetries_;
  std::vector<double> passing_;         // bytes on their way through a vertex; all zero between calls
  std::map<int, KnownInflow> inflows_;  // by destination
};

}  // namespace podsim::topology
