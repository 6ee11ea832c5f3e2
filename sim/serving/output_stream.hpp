// The process that turns tokens into text and sends it to clients: one token after the other, beside the scheduler.
#pragma once

#include <cstdint>

#include "base/units.hpp"

namespace podsim::serving {

// A queue with one server: what the steps emit waits for it (Lindley's recursion), and never holds the steps up.
class OutputStream {
 public:
  // `each`: time of a token.
  explicit OutputStream(Seconds each) : each_(each) {}

  // `steps` steps of `tokens` tokens each that begin `idle` after the last ones ended and take `total`, the first of them `first`;
  // durations are even or rise. Returns how long after the end of the last step the mean of its tokens has been sent.
  Seconds pass(Seconds idle, Seconds first, Seconds total, std::int64_t steps, double tokens);

 private:
  Seconds each_;
  Seconds backlog_;  // work that was left when the last step ended
};

}  // namespace podsim::serving
