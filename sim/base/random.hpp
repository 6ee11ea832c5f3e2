// Named random streams: the numbers of one stream do not change when another stream is used more or less.
#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <cstdint>
#include <string_view>

namespace podsim {

// Boost's engines and distributions are used because their output is the same on every platform.
using RandomEngine = boost::random::mt19937_64;

// A generator that depends on the run's seed and the stream's name only.
RandomEngine random_stream(std::uint64_t seed, std::string_view name);

// A well-mixed 64-bit hash of two numbers (SplitMix64 finaliser), for choices that must not depend on order.
std::uint64_t mix(std::uint64_t a, std::uint64_t b);

}  // namespace podsim
