// The process that sends tokens: a queue with one server, whatever the number of steps that are looked at together.
#include "serving/output_stream.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace podsim;
using serving::OutputStream;

namespace {

Seconds ms(double value) { return Seconds(value * 1e-3); }

}  // namespace

TEST_CASE("Tokens that leave faster than they come are late by their own time") {
  OutputStream stream(ms(0.1));
  // 50 tokens take 5 ms of every 20: the mean of them has left after 2.5 ms, in any step.
  CHECK(stream.pass(Seconds(0), ms(20), ms(20), 1, 50).value() == Approx(2.5e-3));
  CHECK(stream.pass(Seconds(0), ms(20), ms(200), 10, 50).value() == Approx(2.5e-3));
}

TEST_CASE("Tokens that come faster pile up by the difference every step, and idle time clears them") {
  OutputStream stream(ms(0.1));
  // 300 tokens take 30 ms, a step 20: after the first 30 ms are left, after ten 30 + 9 * 10.
  CHECK(stream.pass(Seconds(0), ms(20), ms(200), 10, 300).value() == Approx((30 + 90 - 15) * 1e-3));
  CHECK(stream.pass(Seconds(0), ms(20), ms(20), 1, 300).value() == Approx((30 + 100 - 15) * 1e-3));
  // 130 ms are left; 100 ms pass before a step of 20 ms with 10 tokens: 10 of them are still there when it ends.
  CHECK(stream.pass(ms(100), ms(20), ms(20), 1, 10).value() == Approx((10 + 1 - 0.5) * 1e-3));
  CHECK(stream.pass(ms(1000), ms(20), ms(20), 1, 10).value() == Approx(0.5e-3));
}

TEST_CASE("A process without cost sends at once") {
  OutputStream stream{Seconds(0)};
  CHECK(stream.pass(Seconds(0), ms(20), ms(200), 10, 1000) == Seconds(0));
}

TEST_CASE("Steps looked at together leave what they leave one by one, while durations rise evenly") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int trial = 0; trial < 200; ++trial) {
    OutputStream together(ms(0.1)), single(ms(0.1));
    for (int run = 0; run < 5; ++run) {
      const int steps = 1 + static_cast<int>(20 * unit(random));
      const double first = 5 + 20 * unit(random), growth = unit(random), tokens = 300 * unit(random), idle = 10 * unit(random);
      double total = 0;
      Seconds last;
      for (int i = 0; i < steps; ++i) {
        const double duration = first + growth * i;
        last = single.pass(ms(i == 0 ? idle : 0), ms(duration), ms(duration), 1, tokens);
        total += duration;
      }
      CHECK(together.pass(ms(idle), ms(first), ms(total), steps, tokens).value() == Approx(last.value()).margin(1e-12));
    }
  }
}
