// Arrival processes and length distributions: means, spreads and bounds of many draws, each with a fixed seed.
#include "workload/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/files.hpp"

using namespace podsim;

namespace {

constexpr int draws = 100000;

std::vector<double> gaps_of(const std::string& yaml_text, std::uint64_t seed) {
  test::Yaml yaml(yaml_text);
  auto next = workload::read_arrivals(yaml.root());
  RandomEngine random = random_stream(seed, "gaps");
  std::vector<double> gaps(draws);
  std::generate(gaps.begin(), gaps.end(), [&] { return next(random).value(); });
  return gaps;
}

std::vector<double> lengths_of(const std::string& yaml_text, std::uint64_t seed = 1) {
  test::Yaml yaml(yaml_text);
  auto next = workload::read_lengths(yaml.root());
  RandomEngine random = random_stream(seed, "lengths");
  std::vector<double> lengths(draws);
  std::generate(lengths.begin(), lengths.end(), [&] { return static_cast<double>(next(random)); });
  return lengths;
}

double mean_of(const std::vector<double>& sample) {
  return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double deviation_of(const std::vector<double>& sample) {
  const double mean = mean_of(sample);
  double squares = 0;
  for (const double x : sample) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(sample.size()));
}

// Four standard errors of the mean of `draws` numbers.
double tolerance(double deviation) { return 4 * deviation / std::sqrt(draws); }

std::string arrivals_error(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { workload::read_arrivals(node); });
}

std::string lengths_error(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { workload::read_lengths(node); });
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

TEST_CASE("Poisson arrivals have the asked rate, and as many gaps beyond the mean as an exponential has") {
  const auto gaps = gaps_of("{process: poisson, rate: 30 /min}", 3);
  CHECK(mean_of(gaps) == Approx(2).margin(tolerance(2)));
  CHECK(deviation_of(gaps) / mean_of(gaps) == Approx(1).epsilon(0.02));
  const auto beyond = std::count_if(gaps.begin(), gaps.end(), [](double gap) { return gap > 2; });
  const double share = 1 / std::exp(1);
  CHECK(static_cast<double>(beyond) / draws == Approx(share).margin(tolerance(std::sqrt(share * (1 - share)))));
}

TEST_CASE("A fixed length is always the same") {
  const auto lengths = lengths_of("{distribution: fixed, tokens: 777}");
  CHECK(std::all_of(lengths.begin(), lengths.end(), [](double length) { return length == 777; }));
}

TEST_CASE("Uniform lengths are even from min to max, both included") {
  const auto lengths = lengths_of("{distribution: uniform, min: 3, max: 8}");
  for (int value = 3; value <= 8; ++value) {
    const auto count = std::count(lengths.begin(), lengths.end(), static_cast<double>(value));
    CHECK(static_cast<double>(count) / draws == Approx(1.0 / 6).margin(tolerance(std::sqrt(1.0 / 6 * 5 / 6))));
  }
  CHECK(*std::min_element(lengths.begin(), lengths.end()) == 3);
  CHECK(*std::max_element(lengths.begin(), lengths.end()) == 8);
}

TEST_CASE("Lognormal lengths have the asked median, and their logarithm the asked sigma") {
  auto lengths = lengths_of("{distribution: lognormal, median: 1000, sigma: 0.5, min: 1, max: 1000000}");
  std::vector<double> logs;
  for (const double length : lengths) logs.push_back(std::log(length));
  CHECK(mean_of(logs) == Approx(std::log(1000)).margin(tolerance(0.5)));
  CHECK(deviation_of(logs) == Approx(0.5).epsilon(4 / std::sqrt(2.0 * draws)));
  std::nth_element(lengths.begin(), lengths.begin() + draws / 2, lengths.end());
  CHECK(lengths[draws / 2] == Approx(1000).epsilon(4 * 0.5 * std::sqrt(std::acos(-1.0) / 2 / draws)));
}

TEST_CASE("Lognormal lengths stay within their bounds, and are drawn again rather than cut off") {
  const auto lengths = lengths_of("{distribution: lognormal, median: 100, sigma: 1.5, min: 90, max: 120}");
  const auto [least, most] = std::minmax_element(lengths.begin(), lengths.end());
  CHECK(*least == 90);
  CHECK(*most == 120);
  // Nearly flat over so narrow a range: 31 values share the draws, and the bounds get no heap of what lay beyond.
  CHECK(static_cast<double>(std::count(lengths.begin(), lengths.end(), 90.0)) < 1.5 * draws / 31);
  CHECK(static_cast<double>(std::count(lengths.begin(), lengths.end(), 120.0)) < 1.5 * draws / 31);
}

TEST_CASE("What is no arrival process is refused with file, line and key") {
  CHECK(arrivals_error("process: bursty\nrate: 1 /s\n") == "test.yaml:1: process: \"bursty\" is not one of poisson, gamma, closed_loop");
  CHECK(arrivals_error("process: poisson\nrate: 1\n") == "test.yaml:2: rate: \"1\" is not a number with a unit (/s, /min, /h)");
  CHECK(arrivals_error("process: poisson\nrate: 0 /s\n").starts_with("test.yaml:2: rate: must lie between "));
  CHECK(arrivals_error("process: gamma\nrate: 1 /s\n") == "test.yaml:1: the key \"cv\" is missing");
  CHECK(arrivals_error("process: gamma\nrate: 1 /s\ncv: 0\n") == "test.yaml:3: cv: must lie between 0.01 and 100, not 0");
}

TEST_CASE("What is no length distribution is refused with file, line and key") {
  CHECK(lengths_error("distribution: normal\n") == "test.yaml:1: distribution: \"normal\" is not one of fixed, uniform, lognormal");
  CHECK(lengths_error("distribution: fixed\ntokens: 0\n") == "test.yaml:2: tokens: must lie between 1 and 100000000, not 0");
  CHECK(lengths_error("distribution: uniform\nmin: 9\nmax: 8\n") == "test.yaml:2: min: must not exceed max");
  CHECK(lengths_error("distribution: lognormal\nmedian: 5\nsigma: 1\nmin: 6\nmax: 8\n") ==
        "test.yaml:2: median: must lie between min and max");
  CHECK(lengths_error("distribution: lognormal\nmedian: 9\nsigma: 1\nmin: 6\nmax: 8\n") ==
        "test.yaml:2: median: must lie between min and max");
  CHECK(lengths_error("distribution: fixed\ntokens: 5\nmin: 1\n") ==
        "test.yaml:3: min: unknown key \"min\" (allowed: distribution, tokens)");
}
