#include "workload/synthetic.hpp"

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/lognormal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

namespace podsim::workload {
namespace {
constexpr std::int64_t longest = 100'000'000;
const std::vector<std::string> processes = {"poisson", "gamma", "closed_loop"};
}  // namespace

bool is_closed_loop(config::Node& arrivals) { return arrivals.one_of("process", processes) == 2; }

ClosedLoop read_closed_loop(config::Node arrivals) {
  is_closed_loop(arrivals);
  ClosedLoop loop;
  loop.concurrency = arrivals.get_within("concurrency", 1, 1 << 24);
  loop.think_time = arrivals.get_within<Seconds>("think_time", Seconds(0), Seconds(1e9), Seconds(0));
  arrivals.done();
  return loop;
}

ArrivalProcess read_arrivals(config::Node node) {
  const std::size_t process = node.one_of("process", processes);
  const double rate = node.get_within<Hertz>("rate", Hertz(1e-9), Hertz(1e9)).value();
  const double cv = process == 1 ? node.get_within("cv", 0.01, 100.0) : 1;
  node.done();
  if (process == 0) {
    return [gap = boost::random::exponential_distribution<>(rate)](RandomEngine& random) mutable { return Seconds(gap(random)); };
  }
  const double shape = 1 / (cv * cv);
  return
      [gap = boost::random::gamma_distribution<>(shape, 1 / (rate * shape))](RandomEngine& random) mutable { return Seconds(gap(random)); };
}

LengthDistribution read_lengths(config::Node node) {
  const auto tokens = [&](const char* key) { return node.get_within<std::int64_t>(key, 1, longest); };
  switch (node.one_of("distribution", {"fixed", "uniform", "lognormal"})) {
    case 0: {
      const std::int64_t fixed = tokens("tokens");
      node.done();
      return [=](RandomEngine&) { return fixed; };
    }
    case 1: {
      const std::int64_t low = tokens("min"), high = tokens("max");
      if (low > high) node.fail("min", "must not exceed max");
      node.done();
      return
          [draw = boost::random::uniform_int_distribution<std::int64_t>(low, high)](RandomEngine& random) mutable { return draw(random); };
    }
    default: {
      const double median = node.get_within("median", 1.0, static_cast<double>(longest));
      const double sigma = node.get_within("sigma", 0.0, 5.0);
      const std::int64_t low = tokens("min"), high = tokens("max");
      if (static_cast<double>(low) > median || median > static_cast<double>(high)) node.fail("median", "must lie between min and max");
      node.done();
      return [=, draw = boost::random::lognormal_distribution<>(std::log(median), sigma)](RandomEngine& random) mutable {
        while (true) {
          const auto length = static_cast<std::int64_t>(std::llround(draw(random)));
          if (length >= low && length <= high) return length;
        }
      };
    }
  }
}

}  // namespace podsim::workload
