// Which instance of a pool takes the next request.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace podsim::serving {

struct InstanceLoad {
  std::int64_t outstanding_tokens = 0;  // still to be computed or generated
};

// Returns an index into `loads` (never empty); `turn` counts the requests routed before.
using RouterFunction = std::size_t (*)(std::span<const InstanceLoad> loads, std::uint64_t turn);

struct Router {
  std::string name;
  RouterFunction route;
};

std::size_t round_robin(std::span<const InstanceLoad> loads, std::uint64_t turn);
// The instance with the fewest outstanding tokens, the first of equals.
std::size_t least_outstanding(std::span<const InstanceLoad> loads, std::uint64_t turn);

}  // namespace podsim::serving
