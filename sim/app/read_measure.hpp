// Reads `measure` of an experiment.
#pragma once

#include "config/node.hpp"
#include "metrics/measure.hpp"

namespace podsim::app {

// {from or warm_up, to or cool_down}: from and to are times; a cut is a time (100 s), a share (10 %) or a number of requests (500
// requests), of which there are `requests` in all.
metrics::Measure read_measure(config::Node node, std::size_t requests);

}  // namespace podsim::app
