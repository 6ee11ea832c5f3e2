#include "metrics/verdict.hpp"

#include <algorithm>

#include "metrics/drift.hpp"
#include "metrics/population.hpp"

namespace podsim::metrics {
namespace {

constexpr int parts = 20;               // of half the arrivals
constexpr std::int64_t fewest = 100;    // arrivals that say something
constexpr double least_growth = 0.01;   // requests an arrival
constexpr double large_backlog = 0.05;  // of all arrivals, waiting at once

struct Arrivals {
  Seconds first, last;
  std::int64_t count = 0;

  explicit Arrivals(const RunLog& log) : first(log.end) {
    for (const RequestRecord& request : log.requests) {
      if (!arrived(request, log)) continue;
      ++count;
      first = std::min(first, request.arrival);
      last = std::max(last, request.arrival);
    }
  }
};

std::vector<Seconds> even_times(Seconds from, Seconds to, int intervals) {
  std::vector<Seconds> times;
  for (int i = 0; i <= intervals; ++i) times.push_back(from + (to - from) * (static_cast<double>(i) / intervals));
  return times;
}

// Requests an arrival.
double growth_of(const std::vector<std::int64_t>& numbers, std::int64_t arrivals) {
  return static_cast<double>(numbers.back() - numbers.front()) / static_cast<double>(std::max<std::int64_t>(1, arrivals));
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::stable: return "STABLE";
    case Verdict::backlogged: return "BACKLOGGED";
    case Verdict::overloaded: return "OVERLOADED";
    case Verdict::not_applicable: break;
  }
  return "n/a";
}

Pace pace_of(const RunLog& log) {
  const Arrivals arrivals(log);
  if (!log.open_loop || arrivals.count < fewest || arrivals.last <= arrivals.first) return {};
  const Seconds half = (arrivals.first + arrivals.last) / 2;
  const auto late =
      std::count_if(log.requests.begin(), log.requests.end(), [&](const RequestRecord& r) { return arrived(r, log) && r.arrival > half; });
  const std::vector<Seconds> times = even_times(half, arrivals.last, parts);
  const auto grows = [&](const std::vector<std::int64_t>& numbers) {
    return has_grown(numbers) && growth_of(numbers, late) >= least_growth;
  };
  const auto queue = waiting(log, times);
  const auto backlog = waiting(log, even_times(arrivals.first, arrivals.last, 2 * parts));
  const auto largest = static_cast<double>(*std::max_element(backlog.begin(), backlog.end()));
  Pace pace{Verdict::stable, growth_of(queue, late)};
  if (grows(queue)) pace.verdict = Verdict::overloaded;
  else if (grows(in_system(log, times)) || largest > large_backlog * static_cast<double>(arrivals.count))
    pace.verdict = Verdict::backlogged;
  return pace;
}

}  // namespace podsim::metrics
