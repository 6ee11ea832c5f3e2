// Distributions of lengths, counts and times that requests are drawn from.
#pragma once

#include <cstdint>
#include <functional>

#include "base/random.hpp"
#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::workload {

// The longest prompt or answer that is believed, in tokens.
inline constexpr std::int64_t longest = 100'000'000;

// Tokens, or turns of a session: at least 1.
using CountDistribution = std::function<std::int64_t(RandomEngine&)>;
using TimeDistribution = std::function<Seconds(RandomEngine&)>;

// {distribution: fixed, `unit`}, {distribution: uniform, min, max}, {distribution: geometric, mean, min (1), max} or
// {distribution: lognormal, median, sigma, min, max}: `unit` is "tokens" or "turns", sigma the standard deviation of the logarithm;
// draws beyond [min, max] are drawn again.
CountDistribution read_counts(config::Node node, const char* unit);

// {distribution: fixed, time}, {distribution: exponential, mean} or {distribution: lognormal, median, sigma}.
TimeDistribution read_times(config::Node node);

}  // namespace podsim::workload
