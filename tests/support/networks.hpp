// Random networks of every kind.
#pragma once

#include <random>

#include "support/clusters.hpp"

namespace test {

// One plane that joins all endpoints; kind, size and rates depend on `seed`.
inline podsim::topology::Topology random_cluster(unsigned seed) {
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const std::string spread = pick(0, 1) == 0 ? "ecmp" : "spray";
  const std::string wire = link(fmt::format("{} GB/s", pick(10, 100)), "1 us"), trunk = link(fmt::format("{} GB/s", pick(5, 100)), "1 us");
  const int nodes = pick(2, 4), packages = pick(1, 4);
  std::string plane;
  switch (pick(0, 3)) {
    case 0: plane = fmt::format("kind: full_mesh, link: {}, links_per_pair: {}", wire, pick(1, 3)); break;
    case 1:
      plane = fmt::format("kind: single_switch, link: {}, switch: {}, links_to_switch: [{}, {}]", wire, any_switch, pick(1, 4), pick(1, 4));
      break;
    case 2:
      plane = fmt::format(
          "kind: fat_tree, link: {}, trunk: {}, leaf_switch: {}, endpoints_per_leaf: {}, uplinks: 4, spines: {}, sub_planes: {}", wire,
          trunk, any_switch, pick(1, packages), pick(1, 4), pick(1, 3));
      break;
    default:
      plane = fmt::format(
          "kind: rail_optimised, link: {}, trunk: {}, leaf_switch: {{name: s, ports: 8, power: 0 W}}, spine_switch: {}, "
          "nodes_per_leaf: {}, uplinks: 4, spines: {}",
          wire, trunk, any_switch, pick(1, nodes), pick(1, 4));
  }
  return cluster(nodes, packages, fmt::format("  net: {{spread: {}, {}}}\n", spread, plane));
}

// A non-blocking fat tree of three tiers, sprayed: `half` endpoints a leaf, `half` leaves and middle switches a pod, half * half cores.
inline podsim::topology::Topology three_tier(int pods, int half) {
  using namespace podsim;
  topology::Topology cluster;
  cluster.shape = {.nodes = pods * half * half, .nodes_per_rack = half * half, .packages_per_node = 1, .endpoints_per_package = 1};
  cluster.planes.push_back({.name = "net", .spread = topology::Spread::spray, .switches = 0, .links = 0, .power = {}, .link_power = {}});
  topology::Graph& graph = cluster.graph;
  const auto wire = [&](int a, int b) { graph.connect(a, b, 0, ByteRate(50e9), Seconds(1e-6)); };
  for (int e = 0; e < cluster.shape.endpoints(); ++e) graph.add_vertex({"endpoint", topology::no_plane});
  const int cores = graph.vertex_count();
  for (int i = 0; i < half * half; ++i) graph.add_vertex({"core", 0});
  for (int pod = 0; pod < pods; ++pod) {
    const int middles = graph.vertex_count();
    for (int m = 0; m < half; ++m) {
      graph.add_vertex({"middle", 0});
      for (int c = 0; c < half; ++c) wire(middles + m, cores + m * half + c);
    }
    for (int l = 0; l < half; ++l) {
      const int leaf = graph.add_vertex({"leaf", 0});
      for (int m = 0; m < half; ++m) wire(leaf, middles + m);
      for (int e = 0; e < half; ++e) wire((pod * half + l) * half + e, leaf);
    }
  }
  graph.seal();
  return cluster;
}

}  // namespace test
