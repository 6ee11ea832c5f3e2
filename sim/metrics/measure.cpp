#include "metrics/measure.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "metrics/population.hpp"

namespace podsim::metrics {
namespace {

Seconds last_arrival(const RunLog& log) {
  Seconds last;
  for (const RequestRecord& request : log.requests) {
    if (arrived(request, log)) last = std::max(last, request.arrival);
  }
  return last > Seconds(0) ? last : log.end;
}

std::vector<Seconds> finishes_of(const RunLog& log) {
  std::vector<Seconds> finishes;
  for (const RequestRecord& request : log.requests) {
    if (request.outcome == Outcome::finished) finishes.push_back(request.finished);
  }
  std::sort(finishes.begin(), finishes.end());
  return finishes;
}

// A window has its ends; the n-th request is not to be in it.
Seconds just_after(Seconds time) { return Seconds(std::nextafter(time.value(), std::numeric_limits<double>::infinity())); }

Seconds after_warm_up(const Cut& cut, const RunLog& log) {
  if (cut.unit == Cut::Unit::seconds) return Seconds(cut.amount);
  if (cut.unit == Cut::Unit::share) return last_arrival(log) * cut.amount;
  const auto finishes = finishes_of(log);
  const auto left_out = static_cast<std::size_t>(cut.amount);
  if (left_out == 0) return Seconds(0);
  return left_out <= finishes.size() ? just_after(finishes[left_out - 1]) : log.end;
}

Seconds before_cool_down(const Cut& cut, const RunLog& log) {
  if (cut.unit == Cut::Unit::seconds) return last_arrival(log) - Seconds(cut.amount);
  if (cut.unit == Cut::Unit::share) return last_arrival(log) * (1 - cut.amount);
  const auto finishes = finishes_of(log);
  const auto left_out = static_cast<std::size_t>(cut.amount);
  return left_out < finishes.size() ? finishes[finishes.size() - 1 - left_out] : Seconds(0);
}

}  // namespace

Window window_of(const Measure& measure, const RunLog& log) {
  Window window = measure.times;
  if (measure.warm_up) window.from = after_warm_up(*measure.warm_up, log);
  if (measure.cool_down) window.to = std::max(Seconds(0), before_cool_down(*measure.cool_down, log));
  return window;
}

}  // namespace podsim::metrics
