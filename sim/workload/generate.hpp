// Draws the requests of clients in order of arrival.
#pragma once

#include <cstdint>
#include <vector>

#include "workload/client.hpp"
#include "workload/workload.hpp"

namespace podsim::workload {

// Where to stop: after so many requests, or before the first that arrives after `until`.
struct Extent {
  std::size_t requests = 0;
  Seconds until;
};

// Each client has random streams of its own, so that neither another client nor more requests change what it asks.
// `block_tokens`: of the prefix hashes; they are made where prompts can share something (sessions, shared prefixes).
// Throws std::length_error when there would be more than 2^32 block hashes.
Workload generate(std::vector<Client>& clients, const Extent& extent, int block_tokens, std::uint64_t seed);

}  // namespace podsim::workload
