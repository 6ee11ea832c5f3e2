// A memory that many read at once: its rate is shared max-min fairly, as flows share a link.
#pragma once

#include <memory>
#include <vector>

#include "base/units.hpp"
#include "platform/simulation.hpp"

namespace podsim::platform {

class SharedRate {
 public:
  explicit SharedRate(ByteRate total) : total_(total) {}
  SharedRate(const SharedRate&) = delete;
  SharedRate& operator=(const SharedRate&) = delete;

  // Moves `bytes` at `own` rate or, while others move too, at what is left to it; returns when the last has come. Inside a process only.
  Process<> move(Bytes bytes, ByteRate own);

 private:
  struct Mover {
    Bytes left;
    ByteRate own;
    ByteRate rate;
    bool told;  // of its rate
    Signal changed;
  };

  void settle();
  void divide(const Mover* who);

  ByteRate total_;
  std::vector<Mover*> movers_;
  Seconds settled_;
};

}  // namespace podsim::platform
