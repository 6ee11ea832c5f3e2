#include "serving/router.hpp"

#include <algorithm>

namespace podsim::serving {

std::size_t round_robin(std::span<const InstanceLoad> loads, std::uint64_t turn) { return turn % loads.size(); }

std::size_t least_outstanding(std::span<const InstanceLoad> loads, std::uint64_t) {
  const auto least = std::min_element(
      loads.begin(), loads.end(), [](const InstanceLoad& a, const InstanceLoad& b) { return a.outstanding_tokens < b.outstanding_tokens; });
  return static_cast<std::size_t>(least - loads.begin());
}

}  // namespace podsim::serving
