// What flows put on links where endpoints can trade places: followed to one destination of each class of them.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "topology/router.hpp"
#include "topology/symmetry.hpp"

namespace podsim::collective {

// Whether the symmetries of the first plane say all of the flows among these endpoints: it joins and sprays them. They know nothing of
// other planes, nor of the hash of a pair.
bool is_symmetric(topology::Router& router, std::span<const int> planes, std::span<const int> endpoints);

struct ClassLoads {
  std::vector<double> bytes;       // of each link of a class, under the class's name
  std::map<int, Seconds> latency;  // the smallest of each plane
};

// `flows_to` gives sources and bytes of what goes to an endpoint, alike for all of a class. Exact where each link of a class carries the
// same (topology/symmetry). Throws InputError when no plane joins a pair.
using FlowsTo = std::function<void(int to, std::vector<int>& sources, std::vector<double>& bytes)>;
ClassLoads class_loads(topology::Router& router, const topology::Symmetry& symmetry, std::span<const int> planes, const FlowsTo& flows_to);

}  // namespace podsim::collective
