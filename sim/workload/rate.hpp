// How many arrivals are expected over time: one rate, or rates that change at given times.
#pragma once

#include <vector>

#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::workload {

class Rate {
 public:
  // From the end of the piece before (or 0) until `until`.
  struct Piece {
    Seconds until;
    double per_second = 0;  // at least 0; above 0 in one piece
  };

  // One rate for ever.
  explicit Rate(double per_second);
  // Pieces in order of time. Where the last has an end they begin again there; else its `until` is infinite.
  explicit Rate(std::vector<Piece> pieces);

  // The time by which `expected` more arrivals are expected after `now`; with 0 the first time from `now` on with a rate above 0.
  Seconds after(Seconds now, double expected) const;
  // The share of the rate that one client of several has.
  Rate scaled(double share) const;

 private:
  std::vector<Piece> pieces_;
  double per_cycle_ = 0;  // arrivals expected from the first piece to the last; infinite where the last never ends
};

// `rate: 5 /s`, or `rate: [{until: 60 s, rate: 5 /s}, ..., {rate: 20 /s}]`: the last rate holds for ever, or, with an `until`, the list
// begins again (a day that repeats). A rate of 0 is a pause.
Rate read_rate(config::Node& node);

}  // namespace podsim::workload
