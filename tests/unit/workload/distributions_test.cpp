// Distributions of lengths, counts and times: means, spreads and bounds of many draws, each with a fixed seed.
#include "workload/distributions.hpp"

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

std::vector<double> lengths_of(const std::string& yaml_text, std::uint64_t seed = 1) {
  test::Yaml yaml(yaml_text);
  auto next = workload::read_counts(yaml.root(), "tokens");
  RandomEngine random = random_stream(seed, "lengths");
  std::vector<double> lengths(draws);
  std::generate(lengths.begin(), lengths.end(), [&] { return static_cast<double>(next(random)); });
  return lengths;
}

std::vector<double> times_of(const std::string& yaml_text) {
  test::Yaml yaml(yaml_text);
  auto next = workload::read_times(yaml.root());
  RandomEngine random = random_stream(1, "times");
  std::vector<double> times(draws);
  std::generate(times.begin(), times.end(), [&] { return next(random).value(); });
  return times;
}

std::string lengths_error(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { workload::read_counts(node, "tokens"); });
}

}  // namespace

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

TEST_CASE("Geometric counts have the asked mean and the spread that goes with it, from 1 on") {
  const double mean = 3.5;
  const auto counts = lengths_of("{distribution: geometric, mean: 3.5, max: 1000000}");
  CHECK(mean_of(counts) == Approx(mean).margin(tolerance(std::sqrt(mean * (mean - 1)))));
  CHECK(deviation_of(counts) == Approx(std::sqrt(mean * (mean - 1))).epsilon(0.03));
  CHECK(*std::min_element(counts.begin(), counts.end()) == 1);
  const double once = 1 / mean;
  const auto ones = static_cast<double>(std::count(counts.begin(), counts.end(), 1.0));
  CHECK(ones / draws == Approx(once).margin(tolerance(std::sqrt(once * (1 - once)))));
  const auto single = lengths_of("{distribution: geometric, mean: 1, max: 5}");
  CHECK(*std::max_element(single.begin(), single.end()) == 1);
}

TEST_CASE("Times are fixed, exponential or lognormal") {
  const auto fixed = times_of("{distribution: fixed, time: 250 ms}");
  CHECK(std::all_of(fixed.begin(), fixed.end(), [](double time) { return time == Approx(0.25); }));
  const auto exponential = times_of("{distribution: exponential, mean: 2 min}");
  CHECK(mean_of(exponential) == Approx(120).margin(tolerance(120)));
  CHECK(deviation_of(exponential) / mean_of(exponential) == Approx(1).epsilon(0.02));
  std::vector<double> logs;
  for (const double time : times_of("{distribution: lognormal, median: 10 s, sigma: 0.7}")) logs.push_back(std::log(time));
  CHECK(mean_of(logs) == Approx(std::log(10)).margin(tolerance(0.7)));
  CHECK(deviation_of(logs) == Approx(0.7).epsilon(0.02));
}

TEST_CASE("What is no length distribution is refused with file, line and key") {
  CHECK(lengths_error("distribution: normal\n") ==
        "test.yaml:1: distribution: \"normal\" is not one of fixed, uniform, geometric, lognormal");
  CHECK(lengths_error("distribution: fixed\ntokens: 0\n") == "test.yaml:2: tokens: must lie between 1 and 100000000, not 0");
  CHECK(lengths_error("distribution: uniform\nmin: 9\nmax: 8\n") == "test.yaml:2: min: must not exceed max");
  CHECK(lengths_error("distribution: lognormal\nmedian: 5\nsigma: 1\nmin: 6\nmax: 8\n") ==
        "test.yaml:2: median: must lie between min and max");
  CHECK(lengths_error("distribution: lognormal\nmedian: 9\nsigma: 1\nmin: 6\nmax: 8\n") ==
        "test.yaml:2: median: must lie between min and max");
  CHECK(lengths_error("distribution: geometric\nmean: 9\nmax: 8\n") == "test.yaml:2: mean: must lie between min and max");
  CHECK(lengths_error("distribution: fixed\ntokens: 5\nmin: 1\n") ==
        "test.yaml:3: min: unknown key \"min\" (allowed: distribution, tokens)");
}
