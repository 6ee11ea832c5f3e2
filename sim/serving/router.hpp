// Which instance of a pool takes the next request.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "base/units.hpp"

namespace podsim::serving {

struct InstanceLoad {
  std::int64_t outstanding_tokens = 0;  // still to be computed or generated
  std::int64_t used_blocks = 0;         // of KV cache
  std::int64_t matching_tokens = 0;     // of the request's prompt, in the instance's prefix cache
  std::int64_t queued_tokens = 0;       // of prompts that have no first token yet
  double prefill_rate = 0;              // prompt tokens/s of its last steps with prompts; 0: it has made none
};

// What a router may know of the request.
struct Call {
  std::uint64_t turn = 0;                                        // requests routed before
  std::uint64_t seed = 0;                                        // of the run: random choices are a function of seed and turn
  std::uint64_t session = 0;                                     // equal for requests that begin alike
  std::int64_t input = 0;                                        // prompt tokens still to be computed
  Seconds ttft_target{std::numeric_limits<double>::infinity()};  // of the service level
};

// Returns an index into `loads` (never empty).
using RouterFunction = std::size_t (*)(std::span<const InstanceLoad> loads, const Call& call);

struct Router {
  std::string name;
  RouterFunction route;
  bool looks_at_caches = false;  // needs used_blocks or matching_tokens, which take time to find
};

std::size_t round_robin(std::span<const InstanceLoad> loads, const Call& call);
std::size_t random_instance(std::span<const InstanceLoad> loads, const Call& call);
// The instance with the fewest outstanding tokens, the first of equals.
std::size_t least_outstanding(std::span<const InstanceLoad> loads, const Call& call);
// The instance whose cache is the least full.
std::size_t least_kv(std::span<const InstanceLoad> loads, const Call& call);
// The better of two random instances by outstanding tokens (Mitzenmacher 2001, "The power of two choices in randomized load balancing").
std::size_t power_of_two(std::span<const InstanceLoad> loads, const Call& call);
// The instance that would have the least to do: outstanding tokens less those of the prompt that its cache holds.
std::size_t prefix_affinity(std::span<const InstanceLoad> loads, const Call& call);
// Requests that begin alike go to one instance, whatever its load.
std::size_t sticky(std::span<const InstanceLoad> loads, const Call& call);
// Predicts the time to first token: prompt tokens queued and of the request, less those in the cache, at the rate that the instance was
// seen to compute them. Of the instances that would keep the target the one with the fewest outstanding tokens, for the time per token;
// where none would, the one with the shortest prediction.
std::size_t slo_aware(std::span<const InstanceLoad> loads, const Call& call);

}  // namespace podsim::serving
