// What carries a kind of traffic: a communication library over planes of the cluster.
#pragma once

#include <optional>
#include <span>

#include "collective/library.hpp"
#include "config/node.hpp"
#include "topology/router.hpp"

namespace podsim::serving {

// A collective's library and the planes it may use.
struct Channel {
  collective::Library library;
  topology::PlaneOrder planes;
};

// Reads a list of names of planes, which shall carry `traffic`. Throws InputError for those that are unknown or do not.
topology::PlaneOrder read_planes(const config::Node& list, const topology::Topology& topology,
                                 std::optional<topology::TrafficClass> traffic = std::nullopt);

// Reads {library, planes}. Throws InputError when a plane is unknown or does not carry `traffic`, or the library lacks one of the `needed`
// operations.
Channel read_channel(config::Node node, const topology::Topology& topology, std::span<const collective::Operation> needed,
                     std::optional<topology::TrafficClass> traffic = std::nullopt);

}  // namespace podsim::serving
