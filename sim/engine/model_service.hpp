// The instances of one model: routes requests to them and moves KV caches from prefill to decode.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/replica.hpp"
#include "platform/fabric.hpp"
#include "serving/kv_transfer.hpp"

namespace podsim::engine {

class ModelService {
 public:
  // `fabric` carries the KV caches; none is needed where prefill and decode share instances.
  ModelService(const Scenario& scenario, std::size_t service, const std::vector<Instance>& instances, platform::Fabric* fabric,
               metrics::RunLog& log);

  void set_replicas(std::deque<Replica>& replicas) { replicas_ = &replicas; }
  Replica& replica(int id) const { return (*replicas_)[static_cast<std::size_t>(id)]; }

  // Sends a request to an instance for its prompt, or says why it is refused.
  metrics::Refusal submit(serving::RequestId id);
  // Its prompt is done: finds an instance that decodes it, and moves its KV cache as soon as there is room.
  void start_decode(serving::RequestId id);
  void move_waiting(int decode_replica);
  // A chunk of a prompt begins to be computed: its cache follows layer by layer, once an instance that decodes it has made room.
  void push(const serving::Chunk& chunk, Seconds duration);

  // Whether an instance is given requests. At least one of each role must be.
  void set_open(int replica, bool open) { open_[static_cast<std::size_t>(replica)] = open; }
  bool is_open(int replica) const { return open_[static_cast<std::size_t>(replica)]; }
  // Requests that an instance serves or that wait for it, and the tokens that these still need.
  std::size_t requests_of(int replica) const;
  std::int64_t outstanding_tokens_of(int replica) const;

 private:
  using Sequence = serving::Sequence;

  // Instances that do the same work, and how many requests they were given.
  struct Side {
    std::vector<int> replicas;
    std::uint64_t turns = 0;
  };

  // A KV cache on its way.
  struct Handover {
    int to = -1;            // decode replica; -1: none had room when the prompt began
    double sent = 0;        // tokens' worth
    std::size_t flows = 0;  // that have not arrived
    bool computed = false;  // the prompt is done
  };

  using FlowsByTurn = std::vector<std::vector<serving::KvFlow>>;

  const Service& service() const { return scenario_.services[service_]; }
  // Longer than the model or some instance could ever hold.
  bool too_long(const Sequence& sequence) const;
  int choose(Side& side, const Sequence& sequence);
  // In the order of the engine's queue.
  void wait_for_room(serving::RequestId id, int decode_replica);
  void offer(serving::RequestId id, int to);
  void finish_sending(serving::RequestId id);
  void send(serving::RequestId id, double tokens, Seconds delay);
  void arrived(serving::RequestId id);
  // Who sends what of a request's cache to whom.
  const std::vector<serving::KvFlow>& flows_between(const serving::Pool& from, const serving::Pool& to, serving::RequestId id);
  Sequence sequence(serving::RequestId id) const;

  const Scenario& scenario_;
  std::size_t service_;
  const std::vector<Instance>& instances_;
  platform::Fabric* fabric_;
  metrics::RunLog& log_;
  std::deque<Replica>* replicas_ = nullptr;
  Side first_, decode_;
  std::vector<bool> open_;                                                              // by replica of the run, as the following
  std::vector<std::deque<serving::RequestId>> waiting_for_room_;                        // of a decode replica
  std::vector<std::int64_t> waiting_tokens_;                                            // that those will generate
  std::unordered_map<serving::RequestId, Handover> handovers_;                          // not finished
  std::map<std::pair<const serving::Pool*, const serving::Pool*>, FlowsByTurn> flows_;  // that were asked for
  std::vector<int> candidates_;                                                         // scratch
  std::vector<serving::InstanceLoad> loads_;                                            // scratch
};

}  // namespace podsim::engine
