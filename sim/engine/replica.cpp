#include "engine/replica.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/instance_batches.hpp"

namespace podsim::engine {

using platform::Simulation;
using serving::Batch;
using serving::RequestId;
using serving::Role;
using serving::Sequence;

namespace {

// Index into RunLog::tiers of a service's first.
std::size_t first_tier_of(const Scenario& scenario, std::size_t service) {
  std::size_t first = 0;
  for (std::size_t s = 0; s < service; ++s) first += scenario.services[s].deployment.prefix_tiers.size();
  return first;
}

// The endpoints of each attention group, stage by stage.
std::vector<std::vector<int>> holders_of(const Instance& instance, const model::ParallelSpec& parallel) {
  std::vector<std::vector<int>> holders(static_cast<std::size_t>(parallel.data));
  for (int stage = 0; stage < parallel.attention_endpoints(); stage += parallel.stage()) {
    for (int i = 0; i < parallel.data * parallel.group(); ++i)
      holders[static_cast<std::size_t>(i / parallel.group())].push_back(instance.endpoints[static_cast<std::size_t>(stage + i)]);
  }
  return holders;
}

}  // namespace

Replica::Replica(int id, const Scenario& scenario, const Instance& instance, AgeingCost cost, metrics::RunLog& log, ReplicaEvents events,
                 serving::PrefixTiers* tiers, Loading loading)
    : id_(id),
      step_by_step_(scenario.step_by_step),
      role_(scenario.pool_of(instance).role),
      holders_(holders_of(instance, scenario.pool_of(instance).parallel)),
      cost_(std::move(cost)),
      loading_(std::move(loading)),
      first_tier_(first_tier_of(scenario, instance.service)),
      limits_(limits_of(scenario, instance)),
      admission_(scenario.pool_of(instance).engine.admission),
      block_(block_of(scenario, instance)),
      host_rate_(scenario.pool_of(instance).engine.preemption.rate),
      log_(log),
      events_(std::move(events)),
      groups_(scenario.pool_of(instance).parallel.data, limits_, scenario.pool_of(instance).engine.gate, cache_of(scenario, instance),
              tiers),
      gaps_(groups_.size(), log),
      stream_(scenario.pool_of(instance).engine.output_overhead) {}

// Brings the groups to the present, which lies within the steps that are being made.
void Replica::look() { groups_.look_ahead(running_.completed(Simulation::now() - running_since_)); }

std::int64_t Replica::matching_tokens(serving::BlockHashes prefix) {
  look();
  return groups_.matching_tokens(prefix);
}

std::int64_t Replica::used_blocks() {
  look();
  return groups_.used_blocks();
}

void Replica::submit(const Sequence& sequence) {
  if (!sequence.prefix.empty()) look();
  const std::size_t group = groups_.least_loaded(sequence.prefix);
  groups_.update(group, [&](Batch& batch) { batch.add_prompt(sequence); });
  here_[sequence.request] = {.group = group, .sequence = sequence, .queued = true};
  queued_prompts_ += sequence.input;
  outstanding_ += sequence.input + (role_ == Role::prefill ? 0 : sequence.output);
  wake_.notify();
}

// The prompts ahead of it and its own at the pace of full steps, with memory for all and nobody who decodes.
Seconds Replica::time_to_prefill(const Sequence& sequence) {
  if (!sequence.prefix.empty()) look();
  const std::size_t group = groups_.least_loaded(sequence.prefix);
  const auto tokens = static_cast<double>(groups_.prompt_tokens(group) + sequence.input - groups_.matching_tokens(sequence.prefix));
  const double step = std::min(tokens, static_cast<double>(limits_.token_budget));
  if (step <= 0) return Seconds(0);
  const LoadClass loads[] = {
      {{.prefill_sequences = 1, .prefill_tokens = step, .prefill_pairs = step * (step + 1) / 2, .prefill_context = step}, 1},
      {{}, static_cast<int>(groups_.size()) - 1}};
  return cost_.at(Simulation::now()).step(std::span(loads).first(groups_.size() > 1 ? 2 : 1)).total * (tokens / step);
}

metrics::Refusal Replica::refusal(const Sequence& sequence) {
  if (!admission_.limits()) return metrics::Refusal::none;
  if (!serving::has_place(admission_, groups_.queue(), sequence.input)) return metrics::Refusal::queue_full;
  if (admission_.in_time && Simulation::now() + time_to_prefill(sequence) > sequence.deadline) return metrics::Refusal::too_late;
  return metrics::Refusal::none;
}

bool Replica::reserve(const Sequence& sequence) {
  const bool grows = limits_.allocation == serving::KvAllocation::grow;
  if (grows) look();
  const auto reserve_in = [&](std::size_t group) { return groups_.update(group, [&](Batch& batch) { return batch.reserve(sequence); }); };
  std::size_t group = groups_.least_loaded();
  if (!reserve_in(group)) {
    for (group = 0; group < groups_.size() && !reserve_in(group);) ++group;
    if (group == groups_.size()) return false;
  }
  here_[sequence.request] = {group, sequence};
  outstanding_ += sequence.output;
  if (grows) wake_.notify();  // the run of steps under way counted on that memory
  return true;
}

void Replica::arrive(const Sequence& sequence) {
  arrived_.push_back(sequence);
  wake_.notify();
}

void Replica::release(const Sequence& sequence) {
  const auto found = here_.find(sequence.request);
  const Here here = found->second;
  here_.erase(found);
  groups_.update(here.group, [&](Batch& batch) { batch.release(here.sequence); });
  wake_.notify();
}

platform::Process<> Replica::run() {
  while (true) {
    for (const Sequence& sequence : arrived_) {
      Here& here = here_.at(sequence.request);
      groups_.update(here.group, [&](Batch& batch) { batch.add_decoding(sequence); });
      gaps_.join(here.group, sequence.request, record_of(sequence.request).first_token);
      here.decodes_since = gaps_.next();
    }
    arrived_.clear();
    const bool works = groups_.plan();
    record_plans();
    if (!works) {  // whoever decoded alone may have given way to a cache on its way, and moved while the instance stands still
      StepTime none;
      if (groups_.moved_blocks() > 0) swap(none);
      co_await wake_.wait();
      continue;
    }
    const Seconds last = std::exchange(running_since_, Simulation::now());
    std::vector<Seconds> loading;
    if (loading_.tiers() > 0 && groups_.hits()) loading = co_await load_prefixes();
    running_ = longest_run(cost_.pause_since(last, running_since_), loading);
    if (role_ == Role::prefill && events_.prompt_step) announce_prompts();
    std::int64_t steps = running_.steps;
    // Whoever comes meanwhile ends a run with the step in progress.
    if (steps > 1 && co_await wake_.wait_until(running_since_ + running_.time_of(steps)))
      steps = running_.steps_by(Simulation::now() - running_since_);
    co_await Simulation::sleep_until(running_since_ + running_.time_of(steps));
    record(running_, steps, running_since_);
    running_ = {};
    finish_step(steps);
    co_await Simulation::yield();  // who comes at the end of a step is there for the next
  }
}

void Replica::record_plans() {
  for (const AttentionGroups::Plan& plan : groups_.plans()) {
    for (const RequestId request : plan.step.preempted) interrupt(request);
    for (const RequestId request : plan.step.swapped) ++record_of(request).swaps;
    for (const RequestId request : plan.step.returned) {
      gaps_.rejoin(plan.group, request);
      here_.at(request).decodes_since = gaps_.next();
    }
    if (limits_.scheduling == serving::Scheduling::prefill_first && !plan.step.chunks.empty() && groups_.decoding(plan.group) > 0)
      gaps_.stand_still(plan.group, groups_.decoding(plan.group), Simulation::now());
    for (const serving::PrefixHit& hit : plan.step.hits) {
      record_of(hit.request).cached_tokens = hit.cached;
      record_of(hit.request).loaded_tokens = std::accumulate(hit.loaded.begin(), hit.loaded.end(), std::int64_t{0});
    }
    for (const serving::Chunk& chunk : plan.step.chunks) {
      if (chunk.first && record_of(chunk.request).admitted < Seconds(0)) record_of(chunk.request).admitted = Simulation::now();
    }
  }
}

void Replica::interrupt(RequestId request) {
  ++record_of(request).preemptions;
  if (record_of(request).first_token < Seconds(0)) return;
  add_longest_gap(request);
  gaps_.interrupt(here_.at(request).group, request, Simulation::now());
}

void Replica::add_longest_gap(RequestId request) {
  const Here& here = here_.at(request);
  Seconds& longest = record_of(request).longest_gap;
  longest = std::max(longest, gaps_.longest(here.group, here.decodes_since));
}

void Replica::announce_prompts() {
  for (const AttentionGroups::Plan& plan : groups_.plans()) {
    for (const serving::Chunk& chunk : plan.step.chunks) events_.prompt_step(chunk, running_.first.total);
  }
}

StepRun Replica::longest_run(Seconds pause, std::span<const Seconds> loading) {
  const Seconds now = running_since_;
  StepCost& cost = cost_.at(now);
  cost.set_stretch(stretch_);
  StepRun run = linear_run(cost, pause, loading);
  // No step begins where steps cost something else.
  if (const std::int64_t steps = run.steps_by(cost_.next_change(now) - now); steps < run.steps) {
    run.steps = steps;
    run.last = cost.step(groups_.loads(steps - 1));
  }
  return run;
}

// Of the tiers, for the prompts of the planned step.
platform::Process<std::vector<Seconds>> Replica::load_prefixes() {
  const std::vector<double> tokens = groups_.loaded_tokens(loading_.tiers());
  std::vector<Seconds> times = co_await loading_.bring(tokens);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    metrics::TierUse& use = log_.tiers[first_tier_ + t];
    use.tokens += tokens[t];
    use.bytes += loading_.bytes_of(tokens[t]);
    use.time += times[t];
  }
  co_return times;
}

