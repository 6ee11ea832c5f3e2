// Static routes over one plane, as its routing and spread say, or over the first of several planes that joins two endpoints.
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "topology/islands.hpp"
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

// Links first, first + stride, ... that each carry as many bytes.
struct EqualLoads {
  double bytes = 0;
  LinkId first = 0;
  int count = 1;
  int stride = 0;
};

// What the flows into one endpoint put on the links of one plane, in the order in which it is added up: sprayed traffic loads many
// links alike, so runs of them are one entry.
struct Inflow {
  int plane = no_plane;
  Seconds latency;                // the smallest of its flows
  std::vector<EqualLoads> loads;  // of a link that several flows use, the sum or one entry each
};

// Every link is full duplex, so distances to a vertex serve both directions. Distances are kept by destination; endpoints that hang on one
// switch share those of the switch, others with the same neighbours those of the first of them.
class Router {
 public:
  Router(const Topology& topology, std::uint64_t seed);

  const Topology& topology() const { return topology_; }

  // The symmetry of a plane, found once.
  const Symmetry& symmetry(int plane);

  // The first plane of `order` that joins the two endpoints; no_plane when none does.
  int plane_for(std::span<const int> order, int from, int to);

  // Links between two endpoints over `plane`; -1 when it does not join them. Of a Valiant plane: without the detour.
  int hops(int plane, int from, int to);

  // A way from one endpoint to another: over one plane straight, or in two legs by way of an endpoint.
  struct Leg {
    int plane;
    int from;
    int to;
  };
  using Legs = boost::container::static_vector<Leg, 2>;
  // The legs of what `plane` carries from `from` to `to`, which it must join: two where the plane forwards or detours.
  Legs legs(int plane, int from, int to);

  // The route of all traffic from `from` to `to` over `plane`, which must join them, leg after leg.
  // ecmp: one path, chosen hop by hop by a seeded hash of the pair. spray: all equal paths, split evenly at each vertex.
  Route route(int plane, int from, int to);

  // Every link on which `vertex` may send what goes to `to`, an endpoint that `plane` joins to it, and the other end; of one leg.
  std::vector<std::pair<LinkId, VertexId>> next_hops(int plane, VertexId vertex, int to);

  // Adds to `load[link]` what `bytes[i]` from `sources[i]` to `to` puts on each link of `plane`.
  void add_load(int plane, int to, std::span<const int> sources, std::span<const double> bytes, std::span<double> load);

  // The same, every source over the first plane of `order` that joins it to `to`. Throws InputError when no plane joins a source.
  std::vector<Inflow> inflow(std::span<const int> order, int to, std::span<const int> sources, std::span<const double> bytes);
  // The same; the answer is kept until other flows to `to` are asked for.
  const std::vector<Inflow>& kept_inflow(std::span<const int> order, int to, std::span<const int> sources, std::span<const double> bytes);

 private:
  using Hops = std::uint16_t;
  using Distances = std::vector<Hops>;  // to one vertex of the core, by core index; links of a level count as step() says
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
    Routing routing;
    int target;                 // the endpoint or the switch on which it hangs, by core index; -1: it has no link here
    int like;                   // an endpoint with the same neighbours
    const Distances* distance;  // to that one

    // From a vertex of the core to the target.
    Hops from(int index) const {
      if (index == target) return 0;
      return (*distance)[static_cast<std::size_t>(index == like ? target : index)];
    }
  };
  // Flows that share plane and destination.
  struct Flows {
    std::vector<int> sources;
    std::vector<double> bytes;
    Seconds latency = Seconds(std::numeric_limits<double>::infinity());  // the smallest, all legs of the flow together
  };
  // The links over which vertices send on what goes to endpoints with the same neighbours, as far as asked for.
  struct WaysOn {
    int plane = no_plane;
    int like = -1;
    std::vector<bool> last;                                  // by core index: it sends to an endpoint itself
    std::vector<std::pair<std::size_t, std::size_t>> found;  // from and to in `hops`; the same: not yet
    std::vector<std::pair<LinkId, VertexId>> hops;
  };
  using FlowsByLeg = std::map<std::pair<int, int>, Flows>;  // by plane and destination
  struct KnownInflow {
    std::vector<int> order;
    std::vector<int> sources;
    std::vector<double> bytes;
    std::vector<Inflow> parts;
  };

  // How much a link of a level adds to a distance: 1, or 16 to the power of its level where fewer links of the outer levels come first.
  static Hops step(Routing routing, int level) { return static_cast<Hops>(routing < Routing::minimal ? 1 : 1 << (4 * level)); }
  void find_distances(const PlaneGraph& graph, Routing routing, int target, Distances& distance) const;

  Goal goal(int plane, int to);
  bool joins(int plane, int from, int to) { return hops_to(goal(plane, to), from) != unreachable; }
  std::uint64_t pair_hash(int from, int to) const;
  const Islands& islands(int plane);
  int forwarder(int plane, int from, int to);  // -1: none
  int detour(int plane, int from, int to);
  void add_leg(Route& route, const Leg& leg);
  Seconds latency(const Legs& legs);
  void collect(FlowsByLeg& flows, int plane, int from, int to, double bytes);
  Hops hops_to(const Goal& goal, VertexId from) const;
  Hops distance_from(const Goal& goal, int here) const;
  template <class Visit>
  void find_next_hop(const Goal& goal, VertexId vertex, Visit visit) const;
  template <class Visit>
  void for_each_next_hop(const Goal& goal, VertexId vertex, Visit visit) const;
  std::span<const std::pair<LinkId, VertexId>> hops_on(const Goal& goal, VertexId vertex, std::vector<std::pair<LinkId, VertexId>>& own);
  template <class Add>
  void for_each_load(const std::pair<int, int>& leg, const Flows& flows, Add add);
  template <class Add>
  void for_each_sprayed_load(const Goal& goal, std::span<const int> sources, std::span<const double> bytes, Add add);

  const Topology& topology_;
  std::uint64_t seed_;
  std::vector<std::optional<PlaneRoutes>> planes_;
  std::vector<std::optional<Symmetry>> symmetries_;
  std::vector<std::optional<Islands>> islands_;
  WaysOn ways_on_;                      // of the endpoints for which it was asked last
  std::vector<double> passing_;         // bytes on their way through a vertex; all zero between calls
  std::map<int, KnownInflow> inflows_;  // by destination
};

}  // namespace podsim::topology
