#include "platform/simulation.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace podsim::platform {

Simulation::Simulation() { current_ = this; }
Simulation::~Simulation() { current_ = nullptr; }

Simulation::Key Simulation::at(Seconds time, std::function<void()> action) {
  const Key key = {std::max(time, current_->now_), current_->order_++};
  current_->events_.emplace(key, std::move(action));
  return key;
}

void Simulation::spawn(std::function<Process<>()> body, bool service) {
  Spawned& spawned = processes_.emplace_back(*this, std::move(body), service);
  if (!service) ++running_;
  at(now_, [&spawned] { spawned.process.resume(); });
}

Process<> Simulation::watch(const std::function<Process<>()>& body, bool service) {
  try {
    co_await body();
  } catch (...) {
    failure_ = std::current_exception();
  }
  if (!service) --running_;
}

void Simulation::run() {
  while (running_ > 0 && !failure_) {
    const Seconds own = events_.empty() ? never : events_.begin()->first.first, other = source_ ? source_->next() : never;
    if (own == never && other == never) throw RunError("the simulation is stuck: every process waits for another");
    now_ = std::max(now_, std::min(own, other));
    if (other < own) source_->advance();
    else events_.extract(events_.begin()).mapped()();
  }
  if (failure_) std::rethrow_exception(failure_);
}

void Signal::notify() {
  if (std::exchange(raised_, true) || !waiting_) return;
  Simulation::cancel(alarm_);
  Simulation::at(Simulation::now(), std::exchange(waiting_, {}));
}

void Signal::suspend(std::coroutine_handle<> process, Seconds deadline) {
  waiting_ = process;
  if (deadline == never) return;
  alarm_ = Simulation::at(deadline, [this] { std::exchange(waiting_, {}).resume(); });
}

}  // namespace podsim::platform
