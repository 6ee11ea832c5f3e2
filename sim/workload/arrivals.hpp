// Arrival processes: the gaps between requests in units of the mean gap, and closed loops.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "config/node.hpp"
#include "workload/rate.hpp"
#include "workload/workload.hpp"

namespace podsim::workload {

// Draws how many arrivals a Poisson clock of the same rate would have had from one arrival to the next: 1 on average.
// Where the rate changes over time, gaps stretch and shrink with it (the time change theorem of point processes).
using Gaps = std::function<double(RandomEngine&)>;

// {process: constant}, {process: poisson}, {process: gamma, cv} (cv: the coefficient of variation of the gaps, 1 = Poisson) or
// {process: weibull, shape} (below 1 bursty, 1 = Poisson); {process: batch} puts all arrivals at one moment. Leaves `rate` to the caller.
Gaps read_gaps(config::Node& arrivals);

// The words of `process`; the last two take no rate.
bool is_batch(config::Node& arrivals);
bool is_closed_loop(config::Node& arrivals);

// {process: closed_loop, concurrency, think_time (0 s)}: requests follow answers instead of a clock.
ClosedLoop read_closed_loop(config::Node arrivals);

}  // namespace podsim::workload
