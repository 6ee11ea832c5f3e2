#include "serving/output_stream.hpp"

#include <algorithm>

namespace podsim::serving {

Seconds OutputStream::pass(Seconds idle, Seconds first, Seconds total, std::int64_t steps, double tokens) {
  const Seconds work = each_ * tokens;
  const Seconds left = std::max(Seconds(0), backlog_ - idle);
  // The process has never been idle since the last step's end, the first's or the run's begin: as durations rise, no other moment leaves
  // more.
  const auto count = static_cast<double>(steps);
  const Seconds since_first = work * count - (total - first);
  const Seconds since_begin = left + work * count - total;
  backlog_ = std::max({work, since_first, since_begin});
  return backlog_ - work / 2;
}

}  // namespace podsim::serving
