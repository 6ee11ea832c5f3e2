// Takes requests as they arrive, routes them to instances and moves their KV cache from prefill to decode.
#pragma once

#include <deque>
#include <vector>

#include "engine/replica.hpp"
#include "platform/fabric.hpp"

namespace podsim::engine {

class Frontend {
 public:
  Frontend(const Scenario& scenario, const std::vector<Instance>& instances, platform::Fabric* fabric, metrics::RunLog& log);

  ReplicaEvents events();
  void set_replicas(std::deque<Replica>& replicas) { replicas_ = &replicas; }
  // The process: returns when every request has been answered or the time limit is over.
  void run();

 private:
  using Sequence = serving::Sequence;

  void serve_open_loop();
  void serve_closed_loop(const workload::ClosedLoop& loop);
  void arrive(serving::RequestId id);
  void leave();
  void reject(serving::RequestId id, metrics::Refusal refusal);
  bool too_long(const workload::Request& request) const;
  int choose(serving::Role role, const Sequence& sequence);
  Replica& replica(int id) const { return (*replicas_)[static_cast<std::size_t>(id)]; }
  void start_decode(serving::RequestId id);
  void move_waiting(int decode_replica);
  void move(serving::RequestId id, Replica& to);
  void finish(serving::RequestId id);
  Sequence sequence(serving::RequestId id) const;
  Seconds limit() const;

  const Scenario& scenario_;
  platform::Fabric* fabric_;
  metrics::RunLog& log_;
  std::deque<Replica>* replicas_ = nullptr;
  std::vector<int> first_pool_, decode_pool_;  // replica ids
  std::uint64_t turns_[2] = {0, 0};
  std::vector<std::deque<serving::RequestId>> waiting_for_room_;  // by decode replica
  std::vector<std::int64_t> waiting_tokens_;                      // that those will generate
  std::vector<serving::InstanceLoad> loads_;                      // scratch
  Seconds request_overhead_;                                      // from arrival until a request can be scheduled
  std::size_t open_ = 0;
  bool all_arrived_ = false;
  std::deque<Seconds> due_;  // closed loop: when each free client sends its next request
  platform::Signal client_free_;
  platform::Signal done_;
};

}  // namespace podsim::engine
