// Which part of a run is measured: fixed times, or what is left when warm-up and cool-down are cut off.
#pragma once

#include <cstdint>
#include <optional>

#include "metrics/run_log.hpp"
#include "metrics/window.hpp"

namespace podsim::metrics {

// A piece at the start or end of a run.
struct Cut {
  enum class Unit {
    seconds,
    share,    // of the time until the last arrival; of a batch, of the run
    requests  // until so many have finished, or before so many are left to finish
  };
  Unit unit = Unit::seconds;
  double amount = 0;
};

struct Measure {
  Window times;                  // where nothing is cut
  std::optional<Cut> warm_up;    // from the start of the run
  std::optional<Cut> cool_down;  // before the last arrival; what comes after that is left out, too (of a batch: before the end)
};

Window window_of(const Measure& measure, const RunLog& log);

}  // namespace podsim::metrics
