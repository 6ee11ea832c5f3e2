// The pipeline of attention/expert disaggregation: attention domains and their micro-batches take turns at the experts.
#pragma once

#include <algorithm>

#include "base/units.hpp"

namespace podsim::engine {

// What one micro-batch of one domain takes in a layer, one station after the other.
struct LayerStations {
  Seconds attention;  // on the endpoints of its domain
  Seconds dispatch;   // to the experts,
  Seconds experts;    // on theirs
  Seconds combine;    // and back; these three are used by all domains

  Seconds round() const { return attention + dispatch + experts + combine; }
  Seconds slowest_shared() const { return std::max({dispatch, experts, combine}); }
};

struct Turns {
  double domains = 1;
  double micro_batches = 1;  // of each domain
};

// From one layer to the next in the long run. Every station works on one micro-batch at a time and all pass in the same order, so it is the
// longest of what a domain's attention needs for its m micro-batches, what a shared station needs for those of all D domains, and one
// micro-batch's whole round: max(m * attention, D * m * slowest shared, round). With one domain this is the ping-pong pipeline of
// MegaScale-Infer (arXiv 2504.02263, section 4.1), with several that of xDeepServe (arXiv 2508.02520, section 5.2). m = D = 1: the round.
Seconds layer_period(const LayerStations& stations, const Turns& turns);

// From a domain's first micro-batch entering the first of `layers` layers until its last has left the last one, where domains start one
// after the other, as the slowest shared station lets them through: the first round, a period for each further layer, and what the last
// micro-batch is behind the first.
Seconds layers_time(const LayerStations& stations, const Turns& turns, double layers);

}  // namespace podsim::engine
