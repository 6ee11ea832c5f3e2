#include "platform/simulation.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "base/error.hpp"

using namespace podsim;
using platform::Process;
using platform::Signal;
using platform::Simulation;

TEST_CASE("Processes take turns in the order of time, and of asking where times are equal") {
  Simulation simulation;
  std::string order;
  const auto sleeper = [&order](char name, double until) -> Process<> {
    co_await Simulation::sleep_until(Seconds(until));
    order += name;
  };
  simulation.spawn([&] { return sleeper('c', 2); });
  simulation.spawn([&] { return sleeper('a', 1); });
  simulation.spawn([&] { return sleeper('b', 1); });
  simulation.run();
  CHECK(order == "abc");
  CHECK(Simulation::now() == Seconds(2));
}

TEST_CASE("A time that has passed is not waited for") {
  Simulation simulation;
  simulation.spawn([]() -> Process<> {
    co_await Simulation::sleep_until(Seconds(3));
    co_await Simulation::sleep_until(Seconds(1));
    CHECK(Simulation::now() == Seconds(3));
  });
  simulation.run();
}

TEST_CASE("A signal wakes who waits, is kept for who comes later, and gives way to a deadline") {
  Simulation simulation;
  Signal signal;
  std::vector<std::pair<double, bool>> woken;
  simulation.spawn([&]() -> Process<> {
    for (int i = 0; i < 4; ++i) {
      const bool notified = co_await signal.wait_until(Seconds(10));
      woken.emplace_back(Simulation::now().value(), notified);
      if (i == 0) co_await Simulation::sleep_until(Seconds(5));
    }
  });
  simulation.spawn([&]() -> Process<> {
    co_await Simulation::sleep_until(Seconds(1));
    signal.notify();
    signal.notify();  // one is enough
    co_await Simulation::sleep_until(Seconds(2));
    signal.notify();
  });
  simulation.run();
  CHECK(woken == std::vector<std::pair<double, bool>>{{1, true}, {5, true}, {10, false}, {10, false}});
}

TEST_CASE("A deadline and a notification at one time: who asked first") {
  Simulation simulation;
  Signal signal;
  std::vector<bool> notified;
  simulation.spawn([&]() -> Process<> {
    notified.push_back(co_await signal.wait_until(Seconds(1)));
    notified.push_back(co_await signal.wait_until(Seconds(2)));
  });
  simulation.spawn([&]() -> Process<> {
    co_await Simulation::sleep_until(Seconds(1));
    signal.notify();
  });
  simulation.run();
  CHECK(notified == std::vector<bool>{false, true});
}

TEST_CASE("What is called off does not happen") {
  Simulation simulation;
  int calls = 0;
  simulation.spawn([&]() -> Process<> {
    const auto first = Simulation::at(Seconds(1), [&] { ++calls; });
    const auto second = Simulation::at(Seconds(2), [&] { ++calls; });
    Simulation::cancel(first);
    co_await Simulation::sleep_until(Seconds(3));
    Simulation::cancel(second);  // too late
  });
  simulation.run();
  CHECK(calls == 1);
}

TEST_CASE("A process that waits for another has its result, or what it threw") {
  Simulation simulation;
  const auto answer = [](bool fails) -> Process<int> {
    co_await Simulation::sleep_until(Seconds(1));
    if (fails) throw std::runtime_error("no answer");
    co_return 42;
  };
  int found = 0;
  simulation.spawn([&]() -> Process<> {
    found = co_await answer(false);
    CHECK_THROWS_WITH(co_await answer(true), "no answer");
  });
  simulation.run();
  CHECK(found == 42);
}

TEST_CASE("What a process throws ends the run") {
  Simulation simulation;
  simulation.spawn_service([]() -> Process<> {
    co_await Simulation::sleep_until(Seconds(1));
    throw RunError("lost");
  });
  simulation.spawn([]() -> Process<> { co_await Simulation::sleep_until(Seconds(2)); });
  CHECK_THROWS_WITH(simulation.run(), "lost");
}

TEST_CASE("A run ends with its last process that is no service, and says when all wait for ever") {
  Simulation simulation;
  Signal signal;
  simulation.spawn_service([&]() -> Process<> {
    while (true) co_await Simulation::sleep_until(Simulation::now() + Seconds(1));
  });
  simulation.spawn([]() -> Process<> { co_await Simulation::sleep_until(Seconds(2.5)); });
  simulation.run();
  CHECK(Simulation::now() == Seconds(2.5));
}

TEST_CASE("Processes that wait for each other are reported") {
  Simulation simulation;
  Signal signal;
  simulation.spawn([&]() -> Process<> { co_await signal.wait(); });
  CHECK_THROWS_WITH(simulation.run(), Catch::Contains("every process waits"));
}
