// Simulated time and the processes that live in it: SimGrid's engine, one in an operating-system process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/units.hpp"

namespace podsim::platform {

// Sets every SimGrid option that matters, so that a flow takes exactly bytes / bandwidth and shares links max-min
// fairly. Create one in a process, before any Fabric; SimGrid cannot be started twice.
class Simulation {
 public:
  Simulation();
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Starts a process at the current time. A `service` process does not keep the simulation alive.
  void spawn(const std::string& name, const std::function<void()>& body);
  void spawn_service(const std::string& name, const std::function<void()>& body);

  // Runs until every process that is not a service has ended. Throws RunError when they wait for each other for ever.
  void run();

  static Seconds now();
  // Inside a process only. A time that has passed returns at once.
  static void sleep_until(Seconds time);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Wakes one waiting process; a notification that comes before the wait is not lost.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify();
  void wait();
  // True when notified, false when `deadline` (perhaps infinite) came first.
  bool wait_until(Seconds deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace podsim::platform
