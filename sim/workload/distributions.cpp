#include "workload/distributions.hpp"

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/geometric_distribution.hpp>
#include <boost/random/lognormal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

namespace podsim::workload {
namespace {

constexpr double end = static_cast<double>(longest);

std::int64_t read_bound(config::Node& node, const char* key) { return node.get_within<std::int64_t>(key, 1, longest); }

CountDistribution read_uniform(config::Node& node) {
  const std::int64_t low = read_bound(node, "min"), high = read_bound(node, "max");
  if (low > high) node.fail("min", "must not exceed max");
  return [draw = boost::random::uniform_int_distribution<std::int64_t>(low, high)](RandomEngine& random) mutable { return draw(random); };
}

// The number of trials up to the first success.
CountDistribution read_geometric(config::Node& node) {
  const double mean = node.get_within("mean", 1.0, end);
  const auto low = node.get_within<std::int64_t>("min", 1, longest, 1);
  const std::int64_t high = read_bound(node, "max");
  if (static_cast<double>(low) > mean || mean > static_cast<double>(high)) node.fail("mean", "must lie between min and max");
  if (mean == 1) return [](RandomEngine&) { return std::int64_t{1}; };
  return [=, draw = boost::random::geometric_distribution<std::int64_t>(1 / mean)](RandomEngine& random) mutable {
    while (true) {
      const std::int64_t count = 1 + draw(random);
      if (count >= low && count <= high) return count;
    }
  };
}

CountDistribution read_lognormal(config::Node& node) {
  const double median = node.get_within("median", 1.0, end);
  const double sigma = node.get_within("sigma", 0.0, 5.0);
  const std::int64_t low = read_bound(node, "min"), high = read_bound(node, "max");
  if (static_cast<double>(low) > median || median > static_cast<double>(high)) node.fail("median", "must lie between min and max");
  return [=, draw = boost::random::lognormal_distribution<>(std::log(median), sigma)](RandomEngine& random) mutable {
    while (true) {
      const double length = std::round(draw(random));
      if (length >= static_cast<double>(low) && length <= static_cast<double>(high)) return static_cast<std::int64_t>(length);
    }
  };
}

CountDistribution read_fixed(config::Node& node, const char* unit) {
  return [count = read_bound(node, unit)](RandomEngine&) { return count; };
}

}  // namespace

CountDistribution read_counts(config::Node node, const char* unit) {
  const std::size_t kind = node.one_of("distribution", {"fixed", "uniform", "geometric", "lognormal"});
  CountDistribution counts = kind == 0   ? read_fixed(node, unit)
                             : kind == 1 ? read_uniform(node)
                             : kind == 2 ? read_geometric(node)
                                         : read_lognormal(node);
  node.done();
  return counts;
}

TimeDistribution read_times(config::Node node) {
  const std::size_t kind = node.one_of("distribution", {"fixed", "exponential", "lognormal"});
  const char* key = kind == 0 ? "time" : kind == 1 ? "mean" : "median";
  const Seconds time = node.get_within<Seconds>(key, Seconds(kind == 0 ? 0 : 1e-9), Seconds(1e9));
  const double sigma = kind == 2 ? node.get_within("sigma", 0.0, 5.0) : 0;
  node.done();
  if (kind == 0) return [=](RandomEngine&) { return time; };
  if (kind == 1) {
    return [draw = boost::random::exponential_distribution<>(1 / time.value())](RandomEngine& random) mutable {
      return Seconds(draw(random));
    };
  }
  return [draw = boost::random::lognormal_distribution<>(std::log(time.value()), sigma)](RandomEngine& random) mutable {
    return Seconds(draw(random));
  };
}

}  // namespace podsim::workload
