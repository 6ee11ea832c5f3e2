#include "serving/router.hpp"

#include <algorithm>
#include <tuple>

#include "base/random.hpp"

namespace podsim::serving {
namespace {

template <class Key>
std::size_t least(std::span<const InstanceLoad> loads, Key key) {
  return static_cast<std::size_t>(std::ranges::min_element(loads, {}, key) - loads.begin());
}

}  // namespace

std::size_t round_robin(std::span<const InstanceLoad> loads, const Call& call) { return call.turn % loads.size(); }

std::size_t random_instance(std::span<const InstanceLoad> loads, const Call& call) { return mix(call.seed, call.turn) % loads.size(); }

std::size_t least_outstanding(std::span<const InstanceLoad> loads, const Call&) { return least(loads, &InstanceLoad::outstanding_tokens); }

std::size_t least_kv(std::span<const InstanceLoad> loads, const Call&) { return least(loads, &InstanceLoad::used_blocks); }

std::size_t power_of_two(std::span<const InstanceLoad> loads, const Call& call) {
  const std::size_t first = mix(call.seed, 2 * call.turn) % loads.size();
  if (loads.size() == 1) return first;
  const std::size_t second = (first + 1 + mix(call.seed, 2 * call.turn + 1) % (loads.size() - 1)) % loads.size();
  return loads[second].outstanding_tokens < loads[first].outstanding_tokens ? second : first;
}

std::size_t prefix_affinity(std::span<const InstanceLoad> loads, const Call&) {
  return least(loads, [](const InstanceLoad& load) { return load.outstanding_tokens - load.matching_tokens; });
}

std::size_t slo_aware(std::span<const InstanceLoad> loads, const Call& call) {
  const auto ttft = [&](const InstanceLoad& load) {
    const auto tokens = static_cast<double>(load.queued_tokens + std::max<std::int64_t>(0, call.input - load.matching_tokens));
    return load.prefill_rate > 0 ? tokens / load.prefill_rate : 0;
  };
  return least(loads, [&](const InstanceLoad& load) {
    const double predicted = ttft(load);
    const bool late = predicted > call.ttft_target.value();
    return std::tuple(late, late ? predicted : 0, load.outstanding_tokens);
  });
}

std::size_t sticky(std::span<const InstanceLoad> loads, const Call& call) { return mix(call.seed, call.session) % loads.size(); }

}  // namespace podsim::serving