// The step waits for what moves between the group's memory and the host's; groups do so at once.
void Replica::swap(StepTime& step) {
  const auto endpoints_per_group = static_cast<double>(holders_.front().size());
  step.total += block_ * static_cast<double>(groups_.most_moved_blocks()) / host_rate_;
  log_.kv_swapped += block_ * (static_cast<double>(groups_.moved_blocks()) * endpoints_per_group);
}

StepRun Replica::linear_run(StepCost& cost, Seconds pause, std::span<const Seconds> loading) {
  StepRun run;
  run.first = run.last = cost.step(groups_.loads(0));
  run.first.total += cost.first_use(groups_.prefill_tokens());
  loading_.add_to(run.first, loading);
  if (groups_.moved_blocks() > 0) swap(run.first);
  run.first.total += pause;
  if (step_by_step_ || pause > Seconds(0)) return run;
  // Halve until the duration is linear over the run: another operator may become the bottleneck on the way.
  for (std::int64_t steps = groups_.alike(); steps > 1; steps = (steps + 1) / 2) {
    run.steps = steps;
    run.last = cost.step(groups_.loads(steps - 1));
    if (steps == 2) return run;
    const std::int64_t middle = (steps - 1) / 2;
    const double share = static_cast<double>(middle) / static_cast<double>(steps - 1);
    const Seconds expected = run.first.total + (run.last.total - run.first.total) * share;
    if (std::abs((cost.step(groups_.loads(middle)).total - expected).value()) <= 1e-9 * expected.value()) return run;
  }
  run.steps = 1;
  run.last = run.first;
  return run;
}

