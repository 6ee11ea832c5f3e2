#include "engine/replica.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::engine {

using platform::Simulation;
using serving::RequestId;
using serving::Role;
using serving::Sequence;

Replica::Replica(int id, const Scenario& scenario, const Instance& instance, StepCost cost, metrics::RunLog& log, ReplicaEvents events)
    : id_(id),
      step_by_step_(scenario.step_by_step),
      endpoints_(instance.endpoints),
      cost_(std::move(cost)),
      log_(log),
      events_(std::move(events)) {
  const serving::Pool& pool = scenario.deployment.pools[instance.pool];
  role_ = pool.role;
  group_size_ = pool.parallel.group();
  stage_size_ = pool.parallel.stage();
  serving::BatchLimits limits;
  limits.max_sequences = pool.max_sequences;
  limits.token_budget = pool.token_budget;
  limits.tokens_per_step = pool.speculation.tokens_per_step();
  limits.queries = 1 + pool.speculation.draft_tokens;
  limits.decodes = role_ != Role::prefill;
  limits.prefill_first = pool.engine.scheduling == serving::Scheduling::prefill_first;
  const serving::KvCache cache(instance.kv_blocks, scenario.deployment.kv_block_tokens);
  groups_.assign(static_cast<std::size_t>(pool.parallel.data), serving::Batch(limits, cache));
  plans_.resize(groups_.size());
  loads_.resize(groups_.size());
}

Seconds Replica::Run::time_of(std::int64_t n) const {
  const double growth = steps > 1 ? (last.total - first.total).value() / static_cast<double>(steps - 1) : 0;
  const auto count = static_cast<double>(n);
  return first.total * count + Seconds(growth * count * (count - 1) / 2);
}

std::int64_t Replica::Run::steps_by(Seconds elapsed) const {
  std::int64_t low = 1, high = steps;
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (time_of(middle) >= elapsed) high = middle;
    else low = middle + 1;
  }
  return low;
}

std::size_t Replica::least_loaded() const {
  const auto least = std::min_element(groups_.begin(), groups_.end(),
                                      [](const auto& a, const auto& b) { return a.outstanding_tokens() < b.outstanding_tokens(); });
  return static_cast<std::size_t>(least - groups_.begin());
}

void Replica::submit(const Sequence& sequence) {
  const std::size_t group = least_loaded();
  groups_[group].add_prompt(sequence);
  group_of_[sequence.request] = group;
  sequences_[sequence.request] = sequence;
  outstanding_ += sequence.input + (role_ == Role::prefill ? 0 : sequence.output);
  wake_.notify();
}

bool Replica::reserve(const Sequence& sequence) {
  std::size_t best = least_loaded();
  if (!groups_[best].reserve(sequence)) {
    const auto room = std::find_if(groups_.begin(), groups_.end(), [&](auto& group) { return group.reserve(sequence); });
    if (room == groups_.end()) return false;
    best = static_cast<std::size_t>(room - groups_.begin());
  }
  group_of_[sequence.request] = best;
  sequences_[sequence.request] = sequence;
  outstanding_ += sequence.output;
  return true;
}

void Replica::arrive(const Sequence& sequence) {
  arrived_.push_back(sequence);
  wake_.notify();
}

void Replica::release(const Sequence& sequence) {
  groups_[group_of_.at(sequence.request)].release(sequence);
  group_of_.erase(sequence.request);
  sequences_.erase(sequence.request);
  wake_.notify();
}

std::vector<int> Replica::endpoints_of(RequestId request) const {
  std::vector<int> holders;
  const std::size_t first = group_of_.at(request) * static_cast<std::size_t>(group_size_);
  for (std::size_t stage = 0; stage < endpoints_.size(); stage += static_cast<std::size_t>(stage_size_)) {
    for (int i = 0; i < group_size_; ++i) holders.push_back(endpoints_[stage + first + static_cast<std::size_t>(i)]);
  }
  return holders;
}

void Replica::run() {
  while (true) {
    for (const Sequence& sequence : arrived_) groups_[group_of_.at(sequence.request)].add_decoding(sequence);
    arrived_.clear();
    if (!plan()) {
      wake_.wait();
      continue;
    }
    const Seconds start = Simulation::now();
    const Run run = longest_run();
    const std::int64_t steps = wait_for(run, start);
    record(run, steps, start);
    finish_step(steps);
  }
}

