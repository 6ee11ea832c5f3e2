// Flows that share links max-min fairly: SimGrid's fluid network model.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/units.hpp"

namespace podsim::platform {

class FlowSolver {
 public:
  virtual ~FlowSolver() = default;

  // Links and flows are numbered from 0 on; a flow's number is free again when take_ended() has told it.
  virtual std::size_t add_link(ByteRate bandwidth) = 0;
  // Flows under way feel it too.
  virtual void set_bandwidth(std::size_t link, ByteRate bandwidth, Seconds now) = 0;
  // Bytes are rounded to whole ones. The times of calls never fall, and none is after next_end().
  virtual std::size_t start(std::span<const std::size_t> links, Bytes bytes, Seconds now) = 0;
  // When the next flow ends if nothing changes before; infinite when none is under way.
  virtual Seconds next_end() = 0;
  // Those that end by next_end().
  virtual std::vector<std::size_t> take_ended() = 0;
};

// SimGrid, from a module that is loaded now: it and what it is linked with take longer to load than many a run takes. One in a process:
// SimGrid cannot be started twice. Throws RunError when there is no module beside the program.
std::unique_ptr<FlowSolver> make_flow_solver();
// Loads the module and no more, so that processes that fork from this one need not.
void load_flow_solver();

}  // namespace podsim::platform
