#include "engine/frontend.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "serving/kv_transfer.hpp"

namespace podsim::engine {

using platform::Simulation;
using serving::RequestId;
using serving::Role;

Frontend::Frontend(const Scenario& scenario, const std::vector<Instance>& instances, platform::Fabric* fabric, metrics::RunLog& log)
    : scenario_(scenario),
      fabric_(fabric),
      log_(log),
      waiting_for_room_(instances.size()),
      waiting_tokens_(instances.size()),
      request_overhead_(scenario.deployment.first().engine.request_overhead) {
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const Role role = scenario.deployment.pools[instances[i].pool].role;
    (role == Role::decode ? decode_pool_ : first_pool_).push_back(static_cast<int>(i));
  }
}

ReplicaEvents Frontend::events() {
  return {[this](RequestId id) { start_decode(id); }, [this](RequestId id) { finish(id); }, [this](int replica) { move_waiting(replica); }};
}

serving::Sequence Frontend::sequence(RequestId id) const {
  const workload::Request& request = scenario_.workload->requests[static_cast<std::size_t>(id)];
  const serving::BlockHashes hashes = scenario_.workload->block_hashes;
  const metrics::RequestRecord& record = log_.requests[static_cast<std::size_t>(id)];
  return {.request = id,
          .input = request.input,
          .output = request.output,
          .prefix = hashes.subspan(request.first_block, request.blocks),
          .priority = scenario_.workload->priority_of(request),
          .deadline = record.arrival + log_.level_of(record, scenario_.service_level).ttft};
}

Seconds Frontend::limit() const { return scenario_.time_limit.value_or(Seconds(std::numeric_limits<double>::infinity())); }

void Frontend::serve_open_loop() {
  const auto& requests = scenario_.workload->requests;
  for (std::size_t i = 0; i < requests.size() && requests[i].arrival <= limit(); ++i) {
    Simulation::sleep_until(requests[i].arrival + request_overhead_);
    arrive(static_cast<RequestId>(i));
  }
}

void Frontend::serve_closed_loop(const workload::ClosedLoop& loop) {
  const std::size_t requests = scenario_.workload->requests.size();
  due_.assign(static_cast<std::size_t>(loop.concurrency), Seconds(0));
  for (std::size_t i = 0; i < requests; ++i) {
    while (due_.empty()) {
      if (!client_free_.wait_until(limit())) return;
    }
    if (due_.front() > limit()) return;
    log_.requests[i].arrival = due_.front();
    Simulation::sleep_until(due_.front() + request_overhead_);
    due_.pop_front();
    arrive(static_cast<RequestId>(i));
  }
}

// A client has its answer.
void Frontend::leave() {
  if (const auto& loop = scenario_.workload->closed_loop) {
    due_.push_back(Simulation::now() + loop->think_time);
    client_free_.notify();
  }
}

void Frontend::run() {
  if (scenario_.workload->closed_loop) serve_closed_loop(*scenario_.workload->closed_loop);
  else serve_open_loop();
  all_arrived_ = true;
  if (open_ == 0) return;
  if (scenario_.time_limit) done_.wait_until(*scenario_.time_limit);
  else done_.wait();
}

bool Frontend::too_long(const workload::Request& request) const {
  const std::int64_t total = request.input + request.output;
  if (total > scenario_.model.max_context) return true;
  const std::int64_t first = replica(first_pool_.front()).capacity_tokens();
  if (decode_pool_.empty()) return total > first;
  return request.input > first || total > replica(decode_pool_.front()).capacity_tokens();
}

void Frontend::reject(RequestId id, metrics::Refusal refusal) {
  log_.requests[static_cast<std::size_t>(id)].outcome = metrics::Outcome::rejected;
  log_.requests[static_cast<std::size_t>(id)].refusal = refusal;
  leave();
}

