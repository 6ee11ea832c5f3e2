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
      plane = fmt::format("kind: rail_optimised, link: {}, trunk: {}, leaf_switch: {}, nodes_per_leaf: {}, uplinks: 4, spines: {}", wire,
                          trunk, any_switch, pick(1, nodes), pick(1, 4));
  }
  return cluster(nodes, packages, fmt::format("  net: {{spread: {}, {}}}\n", spread, plane));
}

}  // namespace test
