// Rates that change over time: when the next arrival is expected, by integrals worked out by hand.
#include "workload/rate.hpp"

#include "support/files.hpp"

using namespace podsim;
using workload::Rate;

namespace {

Rate read(const std::string& text) {
  test::Yaml yaml(text);
  config::Node node = yaml.root();
  return workload::read_rate(node);
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { workload::read_rate(node); });
}

double after(const Rate& rate, double now, double expected) { return rate.after(Seconds(now), expected).value(); }

}  // namespace

TEST_CASE("At one rate, time is arrivals over rate") {
  const Rate rate = read("rate: 4 /s\n");
  CHECK(after(rate, 0, 0) == 0);
  CHECK(after(rate, 10, 3) == Approx(10.75));
  CHECK(after(rate, 1e6, 1) == Approx(1e6 + 0.25));
}

TEST_CASE("Pieces are passed one after the other, and the last holds for ever") {
  const Rate rate = read("rate: [{until: 10 s, rate: 1 /s}, {until: 20 s, rate: 5 /s}, {rate: 2 /s}]\n");
  CHECK(after(rate, 0, 4) == Approx(4));
  CHECK(after(rate, 4, 6 + 25) == Approx(15));        // 6 until 10 s, 25 at 5 /s
  CHECK(after(rate, 0, 10 + 50 + 20) == Approx(30));  // through all pieces
  CHECK(after(rate, 100, 2) == Approx(101));
}

TEST_CASE("A list whose last piece ends begins again") {
  // 10 + 50 arrivals in a cycle of 20 s.
  const Rate rate = read("rate: [{until: 10 s, rate: 1 /s}, {until: 20 s, rate: 5 /s}]\n");
  CHECK(after(rate, 0, 60 + 3) == Approx(20 + 3));
  CHECK(after(rate, 45, 0.5) == Approx(45.5));
  CHECK(after(rate, 55, 25 + 7) == Approx(67));  // to the end of the third cycle, then 7 in the fourth
  CHECK(after(rate, 0, 100 * 60 + 10 + 5) == Approx(100 * 20 + 10 + 1));
}

TEST_CASE("Nothing arrives in a pause") {
  const Rate rate = read("rate: [{until: 5 s, rate: 0 /s}, {until: 10 s, rate: 2 /s}]\n");
  CHECK(after(rate, 0, 0) == 5);
  CHECK(after(rate, 0, 4) == Approx(7));
  CHECK(after(rate, 9, 4) == Approx(16));  // 2 until 10 s, a pause until 15 s, 2 more
}

TEST_CASE("A share of a rate takes so much longer for as many") {
  const Rate rate = read("rate: [{until: 10 s, rate: 1 /s}, {until: 20 s, rate: 5 /s}]\n");
  for (const double expected : {0.3, 11.0, 64.0, 1000.0})
    CHECK(after(rate.scaled(0.25), 3, expected / 4) == Approx(after(rate, 3, expected)));
}

TEST_CASE("Rates that lead nowhere are refused with file, line and key") {
  CHECK(complaint("rate: [{until: 5 s, rate: 1 /s}, {until: 5 s, rate: 2 /s}]\n") ==
        "test.yaml:1: rate.1.until: must come after the start of its piece");
  CHECK(complaint("rate: [{rate: 1 /s}, {rate: 2 /s}]\n") == "test.yaml:1: rate.0: the key \"until\" is missing");
  CHECK(complaint("rate: [{until: 5 s, rate: 1 /s}, {rate: 0 /s}]\n") ==
        "test.yaml:1: rate.1.rate: must be above 0 in a piece that never ends");
  CHECK(complaint("rate: [{until: 5 s, rate: 0 /s}]\n") == "test.yaml:1: rate: needs a piece with a rate of at least 1e-09 /s");
  CHECK(complaint("rate: []\n") == "test.yaml:1: rate: needs a piece with a rate of at least 1e-09 /s");
  CHECK(complaint("rate: [{until: 5 s, rate: -1 /s}]\n").starts_with("test.yaml:1: rate.0.rate: must lie between 0 /s and"));
}
