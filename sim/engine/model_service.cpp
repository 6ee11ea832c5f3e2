#include "engine/model_service.hpp"

#include <algorithm>

namespace podsim::engine {

using platform::Simulation;
using serving::RequestId;
using serving::Role;

ModelService::ModelService(const Scenario& scenario, std::size_t service, const std::vector<Instance>& instances, platform::Fabric* fabric,
                           metrics::RunLog& log)
    : scenario_(scenario),
      service_(service),
      instances_(instances),
      fabric_(fabric),
      log_(log),
      open_(instances.size(), true),
      waiting_for_room_(instances.size()),
      waiting_tokens_(instances.size()) {
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (instances[i].service != service) continue;
    (scenario.pool_of(instances[i]).role == Role::decode ? decode_ : first_).replicas.push_back(static_cast<int>(i));
  }
}

serving::Sequence ModelService::sequence(RequestId id) const {
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

bool ModelService::too_long(const Sequence& sequence) const {
  const std::int64_t total = sequence.input + sequence.output;
  if (total > service().model.max_context) return true;
  const bool separate = !decode_.replicas.empty();
  const auto exceeds = [&](const Side& side, std::int64_t tokens) {
    return std::ranges::any_of(side.replicas, [&](int id) { return tokens > replica(id).capacity_tokens(); });
  };
  return exceeds(first_, separate ? sequence.input : total) || (separate && exceeds(decode_, total));
}

metrics::Refusal ModelService::submit(RequestId id) {
  const Sequence asked = sequence(id);
  if (too_long(asked)) return metrics::Refusal::too_long;
  const int to = choose(first_, asked);
  const metrics::Refusal refusal = replica(to).refusal(asked);
  if (refusal == metrics::Refusal::none) {
    log_.requests[static_cast<std::size_t>(id)].prefill_instance = to;
    replica(to).submit(asked);
  }
  return refusal;
}

std::size_t ModelService::requests_of(int id) const {
  return replica(id).requests() + waiting_for_room_[static_cast<std::size_t>(id)].size();
}

std::int64_t ModelService::outstanding_tokens_of(int id) const {
  return replica(id).outstanding_tokens() + waiting_tokens_[static_cast<std::size_t>(id)];
}

int ModelService::choose(Side& side, const Sequence& sequence) {
  const serving::Router& router = service().deployment.router;
  candidates_.clear();
  loads_.clear();
  for (const int id : side.replicas) {
    if (!is_open(id)) continue;
    candidates_.push_back(id);
    serving::InstanceLoad& load = loads_.emplace_back();
    load.outstanding_tokens = outstanding_tokens_of(id);
    load.queued_tokens = replica(id).queued_prompt_tokens();
    load.prefill_rate = replica(id).prefill_rate();
    if (!router.looks_at_caches) continue;
    load.used_blocks = replica(id).used_blocks();
    if (&side == &first_) load.matching_tokens = replica(id).matching_tokens(sequence.prefix);
  }
  const auto own = static_cast<std::uint64_t>(sequence.request);
  const serving::Call call = {.turn = side.turns++,
                              .seed = scenario_.seed,
                              .session = sequence.prefix.empty() ? own : sequence.prefix.front(),
                              .input = &side == &first_ ? sequence.input : 0,
                              .ttft_target = scenario_.service_level.ttft};
  return candidates_[router.route(loads_, call)];
}

void ModelService::offer(RequestId id, int to) {
  log_.requests[static_cast<std::size_t>(id)].decode_instance = to;
  handovers_[id].to = to;
}

void ModelService::push(const serving::Chunk& chunk, Seconds duration) {
  const Sequence of = sequence(chunk.request);
  if (of.output == 1) return;  // the prompt's step gives its only token
  const auto [handover, first] = handovers_.try_emplace(chunk.request);
  if (first) {
    const int to = choose(decode_, of);
    if (waiting_for_room_[static_cast<std::size_t>(to)].empty() && replica(to).reserve(of)) offer(chunk.request, to);
  }
  if (handover->second.to < 0) return;
  // All layers but the last are under way when the step ends; the first is there after its share of the step.
  const double layers = service().model.layers;
  const double tokens = static_cast<double>(first ? chunk.before + chunk.tokens : chunk.tokens);
  send(chunk.request, tokens * (layers - 1) / layers, duration / layers);
}

void ModelService::start_decode(RequestId id) {
  Handover& handover = handovers_[id];
  handover.computed = true;
  if (handover.to >= 0) return finish_sending(id);
  const int to = choose(decode_, sequence(id));
  log_.requests[static_cast<std::size_t>(id)].decode_instance = to;
  wait_for_room(id, to);
  waiting_tokens_[static_cast<std::size_t>(to)] += sequence(id).output;
  move_waiting(to);
}

void ModelService::wait_for_room(RequestId id, int decode_replica) {
  auto& queue = waiting_for_room_[static_cast<std::size_t>(decode_replica)];
  const serving::QueueOrder order = scenario_.pool_of(instances_[static_cast<std::size_t>(decode_replica)]).engine.queue;
  const auto first = [&](RequestId a, RequestId b) {
    return serving::overtakes(serving::ranked(sequence(a), order), serving::ranked(sequence(b), order));
  };
  const bool last = order == serving::QueueOrder::arrival || queue.empty() || !first(id, queue.back());
  queue.insert(last ? queue.end() : std::upper_bound(queue.begin(), queue.end(), id, first), id);
}

void ModelService::move_waiting(int decode_replica) {
  auto& queue = waiting_for_room_[static_cast<std::size_t>(decode_replica)];
  while (!queue.empty() && replica(decode_replica).reserve(sequence(queue.front()))) {
    const RequestId id = queue.front();
    queue.pop_front();
    waiting_tokens_[static_cast<std::size_t>(decode_replica)] -= sequence(id).output;
    offer(id, decode_replica);
    finish_sending(id);
  }
}

void ModelService::finish_sending(RequestId id) {
  const auto input = static_cast<double>(log_.requests[static_cast<std::size_t>(id)].input);
  send(id, input - handovers_.at(id).sent, Seconds(0));
}

const std::vector<serving::KvFlow>& ModelService::flows_between(const serving::Pool& from, const serving::Pool& to, RequestId id) {
  FlowsByTurn& by_turn = flows_[{&from, &to}];
  if (by_turn.empty()) by_turn.resize(serving::kv_turns(service().model, from.parallel));
  const std::size_t turn = static_cast<std::size_t>(id) % by_turn.size();
  if (by_turn[turn].empty()) by_turn[turn] = serving::kv_flows(service().model, from.parallel, to.parallel, turn);
  return by_turn[turn];
}

// Starts the flows of so many tokens' KV cache.
void ModelService::send(RequestId id, double tokens, Seconds delay) {
  const int sender = log_.requests[static_cast<std::size_t>(id)].prefill_instance;
  Handover& handover = handovers_.at(id);
  const serving::Pool& from = scenario_.pool_of(instances_[static_cast<std::size_t>(sender)]);
  const serving::Pool& to = scenario_.pool_of(instances_[static_cast<std::size_t>(handover.to)]);
  const std::vector<int>& senders = replica(sender).endpoints_of(id);
  const std::vector<int>& receivers = replica(handover.to).endpoints_of(id);
  const serving::Channel& channel = *service().deployment.kv;
  const auto& profile = channel.library.profiles(collective::Operation::send).front();
  const Bytes cache = service().model.kv_bytes_per_token(from.formats.kv) * tokens;
  const std::vector<serving::KvFlow>& flows = flows_between(from, to, id);
  handover.sent += tokens;
  handover.flows += flows.size();
  for (const serving::KvFlow& flow : flows) {
    log_.kv_moved += cache * flow.share;
    fabric_->transfer(
        senders[static_cast<std::size_t>(flow.from)], receivers[static_cast<std::size_t>(flow.to)], cache * flow.share / profile.efficiency,
        delay + profile.overhead, [this, id] { arrived(id); }, channel.planes);
  }
}

void ModelService::arrived(RequestId id) {
  const auto found = handovers_.find(id);
  if (--found->second.flows > 0 || !found->second.computed) return;
  const int to = found->second.to;
  handovers_.erase(found);
  metrics::RequestRecord& record = log_.requests[static_cast<std::size_t>(id)];
  record.decode_ready = Simulation::now();
  replica(record.prefill_instance).release(sequence(id));
  replica(to).arrive(sequence(id));
}

}  // namespace podsim::engine