bool Replica::plan() {
  bool work = false;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    plans_[g] = groups_[g].plan();
    work = work || !plans_[g].empty;
    for (const serving::Chunk& chunk : plans_[g].chunks) {
      if (chunk.before == 0) log_.requests[static_cast<std::size_t>(chunk.request)].admitted = Simulation::now();
    }
  }
  return work;
}

StepTime Replica::cost_after(std::int64_t steps) {
  for (std::size_t g = 0; g < groups_.size(); ++g) loads_[g] = groups_[g].load(plans_[g], steps);
  return cost_.step(loads_);
}

Replica::Run Replica::longest_run() {
  Run run;
  run.first = run.last = cost_after(0);
  if (step_by_step_) return run;
  std::int64_t steps = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (!plans_[g].chunks.empty()) return run;
    const std::int64_t next = groups_[g].steps_to_finish();
    if (next > 0 && (steps == 0 || next < steps)) steps = next;
  }
  // Halve until the duration is linear over the run: another operator may become the bottleneck on the way.
  for (; steps > 1; steps = (steps + 1) / 2) {
    run.steps = steps;
    run.last = cost_after(steps - 1);
    if (steps == 2) return run;
    const std::int64_t middle = (steps - 1) / 2;
    const double share = static_cast<double>(middle) / static_cast<double>(steps - 1);
    const Seconds expected = run.first.total + (run.last.total - run.first.total) * share;
    if (std::abs((cost_after(middle).total - expected).value()) <= 1e-9 * expected.value()) return run;
  }
  run.steps = 1;
  run.last = run.first;
  return run;
}

// Lets the run take its time; whoever comes meanwhile ends it with the step in progress. Returns the steps taken.
std::int64_t Replica::wait_for(const Run& run, Seconds start) {
  if (run.steps == 1) {
    Simulation::sleep_until(start + run.first.total);
    return 1;
  }
  std::int64_t steps = run.steps;
  if (wake_.wait_until(start + run.time_of(steps))) {
    steps = run.steps_by(Simulation::now() - start);
    Simulation::sleep_until(start + run.time_of(steps));
  }
  return steps;
}

void Replica::record(const Run& run, std::int64_t steps, Seconds start) {
  metrics::StepRecord record;
  record.instance = id_;
  record.start = start;
  record.duration = Simulation::now() - start;
  record.steps = steps;
  double context = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const model::GroupLoad load = groups_[g].load(plans_[g], steps - 1);
    record.prefill_tokens += load.prefill_tokens;
    record.decode_sequences += load.decode_sequences;
    context += load.decode_context;
  }
  if (record.decode_sequences > 0) record.context = context / record.decode_sequences;
  if (record.duration > Seconds(0)) {
    // Means of first and last step; a run that was cut short ends on the way to its last.
    const double reached = run.steps > 1 ? static_cast<double>(steps - 1) / static_cast<double>(run.steps - 1) : 0;
    const auto share = [&](Seconds first, Seconds last) {
      const Seconds mean = first + (last - first) * reached * 0.5;
      return std::min(1.0, mean * static_cast<double>(steps) / record.duration);
    };
    record.use = {1, share(run.first.compute, run.last.compute), share(run.first.memory, run.last.memory),
                  share(run.first.link, run.last.link)};
  }
  log_.steps.push_back(record);
}

void Replica::finish_step(std::int64_t steps) {
  const Seconds now = Simulation::now();
  bool freed = false;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (plans_[g].empty) continue;
    const serving::StepOutcome outcome = groups_[g].commit(plans_[g], steps);
    log_.steps.back().output_tokens += outcome.emitted;
    for (const RequestId request : outcome.prefilled) {
      metrics::RequestRecord& record = log_.requests[static_cast<std::size_t>(request)];
      record.first_token = now;
      if (role_ != Role::prefill) {
        record.decode_ready = now;
        record.decode_instance = id_;
        continue;
      }
      outstanding_ -= record.input;
      if (record.output > 1) {
        events_.prefilled(request);
      } else {
        release(sequences_.at(request));
        events_.finished(request);
      }
    }
    for (const RequestId request : outcome.finished) {
      const Sequence sequence = sequences_.at(request);
      outstanding_ -= sequence.output + (role_ == Role::colocated ? sequence.input : 0);
      group_of_.erase(request);
      sequences_.erase(request);
      events_.finished(request);
      freed = true;
    }
  }
  if (freed) events_.has_room(id_);
}

}  // namespace podsim::engine
