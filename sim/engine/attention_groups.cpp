#include "engine/attention_groups.hpp"

#include <algorithm>

namespace podsim::engine {

using serving::Batch;
using serving::StepOutcome;
using serving::StepPlan;

AttentionGroups::AttentionGroups(int groups, const serving::BatchLimits& limits, const serving::GatePolicy& gate,
                                 const serving::KvCache& cache, serving::PrefixTiers* tiers)
    : tokens_per_step_(limits.tokens_per_step),
      queries_(limits.queries),
      gate_(gate),
      batches_(static_cast<std::size_t>(groups), Batch(limits, cache, tiers)),
      states_(batches_.size()),
      class_of_(static_cast<std::size_t>(limits.max_sequences) + 1, -1) {}

void AttentionGroups::sync(std::size_t group) {
  State& state = states_[group];
  if (state.synced >= steps_ + ahead_) return;
  if (state.sequences > 0) batches_[group].advance(steps_ + ahead_ - state.synced);
  state.synced = steps_ + ahead_;
}

void AttentionGroups::refresh(std::size_t group) {
  const Batch& batch = batches_[group];
  State& state = states_[group];
  state.sequences = batch.decoding();
  with_prompts_ += (batch.has_prompts() ? 1 : 0) - (state.prompts ? 1 : 0);
  state.prompts = batch.has_prompts();
  state.finish = state.full = never;
  if (state.sequences == 0) return;
  state.base = batch.load({}).decode_context - growth(state.sequences) * static_cast<double>(state.synced);
  state.finish = state.synced + batch.steps_to_finish();
  const std::int64_t full = batch.steps_to_full();
  if (full < never - state.synced) state.full = state.synced + full;
  next_finish_ = std::min(next_finish_, state.finish);
  next_full_ = std::min(next_full_, state.full);
}

bool AttentionGroups::opens_gate() {
  if (gate_.policy().always_open()) return true;
  serving::PromptGate::Queue queue;
  queue.groups = static_cast<int>(batches_.size());
  for (std::size_t g = 0; g < batches_.size(); ++g) {
    if (states_[g].sequences > 0) ++queue.decoding;
    if (!batches_[g].has_slot()) queue.room = false;
    if (!states_[g].prompts) continue;
    ++queue.with_prompts;
    if (gate_.policy().batch_wait > 0) queue.fill = std::max(queue.fill, batches_[g].fill());
  }
  return gate_.opens(queue);
}

bool AttentionGroups::plan() {
  open_ = opens_gate();
  for (const Plan& plan : plans_) states_[plan.group].planned = false;
  plans_.clear();
  const bool any = with_prompts_ > 0 || next_full_ <= steps_;
  for (std::size_t g = 0; any && g < batches_.size(); ++g) {
    if (!states_[g].prompts && states_[g].full > steps_) continue;
    sync(g);
    StepPlan step = batches_[g].plan(open_);
    refresh(g);
    if (step.chunks.empty() && step.preempted.empty() && step.hits.empty() && step.moved_blocks == 0) continue;
    states_[g].planned = true;
    plans_.push_back({g, std::move(step)});
  }
  scan();
  return unplanned_sequences_ > 0 || std::any_of(plans_.begin(), plans_.end(), [](const Plan& plan) { return !plan.step.empty; });
}

// Sorts the groups by how many sequences they decode: of equal ones the longest context counts.
void AttentionGroups::scan() {
  for (const Class& known : classes_) class_of_[static_cast<std::size_t>(known.sequences)] = -1;
  classes_.clear();
  unplanned_sequences_ = 0;
  unplanned_base_ = 0;
  idle_ = 0;
  next_finish_ = next_full_ = never;
  for (const State& state : states_) {
    next_finish_ = std::min(next_finish_, state.finish);
    next_full_ = std::min(next_full_, state.full);
    if (state.planned) continue;
    if (state.sequences == 0) {
      ++idle_;
      continue;
    }
    unplanned_sequences_ += state.sequences;
    unplanned_base_ += state.base;
    int& known = class_of_[static_cast<std::size_t>(state.sequences)];
    if (known < 0) {
      known = static_cast<int>(classes_.size());
      classes_.push_back({state.sequences, state.base, 1});
    } else {
      Class& same = classes_[static_cast<std::size_t>(known)];
      same.base = std::max(same.base, state.base);
      ++same.groups;
    }
  }
  // Whoever was preempted may be admitted again in the step after; what comes back from the host's memory delays one step only.
  const bool single = std::any_of(plans_.begin(), plans_.end(), [](const Plan& plan) {
    return !plan.step.chunks.empty() || !plan.step.preempted.empty() || plan.step.moved_blocks > 0;
  });
  const std::int64_t next = std::min(next_finish_, next_full_);
  alike_ = single || next == never ? 1 : next - steps_;
  if (!open_) alike_ = std::min(alike_, gate_.steps_left());
}

std::span<const LoadClass> AttentionGroups::loads(std::int64_t after) {
  loads_.clear();
  for (const Plan& plan : plans_) loads_.push_back({batches_[plan.group].load(plan.step, after), 1});
  for (const Class& same : classes_) {
    model::GroupLoad load;
    load.decode_sequences = static_cast<double>(same.sequences);
    load.decode_context = same.base + growth(same.sequences) * static_cast<double>(steps_ + after);
    load.queries = queries_;
    loads_.push_back({load, same.groups});
  }
  if (idle_ > 0) loads_.push_back({{}, idle_});
  return loads_;
}

double AttentionGroups::decode_sequences() const {
  auto sum = static_cast<double>(unplanned_sequences_);
  for (const Plan& plan : plans_) sum += batches_[plan.group].load(plan.step).decode_sequences;
  return sum;
}

double AttentionGroups::decode_context(std::int64_t after) const {
  double sum = unplanned_base_ + growth(unplanned_sequences_) * static_cast<double>(steps_ + after);
  for (const Plan& plan : plans_) {
    const std::int64_t made = states_[plan.group].synced - steps_;
    sum += batches_[plan.group].load(plan.step, after - made).decode_context;
  }
  return sum;
}

double AttentionGroups::prefill_tokens() const {
  double sum = 0;
  for (const Plan& plan : plans_) {
    for (const serving::Chunk& chunk : plan.step.chunks) sum += static_cast<double>(chunk.tokens);
  }
  return sum;
}

std::vector<double> AttentionGroups::loaded_tokens(std::size_t tiers) const {
  std::vector<double> sum(tiers);
  for (const Plan& plan : plans_) {
    for (const serving::PrefixHit& hit : plan.step.hits) {
      for (std::size_t tier = 0; tier < hit.loaded.size(); ++tier) sum[tier] += static_cast<double>(hit.loaded[tier]);
    }
  }
  return sum;
}

std::int64_t AttentionGroups::most_moved_blocks() const {
  std::int64_t most = 0;
  for (const Plan& plan : plans_) most = std::max(most, plan.step.moved_blocks);
  return most;
}

std::int64_t AttentionGroups::moved_blocks() const {
  std::int64_t sum = 0;
  for (const Plan& plan : plans_) sum += plan.step.moved_blocks;
  return sum;
}

serving::Queue AttentionGroups::queue() const {
  serving::Queue queue;
  for (const Batch& batch : batches_) {
    queue.requests += batch.waiting();
    queue.tokens += batch.prompt_tokens();
  }
  return queue;
}

AttentionGroups::Outcome AttentionGroups::commit(std::int64_t steps) {
  static const StepPlan decode_on;
  ahead_ = 0;
  Outcome outcome;
  outcome.emitted = growth(unplanned_sequences_) * static_cast<double>(steps);
  const auto apply = [&](std::size_t g, const StepPlan& step) {
    sync(g);
    const std::int64_t made = states_[g].synced - steps_;  // by looking ahead
    StepOutcome ended = batches_[g].commit(step, steps - made);
    outcome.emitted += ended.emitted + growth(states_[g].sequences) * static_cast<double>(made);
    if (!ended.prefilled.empty() || !ended.finished.empty() || !ended.resumed.empty()) outcome.groups.push_back(std::move(ended));
    states_[g].synced = steps_ + steps;
  };
  std::vector<std::size_t> changed;
  const bool any = next_finish_ <= steps_ + steps;
  for (std::size_t g = 0; any && g < batches_.size(); ++g) {
    if (states_[g].planned || states_[g].finish > steps_ + steps) continue;
    outcome.emitted -= growth(states_[g].sequences) * static_cast<double>(steps);
    apply(g, decode_on);
    changed.push_back(g);
  }
  for (const Plan& plan : plans_) {
    apply(plan.group, plan.step);
    changed.push_back(plan.group);
  }
  steps_ += steps;
  gate_.pass(steps);
  for (const std::size_t g : changed) refresh(g);
  return outcome;
}

std::size_t AttentionGroups::least_loaded(serving::BlockHashes prefix) {
  std::size_t best = 0;
  std::int64_t least = never;
  for (std::size_t g = 0; g < batches_.size(); ++g) {
    std::int64_t work = batches_[g].outstanding_tokens();
    if (!prefix.empty()) {
      sync(g);
      const serving::KvCache& cache = batches_[g].cache();
      work -= static_cast<std::int64_t>(cache.matching(prefix)) * cache.prefix_tokens();
    }
    if (work < least) {
      least = work;
      best = g;
    }
  }
  return best;
}

std::int64_t AttentionGroups::matching_tokens(serving::BlockHashes prefix) {
  std::int64_t most = 0;
  if (prefix.empty()) return most;
  for (std::size_t g = 0; g < batches_.size(); ++g) {
    sync(g);
    const serving::KvCache& cache = batches_[g].cache();
    most = std::max(most, static_cast<std::int64_t>(cache.matching(prefix)) * cache.prefix_tokens());
  }
  return most;
}

std::int64_t AttentionGroups::used_blocks() {
  std::int64_t sum = 0;
  for (std::size_t g = 0; g < batches_.size(); ++g) {
    sync(g);
    sum += batches_[g].cache().used();
  }
  return sum;
}

}  // namespace podsim::engine