void Replica::record(const StepRun& run, std::int64_t steps, Seconds start) {
  metrics::StepRecord record;
  record.instance = id_;
  record.start = start;
  record.duration = Simulation::now() - start;
  record.steps = steps;
  record.prefill_tokens = groups_.prefill_tokens();
  record.decode_sequences = groups_.decode_sequences();
  if (record.decode_sequences > 0) record.context = groups_.decode_context(steps - 1) / record.decode_sequences;
  if (record.duration > Seconds(0)) {
    // Means of first and last step; a run that was cut short ends on the way to its last.
    const double reached = run.steps > 1 ? static_cast<double>(steps - 1) / static_cast<double>(run.steps - 1) : 0;
    const auto share = [&](Seconds first, Seconds last) {
      const Seconds mean = first + (last - first) * reached * 0.5;
      return std::min(1.0, mean * static_cast<double>(steps) / record.duration);
    };
    record.use = {1 - share(run.first.idle, run.last.idle), share(run.first.compute, run.last.compute),
                  share(run.first.memory, run.last.memory), share(run.first.link, run.last.link)};
  }
  record.first = run.first.total;
  record.late = static_cast<double>(gaps_.decode(record, start + record.first));
  log_.steps.push_back(record);
  busy_ += record.duration;
  if (record.prefill_tokens > 0) {
    constexpr double memory = 0.9;
    prompt_tokens_ = prompt_tokens_ * memory + record.prefill_tokens;
    prompt_time_ = prompt_time_ * memory + record.duration;
  }
  for (std::size_t i = 0; i < log_.operator_time.size(); ++i)
    log_.operator_time[i] += (run.first.operators[i] + run.last.operators[i]) * (0.5 * static_cast<double>(steps));
}

