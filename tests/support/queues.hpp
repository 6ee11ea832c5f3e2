// Records of single-server queues, worked out by the Lindley recursion: what a run of such a system would leave.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/random.hpp"
#include "metrics/run_log.hpp"

namespace test {

// `count` requests by a Poisson process of 1 a second; request i is served first come, first served in service(i) seconds, of
// which the first hundredth brings the first token.
inline podsim::metrics::RunLog single_server(int count, std::uint64_t seed, const std::function<double(int)>& service) {
  podsim::RandomEngine random = podsim::random_stream(seed, "queue");
  podsim::metrics::RunLog log;
  double now = 0, free = 0;
  for (int i = 0; i < count; ++i) {
    const double start = std::max(now, free);
    free = start + service(i);
    podsim::metrics::RequestRecord record;
    record.outcome = podsim::metrics::Outcome::finished;
    record.input = record.output = 10;
    record.arrival = podsim::Seconds(now);
    record.admitted = podsim::Seconds(start);
    record.first_token = record.decode_ready = podsim::Seconds(start + service(i) / 100);
    record.finished = podsim::Seconds(free);
    log.requests.push_back(record);
    log.end = std::max(log.end, record.finished);
    now -= std::log((static_cast<double>(random() >> 11) + 1) / 9007199254740993.0);
  }
  return log;
}

// The same with `load` as the constant service time: M/D/1.
inline podsim::metrics::RunLog m_d_1(int count, std::uint64_t seed, double load) {
  return single_server(count, seed, [=](int) { return load; });
}

}  // namespace test
