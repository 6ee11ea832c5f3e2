#include "platform/simulation.hpp"

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "platform/zone.hpp"

namespace podsim::platform {
namespace s4u = simgrid::s4u;
using simgrid::kernel::timer::Timer;

namespace {

// Sleepers wait for semaphores that timers release: SimGrid's own sleep is an action on a processor, several times the work.
std::vector<s4u::SemaphorePtr> idle_alarms;

// Calls `ring` at `time` unless it goes out of scope before, as when its process is ended.
class Alarm {
 public:
  template <class Ring>
  Alarm(Seconds time, Ring ring)
      : timer_(Timer::set(time.value(), [this, ring] {
          timer_ = nullptr;
          ring();
        })) {}
  ~Alarm() {
    if (timer_) timer_->remove();
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  Timer* timer_;
};

}  // namespace

struct Simulation::State {
  // The context factory is chosen while the engine starts, so only an argument can name it.
#if defined(__SANITIZE_ADDRESS__)
  std::string contexts = "--cfg=contexts/factory:thread";  // sanitizers lose track of stacks that are switched by hand
#else
  std::string contexts = "--cfg=contexts/factory:raw";
#endif
  std::string program = "podsim";
  std::string stack = "--cfg=contexts/stack-size:256";  // KiB
  std::array<char*, 4> arguments = {program.data(), contexts.data(), stack.data(), nullptr};
  int count = 3;
  std::unique_ptr<s4u::Engine> engine;
  bool deadlock = false;
};

Simulation::Simulation() : state_(std::make_unique<State>()) {
  xbt_log_control_set("root.thresh:critical");
  state_->engine = std::make_unique<s4u::Engine>(&state_->count, state_->arguments.data());
  for (const char* option : {
           "network/model:CM02",          // fluid flows, max-min fair
           "network/latency-factor:1",    // the default model multiplies latency by 13.01 ...
           "network/bandwidth-factor:1",  // ... and bandwidth by 0.97
           "network/weight-S:0",          // no bias by the bandwidth of the route
           "network/TCP-gamma:1e30",      // no window: a flow may fill any bandwidth-delay product
           "network/crosstraffic:0",      // acknowledgements take nothing from the opposite direction
           "network/optim:Lazy",
           "surf/precision:1e-12",   // seconds; events nearer than this coincide
           "maxmin/precision:1e-9",  // bytes per second
       }) {
    s4u::Engine::set_config(option);
  }
  s4u::Engine::on_deadlock_cb([this] { state_->deadlock = true; });
  Zone::create();
}

Simulation::~Simulation() { idle_alarms.clear(); }

void Simulation::spawn(const std::string& name, const std::function<void()>& body) {
  s4u::Actor::create(name, Zone::instance().home(), body);
}

void Simulation::spawn_service(const std::string& name, const std::function<void()>& body) {
  s4u::Actor::create(name, Zone::instance().home(), body)->daemonize();
}

void Simulation::run() {
  Zone::instance().get_iface()->seal();
  state_->engine->run();
  if (state_->deadlock) throw RunError("the simulation is stuck: every process waits for another");
}

Seconds Simulation::now() { return Seconds(s4u::Engine::get_clock()); }

struct Signal::State {
  s4u::SemaphorePtr semaphore = s4u::Semaphore::create(0);
  bool raised = false;
  bool late = false;  // a deadline came first
};

void Simulation::sleep_until(Seconds time) {
  if (time <= now()) return;
  if (idle_alarms.empty()) idle_alarms.push_back(s4u::Semaphore::create(0));
  const s4u::SemaphorePtr semaphore = std::move(idle_alarms.back());
  idle_alarms.pop_back();
  {
    const Alarm alarm(time, [&semaphore] { semaphore->release(); });
    semaphore->acquire();
  }
  idle_alarms.push_back(semaphore);
}

Signal::Signal() : state_(std::make_unique<State>()) {}
Signal::~Signal() = default;

void Signal::notify() {
  if (state_->raised) return;
  state_->raised = true;
  state_->semaphore->release();
}

void Signal::wait() {
  state_->semaphore->acquire();
  state_->raised = false;
}

bool Signal::wait_until(Seconds deadline) {
  if (std::isinf(deadline.value())) {  // SimGrid knows no endless timeout
    wait();
    return true;
  }
  if (!state_->raised) {
    if (deadline <= Simulation::now()) return false;
    state_->late = false;
    const Alarm alarm(deadline, [state = state_.get()] {
      if (state->raised) return;  // at the same time, before
      state->late = true;
      state->semaphore->release();
    });
    state_->semaphore->acquire();
    if (state_->late) return false;  // a notification that has come since is still there
  } else {
    state_->semaphore->acquire();
  }
  state_->raised = false;
  return true;
}

}  // namespace podsim::platform
