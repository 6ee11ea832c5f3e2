// Arrival processes and length distributions.
#pragma once

#include <cstdint>
#include <functional>

#include "base/random.hpp"
#include "base/units.hpp"
#include "config/node.hpp"
#include "workload/workload.hpp"

namespace podsim::workload {

// The time from one arrival to the next.
using ArrivalProcess = std::function<Seconds(RandomEngine&)>;
// A number of tokens.
using LengthDistribution = std::function<std::int64_t(RandomEngine&)>;

// {process: closed_loop, concurrency, think_time (0 s)}: requests follow answers instead of a clock.
bool is_closed_loop(config::Node& arrivals);
ClosedLoop read_closed_loop(config::Node arrivals);

// {process: poisson, rate} or {process: gamma, rate, cv}: cv is the coefficient of variation of the gaps (1 = Poisson).
ArrivalProcess read_arrivals(config::Node node);

// {distribution: fixed, tokens}, {distribution: uniform, min, max} or {distribution: lognormal, median, sigma, min, max}:
// sigma is the standard deviation of the logarithm; draws beyond [min, max] are drawn again.
LengthDistribution read_lengths(config::Node node);

}  // namespace podsim::workload
