#include "engine/autoscaler.hpp"

#include <algorithm>
#include <memory>

namespace podsim::engine {

using platform::Simulation;

Autoscaler::Autoscaler(const Scenario& scenario, const std::vector<Instance>& all, std::vector<int> instances, ModelService& service,
                       platform::Fabric& fabric, metrics::RunLog& log)
    : all_(all),
      pool_(scenario.pool_of(all[static_cast<std::size_t>(instances.front())])),
      rules_(*pool_.autoscale),
      service_(service),
      fabric_(fabric),
      log_(log) {
  const model::ModelSpec& model = scenario.service_of(all[static_cast<std::size_t>(instances.front())]).model;
  const int mtp_layers = pool_.speculation.draft_tokens > 0 ? model.mtp_layers : 0;
  weights_ = model::weight_bytes(model, pool_.parallel, pool_.formats, mtp_layers);
  if (pool_.parallel.disaggregated_experts) expert_weights_ = model::expert_weight_bytes(model, pool_.parallel, pool_.formats, mtp_layers);
  for (const int id : instances) {
    Member& member = members_.emplace_back(Member{id, State::off, Seconds(0)});
    set(member, static_cast<int>(members_.size()) <= pool_.instances ? State::serving : State::off);
  }
}

void Autoscaler::set(Member& member, State state) {
  member.state = state;
  service_.set_open(member.id, state == State::serving);
  log_.scaling.push_back({Simulation::now(), member.id, state});
}

std::size_t Autoscaler::count(State state) const { return static_cast<std::size_t>(std::ranges::count(members_, state, &Member::state)); }

platform::Process<> Autoscaler::run() {
  while (true) {
    co_await Simulation::sleep_until(Simulation::now() + rules_.interval);
    look();
  }
}

double Autoscaler::metric_of(const Member& member) const {
  switch (rules_.metric) {
    case serving::ScaleMetric::outstanding_tokens: return static_cast<double>(service_.outstanding_tokens_of(member.id));
    case serving::ScaleMetric::requests: return static_cast<double>(service_.requests_of(member.id));
    case serving::ScaleMetric::utilisation: break;
  }
  return (service_.replica(member.id).busy() - member.busy) / rules_.interval;
}

void Autoscaler::look() {
  double sum = 0;
  for (Member& member : members_) {
    if (member.state == State::draining && empty(member)) set(member, State::off);
    if (member.state == State::serving) sum += metric_of(member);
    member.busy = service_.replica(member.id).busy();
  }
  // A starting instance has no load yet, but will take its part.
  const auto running = static_cast<int>(count(State::serving) + count(State::starting));
  const int wanted = serving::wanted_instances(rules_, running, sum / running);
  if (wanted > running) grow(wanted - running);
  else shrink(running - most_wanted_lately(wanted));
}

int Autoscaler::most_wanted_lately(int wanted) {
  const Seconds now = Simulation::now();
  wanted_.emplace_back(now, wanted);
  while (wanted_.front().first < now - rules_.cooldown) wanted_.pop_front();
  return std::ranges::max_element(wanted_, {}, &std::pair<Seconds, int>::second)->second;
}

// Those that drain still have their weights and come first.
void Autoscaler::grow(int by) {
  for (const State from : {State::draining, State::off}) {
    for (Member& member : members_) {
      if (by == 0 || member.state != from) continue;
      --by;
      if (from == State::draining) set(member, State::serving);
      else start(member);
    }
  }
}

// The least busy go, if any must; whoever is starting is let finish, and one always serves.
void Autoscaler::shrink(int by) {
  by = std::min(by, static_cast<int>(count(State::serving)) - 1);
  for (; by > 0; --by) {
    Member* least = nullptr;
    for (Member& member : members_) {
      if (member.state != State::serving) continue;
      if (!least || service_.outstanding_tokens_of(member.id) <= service_.outstanding_tokens_of(least->id)) least = &member;
    }
    set(*least, empty(*least) ? State::off : State::draining);
  }
}

Bytes Autoscaler::weights_of(std::size_t endpoint) const {
  return endpoint < static_cast<std::size_t>(pool_.parallel.attention_endpoints()) ? weights_ : expert_weights_;
}

// Every endpoint gets the weights that its like in another instance has, or those that its host keeps.
void Autoscaler::start(Member& member) {
  set(member, State::starting);
  const std::vector<int>& endpoints = all_[static_cast<std::size_t>(member.id)].endpoints;
  const auto missing = std::make_shared<std::size_t>(endpoints.size());
  const auto loaded = [this, &member, missing] {
    if (--*missing == 0) set(member, State::serving);
  };
  const serving::ColdStart& how = rules_.start;
  if (!how.weights) {
    for (std::size_t e = 0; e < endpoints.size(); ++e)
      fabric_.transfer(endpoints[e], endpoints[e], Bytes(0), how.delay + weights_of(e) / how.rate, loaded);
    return;
  }
  std::vector<const Member*> serving;
  for (const Member& other : members_)
    if (other.state == State::serving) serving.push_back(&other);
  const std::vector<int>& source = all_[static_cast<std::size_t>(serving[sources_++ % serving.size()]->id)].endpoints;
  const auto& profile = how.weights->library.profiles(collective::Operation::send).front();
  for (std::size_t e = 0; e < endpoints.size(); ++e)
    fabric_.transfer(source[e], endpoints[e], weights_of(e) / profile.efficiency, how.delay + profile.overhead, loaded,
                     how.weights->planes);
}

}  // namespace podsim::engine
