// A cluster of one or several parts, each of one kind of hardware, with planes of unlike parts joined by gateways.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "topology/plane_builder.hpp"
#include "topology/topology.hpp"

namespace podsim::topology {

struct Part {
  std::string name;        // "" for the only one
  Topology topology;       // its chips, nodes and planes by themselves
  int first_endpoint = 0;  // the number of its first endpoint in the whole
  LinkId first_link = 0;   // likewise
};

struct Cluster {
  std::vector<Part> parts;
  std::optional<Topology> joined;  // of several parts: all endpoints, every plane as PART.PLANE, the joined planes under their own names

  // The network that joins all endpoints; of a joined one only planes and graph mean something, chips and nodes are those of the parts.
  const Topology& whole() const { return joined ? *joined : parts.front().topology; }
  int endpoints() const { return whole().shape.endpoints(); }
  // The planes of a part that are, or are joined to, one of `planes` of the whole.
  std::vector<int> planes_of(const Part& part, std::span<const int> planes) const;
};

// Reads topologies/*.yaml: one kind of hardware (read_topology), or
//   parts: {PART: topology, ...}
//   join:  {PLANE: {planes: {PART: its plane, ...}, gateways, switch, link, links (1)}}
// A joined plane is the planes named and `gateways` switches, each with `links` cables to every switch of their highest tiers. The planes
// must join all endpoints of their parts, route by shortest paths and spread alike. What none of them carries, it does not carry.
Cluster read_cluster(config::Node node, std::span<const TopologyKind> kinds);

}  // namespace podsim::topology
