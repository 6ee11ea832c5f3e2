// What a plane is made of, and what it can carry: counts, power, diameter, bisection bandwidth, oversubscription.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topology/router.hpp"

namespace podsim::topology {

struct SwitchCount {
  std::string role;
  int count;
};

// The physical links of one rate between two roles.
struct LinkCount {
  std::string lower;
  std::string upper;
  ByteRate bandwidth;
  Seconds latency;
  int count;
};

// Bandwidth of the endpoints over bandwidth of the links that leave a tier upwards; 1: non-blocking, 2: half of that.
struct TierRatio {
  std::string role;
  double oversubscription;
};

struct PlaneStatistics {
  std::vector<SwitchCount> switches;  // from the endpoints upwards
  std::vector<LinkCount> links;       // that work
  int failed_links = 0;
  Watts link_power;
  Watts switch_power;
  int islands = 0;           // groups of endpoints that the plane joins
  int island_endpoints = 0;  // of the largest, which the next three are of
  int diameter = 0;          // links of the longest of the shortest routes
  // Of a dragonfly without switches, as its makers count: a node of several endpoints passes on as one router, so a route is a link at each
  // end and the links between nodes.
  std::optional<int> router_diameter;
  ByteRate injection;  // the sum of what the endpoints can send
  ByteRate bisection;  // max-flow from the first half of the endpoints, in order of number, to the other half
  std::vector<TierRatio> oversubscription;
};

PlaneStatistics plane_statistics(Router& router, int plane);

}  // namespace podsim::topology
