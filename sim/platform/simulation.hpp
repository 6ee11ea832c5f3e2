// Simulated time and the processes that live in it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <utility>

#include "base/units.hpp"
#include "platform/process.hpp"

namespace podsim::platform {

constexpr Seconds never(std::numeric_limits<double>::infinity());

// What happens in simulated time beside the simulation's own events.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // When its next event is, as things stand; `never` when there is none.
  virtual Seconds next() = 0;
  // Lets those events happen that are at next(), which is the present.
  virtual void advance() = 0;
};

// One at a time in an operating-system process.
class Simulation {
 public:
  // What happens at one time happens in the order in which it was asked for.
  using Key = std::pair<Seconds, std::uint64_t>;

  Simulation();
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Starts a process at the current time, which keeps `body`. A service does not keep the simulation alive.
  void spawn(std::function<Process<>()> body) { spawn(std::move(body), false); }
  void spawn_service(std::function<Process<>()> body) { spawn(std::move(body), true); }

  // Runs until every process that is not a service has ended. Throws RunError when they wait for each other for ever, and what a process
  // threw.
  void run();

  // At most one; it outlives run().
  void set_source(EventSource& source) { source_ = &source; }

  static Seconds now() { return current_->now_; }
  // Calls `action` at a time, now if that has passed. The action must not wait.
  static Key at(Seconds time, std::function<void()> action);
  // Calls it off, unless it has happened.
  static void cancel(const Key& key) { current_->events_.erase(key); }

  struct Sleep {
    Seconds until;
    bool await_ready() const { return until <= now(); }
    void await_suspend(std::coroutine_handle<> process) const { at(until, process); }
    void await_resume() const {}
  };
  // A time that has passed returns at once.
  static Sleep sleep_until(Seconds time) { return {time}; }

  struct Yield {
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> process) const { at(now(), process); }
    void await_resume() const {}
  };
  // Lets everything happen first that was asked for at this time.
  static Yield yield() { return {}; }

 private:
  struct Spawned {
    Spawned(Simulation& simulation, std::function<Process<>()> what, bool service)
        : body(std::move(what)), process(simulation.watch(body, service)) {}
    std::function<Process<>()> body;
    Process<> process;
  };

  void spawn(std::function<Process<>()> body, bool service);
  Process<> watch(const std::function<Process<>()>& body, bool service);

  static inline Simulation* current_ = nullptr;

  Seconds now_;
  std::uint64_t order_ = 1;
  std::map<Key, std::function<void()>> events_;
  EventSource* source_ = nullptr;
  std::deque<Spawned> processes_;
  int running_ = 0;  // processes that are not services
  std::exception_ptr failure_;
};

// Wakes one waiting process; a notification that comes before the wait is not lost.
class Signal {
 public:
  struct Wait {
    Signal& signal;
    Seconds deadline;
    bool await_ready() const { return signal.raised_ || deadline <= Simulation::now(); }
    void await_suspend(std::coroutine_handle<> process) const { signal.suspend(process, deadline); }
    // True when notified, false when the deadline came first.
    bool await_resume() const { return std::exchange(signal.raised_, false); }
  };

  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify();
  Wait wait() { return {*this, never}; }
  Wait wait_until(Seconds deadline) { return {*this, deadline}; }

 private:
  void suspend(std::coroutine_handle<> process, Seconds deadline);

  bool raised_ = false;
  std::coroutine_handle<> waiting_;
  Simulation::Key alarm_;
};

}  // namespace podsim::platform
