#include "metrics/population.hpp"

#include <algorithm>
#include <numeric>

namespace podsim::metrics {
namespace {

// Counts stays [from, to) at given times.
class Census {
 public:
  explicit Census(const std::vector<Seconds>& times) : times_(times), changes_(times.size() + 1) {}

  void add(Seconds from, Seconds to) {
    if (to <= from) return;
    ++changes_[first_at_or_after(from)];
    --changes_[first_at_or_after(to)];
  }

  std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> numbers(times_.size());
    std::partial_sum(changes_.begin(), changes_.end() - 1, numbers.begin());
    return numbers;
  }

 private:
  std::size_t first_at_or_after(Seconds time) const {
    return static_cast<std::size_t>(std::lower_bound(times_.begin(), times_.end(), time) - times_.begin());
  }

  const std::vector<Seconds>& times_;
  std::vector<std::int64_t> changes_;
};

Seconds or_end(Seconds time, const RunLog& log) { return time >= Seconds(0) ? time : log.end; }

bool stays(const RequestRecord& request, const RunLog& log) { return arrived(request, log) && request.outcome != Outcome::rejected; }

}  // namespace

bool arrived(const RequestRecord& request, const RunLog& log) { return request.arrival >= Seconds(0) && request.arrival <= log.end; }

std::vector<std::int64_t> in_system(const RunLog& log, const std::vector<Seconds>& times) {
  Census census(times);
  for (const RequestRecord& request : log.requests) {
    if (stays(request, log)) census.add(request.arrival, or_end(request.finished, log));
  }
  return census.numbers();
}

std::vector<std::int64_t> waiting(const RunLog& log, const std::vector<Seconds>& times) {
  Census census(times);
  for (const RequestRecord& request : log.requests) {
    if (!stays(request, log)) continue;
    census.add(request.arrival, or_end(request.admitted, log));
    if (request.first_token < Seconds(0)) continue;
    const bool single_token = request.outcome == Outcome::finished && request.decode_ready < Seconds(0);
    if (!single_token) census.add(request.first_token, or_end(request.decode_ready, log));
  }
  return census.numbers();
}

double mean_in_system(const RunLog& log, const Window& window) {
  Seconds together;
  for (const RequestRecord& request : log.requests) {
    if (!stays(request, log)) continue;
    const Seconds from = std::max(request.arrival, window.from), to = std::min(or_end(request.finished, log), window.to);
    together += std::max(Seconds(0), to - from);
  }
  return window.to > window.from ? together / (window.to - window.from) : 0;
}

}  // namespace podsim::metrics
