#include "engine/frontend.hpp"

#include <algorithm>
#include <limits>

namespace podsim::engine {

using platform::Simulation;
using serving::RequestId;

Frontend::Frontend(const Scenario& scenario, std::deque<ModelService>& services, metrics::RunLog& log)
    : scenario_(scenario), services_(services), log_(log) {}

ReplicaEvents Frontend::events(std::size_t service) {
  ModelService& of_model = services_[service];
  ReplicaEvents events = {[&of_model](RequestId id) { of_model.start_decode(id); },
                          [this](RequestId id, Seconds seen) { finish(id, seen); },
                          [&of_model](int replica) { of_model.move_waiting(replica); },
                          {}};
  if (scenario_.services[service].deployment.kv_mode == serving::KvMode::push_per_layer)
    events.prompt_step = [&of_model](const serving::Chunk& chunk, Seconds duration) { of_model.push(chunk, duration); };
  return events;
}

// From a request's arrival until it can be scheduled.
Seconds Frontend::overhead(const workload::Request& request) const {
  return scenario_.services[scenario_.service_for(request)].deployment.first().engine.request_overhead;
}

Seconds Frontend::limit() const { return scenario_.time_limit.value_or(Seconds(std::numeric_limits<double>::infinity())); }

platform::Process<> Frontend::serve_open_loop() {
  const auto& requests = scenario_.workload->requests;
  for (std::size_t i = 0; i < requests.size() && requests[i].arrival <= limit(); ++i) {
    co_await Simulation::sleep_until(requests[i].arrival + overhead(requests[i]));
    arrive(static_cast<RequestId>(i));
  }
}

platform::Process<> Frontend::serve_closed_loop(const workload::ClosedLoop& loop) {
  const std::size_t requests = scenario_.workload->requests.size();
  due_.assign(static_cast<std::size_t>(loop.concurrency), Seconds(0));
  for (std::size_t i = 0; i < requests; ++i) {
    while (due_.empty()) {
      if (!co_await client_free_.wait_until(limit())) co_return;
    }
    const Seconds due = due_.front();
    if (due > limit()) co_return;
    due_.pop_front();
    log_.requests[i].arrival = due;
    co_await Simulation::sleep_until(due + overhead(scenario_.workload->requests[i]));
    arrive(static_cast<RequestId>(i));
  }
}

// A client has its answer.
void Frontend::leave(Seconds when) {
  if (const auto& loop = scenario_.workload->closed_loop) {
    const Seconds due = when + loop->think_time;
    due_.insert(std::upper_bound(due_.begin(), due_.end(), due), due);
    client_free_.notify();
  }
}

platform::Process<> Frontend::run() {
  if (scenario_.workload->closed_loop) co_await serve_closed_loop(*scenario_.workload->closed_loop);
  else co_await serve_open_loop();
  all_arrived_ = true;
  if (open_ > 0) co_await done_.wait_until(limit());
  co_await Simulation::sleep_until(std::min(last_seen_, limit()));
}

void Frontend::arrive(RequestId id) {
  ModelService& service = services_[scenario_.service_for(scenario_.workload->requests[static_cast<std::size_t>(id)])];
  if (const metrics::Refusal refusal = service.submit(id); refusal != metrics::Refusal::none) {
    log_.requests[static_cast<std::size_t>(id)].outcome = metrics::Outcome::rejected;
    log_.requests[static_cast<std::size_t>(id)].refusal = refusal;
    leave(Simulation::now());
    return;
  }
  ++open_;
}

void Frontend::finish(RequestId id, Seconds seen) {
  metrics::RequestRecord& record = log_.requests[static_cast<std::size_t>(id)];
  record.outcome = metrics::Outcome::finished;
  record.finished = seen;
  last_seen_ = std::max(last_seen_, seen);
  leave(seen);
  if (--open_ == 0 && all_arrived_) done_.notify();
}

}  // namespace podsim::engine
