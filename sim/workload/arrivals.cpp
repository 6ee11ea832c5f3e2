#include "workload/arrivals.hpp"

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/weibull_distribution.hpp>
#include <cmath>

namespace podsim::workload {
namespace {

enum Process : std::size_t { constant, poisson, gamma, weibull, batch, closed_loop };

Process process_of(config::Node& arrivals) {
  return static_cast<Process>(arrivals.one_of("process", {"constant", "poisson", "gamma", "weibull", "batch", "closed_loop"}));
}

Gaps gamma_gaps(double cv) {
  const double shape = 1 / (cv * cv);
  return [gap = boost::random::gamma_distribution<>(shape, 1 / shape)](RandomEngine& random) mutable { return gap(random); };
}

// The mean of a Weibull distribution of scale 1 is Gamma(1 + 1 / shape).
Gaps weibull_gaps(double shape) {
  return [gap = boost::random::weibull_distribution<>(shape, 1 / std::tgamma(1 + 1 / shape))](RandomEngine& random) mutable {
    return gap(random);
  };
}

}  // namespace

Gaps read_gaps(config::Node& arrivals) {
  switch (process_of(arrivals)) {
    case constant: return [](RandomEngine&) { return 1.0; };
    case poisson: return [gap = boost::random::exponential_distribution<>(1)](RandomEngine& random) mutable { return gap(random); };
    case gamma: return gamma_gaps(arrivals.get_within("cv", 0.01, 100.0));
    case weibull: return weibull_gaps(arrivals.get_within("shape", 0.1, 100.0));
    case batch: return [](RandomEngine&) { return 0.0; };
    case closed_loop: arrivals.fail("process", "a closed loop has one kind of client, and no sessions");
  }
  return {};
}

bool is_batch(config::Node& arrivals) { return process_of(arrivals) == batch; }

bool is_closed_loop(config::Node& arrivals) { return process_of(arrivals) == closed_loop; }

ClosedLoop read_closed_loop(config::Node arrivals) {
  is_closed_loop(arrivals);
  ClosedLoop loop;
  loop.concurrency = arrivals.get_within("concurrency", 1, 1 << 24);
  loop.think_time = arrivals.get_within<Seconds>("think_time", Seconds(0), Seconds(1e9), Seconds(0));
  arrivals.done();
  return loop;
}

}  // namespace podsim::workload
