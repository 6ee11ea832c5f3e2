// Electrical power of a chip by what it is doing.
#pragma once

#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::hardware {

// Average utilisation of one device over an interval, each in [0, 1] of the data-sheet peak.
struct Utilisation {
  double busy = 0;     // share of the time in which kernels run
  double compute = 0;  // of peak arithmetic
  double memory = 0;   // of peak memory bandwidth
  double link = 0;     // share of the time in which it communicates
};

// Linear in utilisation and capped: idle + active*busy + compute*u + memory*u + link*u, at most `limit`.
struct PowerSpec {
  Watts idle;
  Watts active;   // added while any kernel runs: clocks up, caches and schedulers on
  Watts compute;  // added at full arithmetic rate
  Watts memory;   // added at full memory bandwidth
  Watts link;     // added while communicating
  Watts limit;    // board or package power limit

  Watts at(const Utilisation& use) const;
};

// Reads {idle, active, compute, memory, link, limit}.
PowerSpec read_power(config::Node node);

}  // namespace podsim::hardware
