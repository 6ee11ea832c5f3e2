// Arrival processes: means and spreads of many gaps, each with a fixed seed.
#include "workload/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "support/files.hpp"
#include "support/samples.hpp"

using namespace podsim;
using test::deviation_of;
using test::draws;
using test::mean_of;
using test::tolerance;

namespace {

// Gaps in seconds, of a process with its rate.
std::vector<double> gaps_of(const std::string& yaml_text, std::uint64_t seed) {
  test::Yaml yaml(yaml_text);
  config::Node node = yaml.root();
  const workload::Gaps gap = workload::read_gaps(node);
  const workload::Rate rate = workload::read_rate(node);
  node.done();
  RandomEngine random = random_stream(seed, "gaps");
  std::vector<double> gaps(draws);
  Seconds now;
  for (double& g : gaps) {
    const Seconds next = rate.after(now, gap(random));
    g = (next - now).value();
    now = next;
  }
  return gaps;
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) {
    workload::read_gaps(node);
    workload::read_rate(node);
    node.done();
  });
}

}  // namespace

TEST_CASE("Gamma arrivals have the asked rate and coefficient of variation") {
  const double cv = GENERATE(0.3, 1.0, 2.0, 3.03);
  const std::uint64_t seed = GENERATE(1, 2);
  const auto gaps = gaps_of(fmt::format("{{process: gamma, rate: 5 /s, cv: {}}}", cv), seed);
  CHECK(mean_of(gaps) == Approx(0.2).margin(tolerance(0.2 * cv)));
  CHECK(deviation_of(gaps) / mean_of(gaps) == Approx(cv).epsilon(0.05));  // 4 standard errors at cv 3.03
  CHECK(*std::min_element(gaps.begin(), gaps.end()) >= 0);
}

TEST_CASE("Weibull arrivals have the asked rate, and the spread of their shape") {
  const double shape = GENERATE(0.7, 1.0, 2.0);
  const auto gaps = gaps_of(fmt::format("{{process: weibull, rate: 4 /s, shape: {}}}", shape), 5);
  const double first = std::tgamma(1 + 1 / shape), second = std::tgamma(1 + 2 / shape);
  const double cv = std::sqrt(second / (first * first) - 1);
  CHECK(mean_of(gaps) == Approx(0.25).margin(tolerance(0.25 * cv)));
  CHECK(deviation_of(gaps) / mean_of(gaps) == Approx(cv).epsilon(0.03));
}

TEST_CASE("Poisson arrivals have the asked rate, and as many gaps beyond the mean as an exponential has") {
  const auto gaps = gaps_of("{process: poisson, rate: 30 /min}", 3);
  CHECK(mean_of(gaps) == Approx(2).margin(tolerance(2)));
  CHECK(deviation_of(gaps) / mean_of(gaps) == Approx(1).epsilon(0.02));
  const auto beyond = std::count_if(gaps.begin(), gaps.end(), [](double gap) { return gap > 2; });
  const double share = 1 / std::exp(1);
  CHECK(static_cast<double>(beyond) / draws == Approx(share).margin(tolerance(std::sqrt(share * (1 - share)))));
}

TEST_CASE("Constant arrivals come at even distances, a batch all at once") {
  const auto gaps = gaps_of("{process: constant, rate: 8 /s}", 1);
  CHECK(std::all_of(gaps.begin(), gaps.end(), [](double gap) { return gap == Approx(0.125); }));
  test::Yaml yaml("process: batch\n");
  config::Node node = yaml.root();
  CHECK(workload::is_batch(node));
  RandomEngine random = random_stream(1, "gaps");
  CHECK(workload::read_gaps(node)(random) == 0);
}

TEST_CASE("What is no arrival process is refused with file, line and key") {
  const std::string rate = "rate: 1 /s\n";
  CHECK(complaint("process: bursty\n" + rate) ==
        "test.yaml:1: process: \"bursty\" is not one of constant, poisson, gamma, weibull, batch, closed_loop");
  CHECK(complaint("process: poisson\nrate: 1\n") == "test.yaml:2: rate: \"1\" is not a number with a unit (/s, /min, /h)");
  CHECK(complaint("process: poisson\nrate: 0 /s\n").starts_with("test.yaml:2: rate: must lie between "));
  CHECK(complaint("process: gamma\n" + rate) == "test.yaml:1: the key \"cv\" is missing");
  CHECK(complaint("process: gamma\ncv: 0\n" + rate) == "test.yaml:2: cv: must lie between 0.01 and 100, not 0");
  CHECK(complaint("process: weibull\nshape: 0\n" + rate) == "test.yaml:2: shape: must lie between 0.1 and 100, not 0");
  CHECK(complaint("process: poisson\ncv: 2\n" + rate).starts_with("test.yaml:2: cv: unknown key"));
}