void Frontend::arrive(RequestId id) {
  if (too_long(scenario_.workload->requests[static_cast<std::size_t>(id)])) return reject(id, metrics::Refusal::too_long);
  const int to = choose(scenario_.deployment.first().role, sequence(id));
  if (const auto refusal = replica(to).refusal(sequence(id)); refusal != metrics::Refusal::none) return reject(id, refusal);
  ++open_;
  log_.requests[static_cast<std::size_t>(id)].prefill_instance = to;
  replica(to).submit(sequence(id));
}

int Frontend::choose(Role role, const Sequence& sequence) {
  const std::vector<int>& pool = role == Role::decode ? decode_pool_ : first_pool_;
  const serving::Router& router = scenario_.deployment.router;
  loads_.clear();
  for (const int id : pool) {
    loads_.push_back({replica(id).outstanding_tokens() + waiting_tokens_[static_cast<std::size_t>(id)]});
    if (!router.looks_at_caches) continue;
    loads_.back().used_blocks = replica(id).used_blocks();
    if (role != Role::decode) loads_.back().matching_tokens = replica(id).matching_tokens(sequence.prefix);
  }
  const auto own = static_cast<std::uint64_t>(sequence.request);
  const serving::Call call = {turns_[role == Role::decode ? 1 : 0]++, scenario_.seed,
                              sequence.prefix.empty() ? own : sequence.prefix.front()};
  return pool[router.route(loads_, call)];
}

void Frontend::start_decode(RequestId id) {
  const int to = choose(Role::decode, sequence(id));
  log_.requests[static_cast<std::size_t>(id)].decode_instance = to;
  waiting_for_room_[static_cast<std::size_t>(to)].push_back(id);
  waiting_tokens_[static_cast<std::size_t>(to)] += sequence(id).output;
  move_waiting(to);
}

void Frontend::move_waiting(int decode_replica) {
  auto& queue = waiting_for_room_[static_cast<std::size_t>(decode_replica)];
  Replica& to = replica(decode_replica);
  while (!queue.empty() && to.reserve(sequence(queue.front()))) {
    const RequestId id = queue.front();
    queue.pop_front();
    waiting_tokens_[static_cast<std::size_t>(decode_replica)] -= sequence(id).output;
    move(id, to);
  }
}

void Frontend::move(RequestId id, Replica& to) {
  const serving::Deployment& deployment = scenario_.deployment;
  const metrics::RequestRecord& record = log_.requests[static_cast<std::size_t>(id)];
  Replica& from = replica(record.prefill_instance);
  const std::vector<int> senders = from.endpoints_of(id);
  const std::vector<int> receivers = to.endpoints_of(id);
  const auto& profile = deployment.kv->library.profiles(collective::Operation::send).front();
  const Bytes cache = scenario_.model.kv_bytes_per_token(deployment.formats.kv) * static_cast<double>(record.input);
  const auto flows =
      serving::kv_flows(scenario_.model, deployment.pools[0].parallel, deployment.pools[1].parallel, static_cast<std::uint64_t>(id));
  const auto missing = std::make_shared<std::size_t>(flows.size());
  for (const serving::KvFlow& flow : flows) {
    log_.kv_moved += cache * flow.share;
    fabric_->transfer(senders[static_cast<std::size_t>(flow.from)], receivers[static_cast<std::size_t>(flow.to)],
                      cache * flow.share / profile.efficiency, profile.overhead, [this, id, missing, &from, &to] {
                        if (--*missing > 0) return;
                        log_.requests[static_cast<std::size_t>(id)].decode_ready = Simulation::now();
                        from.release(sequence(id));
                        to.arrive(sequence(id));
                      });
  }
}

void Frontend::finish(RequestId id) {
  metrics::RequestRecord& record = log_.requests[static_cast<std::size_t>(id)];
  record.outcome = metrics::Outcome::finished;
  record.finished = Simulation::now();
  leave();
  if (--open_ == 0 && all_arrived_) done_.notify();
}

}  // namespace podsim::engine
