// Starts and drains the instances of a pool as its load rises and falls.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "engine/model_service.hpp"

namespace podsim::engine {

class Autoscaler {
 public:
  // Of the instances of one pool that scales, by id; the first `instances` of the pool serve from the start.
  Autoscaler(const Scenario& scenario, const std::vector<Instance>& all, std::vector<int> instances, ModelService& service,
             platform::Fabric& fabric, metrics::RunLog& log);

  // The process; does not return.
  platform::Process<> run();

 private:
  using State = metrics::ScaleState;
  struct Member {
    int id;
    State state;
    Seconds busy;  // of the instance, at the last look
  };

  void look();
  double metric_of(const Member& member) const;
  void set(Member& member, State state);
  int most_wanted_lately(int wanted);
  void grow(int by);
  void shrink(int by);
  void start(Member& member);
  Bytes weights_of(std::size_t endpoint) const;  // by its place in an instance
  std::size_t count(State state) const;
  bool empty(const Member& member) const { return service_.requests_of(member.id) == 0; }

  const std::vector<Instance>& all_;
  const serving::Pool& pool_;
  const serving::Autoscale& rules_;
  Bytes weights_;         // of an endpoint that holds attention
  Bytes expert_weights_;  // of one that holds experts only
  ModelService& service_;
  platform::Fabric& fabric_;
  metrics::RunLog& log_;
  std::vector<Member> members_;
  std::size_t sources_ = 0;                     // instances that were asked for their weights
  std::deque<std::pair<Seconds, int>> wanted_;  // when how many instances were asked for, within the last cooldown
};

}  // namespace podsim::engine
