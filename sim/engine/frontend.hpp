// Takes requests as they arrive, passes each to the service of its model and notes when it has its answer.
#pragma once

#include <deque>
#include <vector>

#include "engine/model_service.hpp"

namespace podsim::engine {

class Frontend {
 public:
  // `services` by service of the scenario.
  Frontend(const Scenario& scenario, std::deque<ModelService>& services, metrics::RunLog& log);

  // What the replicas of a service report to.
  ReplicaEvents events(std::size_t service);
  // The process: returns when every request has been answered or the time limit is over.
  platform::Process<> run();

 private:
  platform::Process<> serve_open_loop();
  platform::Process<> serve_closed_loop(const workload::ClosedLoop& loop);
  void arrive(serving::RequestId id);
  void leave(Seconds when);
  void finish(serving::RequestId id, Seconds seen);
  Seconds overhead(const workload::Request& request) const;
  Seconds limit() const;

  const Scenario& scenario_;
  std::deque<ModelService>& services_;
  metrics::RunLog& log_;
  std::size_t open_ = 0;
  bool all_arrived_ = false;
  Seconds last_seen_;        // when the last of the answers so far is with its client
  std::deque<Seconds> due_;  // closed loop: when each free client sends its next request, rising
  platform::Signal client_free_;
  platform::Signal done_;
};

}  // namespace podsim::engine
