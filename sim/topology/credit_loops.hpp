// Whether the routes of a plane can block each other for ever where switches wait for room downstream instead of dropping.
#pragma once

#include <vector>

#include "topology/router.hpp"

namespace podsim::topology {

// Dally and Seitz, "Deadlock-Free Message Routing in Multiprocessor Interconnection Networks", IEEE Trans. Computers 36 (1987): routes are
// free of deadlock when no circle of channels exists in which a route that holds one may want the next. A channel is a link and a virtual
// channel on it. A packet takes a virtual channel of its own
//   - beyond the dateline of a ring, until it leaves the dimension (a torus in dimension order: 2),
//   - on a link of a level, for each set of higher levels that it has crossed since (a dragonfly of two levels: 2),
//   - in the second leg of Valiant's detour.
// The endpoint that forwards for PXN stores first, so its two legs are apart.
struct CreditLoops {
  int virtual_channels = 1;  // that a link needs
  std::vector<LinkId> loop;  // links of one circle; empty: free of deadlock
};

// Follows all equal paths of all pairs: time and memory grow with the square of the vertices of the plane.
CreditLoops find_credit_loops(Router& router, int plane);

}  // namespace podsim::topology