void Replica::finish_step(std::int64_t steps) {
  const Seconds now = Simulation::now();
  const AttentionGroups::Outcome outcome = groups_.commit(steps);
  log_.steps.back().output_tokens = outcome.emitted;
  const Seconds seen = now + send(outcome);
  bool freed = false;
  for (const serving::StepOutcome& group : outcome.groups) {
    for (const RequestId request : group.prefilled) end_prompt(request, seen);
    for (const RequestId request : group.resumed) {
      gaps_.emit_again(request, now);
      here_.at(request).decodes_since = gaps_.next();
    }
    for (const RequestId request : group.finished) {
      if (record_of(request).output > 1) add_longest_gap(request);
      const auto found = here_.find(request);
      const Sequence& sequence = found->second.sequence;
      outstanding_ -= sequence.output + (role_ == Role::colocated ? sequence.input : 0);
      here_.erase(found);
      events_.finished(request, seen);
      freed = true;
    }
  }
  if (freed) events_.has_room(id_);
}

double Replica::shared_time() const { return running_.shared_at(Simulation::now() - running_since_); }

void Replica::set_stretch(double stretch) {
  if (stretch == stretch_) return;
  stretch_ = stretch;
  wake_.notify();
}

Seconds Replica::busy() const { return running_.first.total > Seconds(0) ? busy_ + (Simulation::now() - running_since_) : busy_; }

// Hands the tokens of the steps that have ended to the process that sends them; how long after now clients have those of the last step.
Seconds Replica::send(const AttentionGroups::Outcome& outcome) {
  const metrics::StepRecord& step = log_.steps.back();
  double tokens = outcome.emitted;
  for (const serving::StepOutcome& group : outcome.groups) tokens += static_cast<double>(group.prefilled.size());
  const Seconds idle = step.start - std::exchange(ended_, step.start + step.duration);
  return stream_.pass(idle, step.first, step.duration, step.steps, tokens / static_cast<double>(step.steps));
}

void Replica::end_prompt(RequestId request, Seconds seen) {
  metrics::RequestRecord& record = record_of(request);
  if (Here& here = here_.at(request); here.queued) {
    here.queued = false;
    queued_prompts_ -= record.input;
  }
  record.first_token = seen;
  if (role_ != Role::prefill) {
    record.decode_ready = Simulation::now();
    here_.at(request).decodes_since = gaps_.next();
    record.decode_instance = id_;
    return;
  }
  outstanding_ -= record.input;
  if (record.output > 1) {
    events_.prefilled(request);
  } else {
    release(here_.at(request).sequence);
    events_.finished(request, seen);
  }
}

}  // namespace podsim::engine
