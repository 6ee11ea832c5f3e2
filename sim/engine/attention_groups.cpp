#include "engine/attention_groups.hpp"

#include <algorithm>
#include <utility>

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
      finishes_(batches_.size(), never),
      fulls_(batches_.size(), never),
      outstanding_(batches_.size(), 0),
      classes_(static_cast<std::size_t>(limits.max_sequences) + 1),
      idle_(groups) {}

void AttentionGroups::sync(std::size_t group) {
  State& state = states_[group];
  if (state.synced >= steps_ + ahead_) return;
  if (state.sequences > 0) batches_[group].advance(steps_ + ahead_ - state.synced);
  state.synced = steps_ + ahead_;
}

// Adds a group without a plan to the sums and classes, or takes it out of them.
void AttentionGroups::count(std::size_t group, int sign) {
  const State& state = states_[group];
  if (state.planned) return;
  if (state.sequences == 0) {
    idle_ += sign;
    return;
  }
  unplanned_.sequences += sign * state.sequences;
  unplanned_.starts += sign * state.starts;
  unplanned_.offset += sign * state.offset;
  Class& same = classes_[static_cast<std::size_t>(state.sequences)];
  if (sign > 0) {
    if (same.groups == 0) {
      in_use_.push_back(state.sequences);
      same = {0, base_of(state), true};
    }
    same.base = std::max(same.base, base_of(state));
  } else if (same.base == base_of(state)) {
    same.known = false;
  }
  same.groups += sign;
  if (same.groups == 0) std::erase(in_use_, state.sequences);
}

double AttentionGroups::longest_base(std::int64_t sequences) {
  Class& same = classes_[static_cast<std::size_t>(sequences)];
  if (!std::exchange(same.known, true)) {
    same.base = -std::numeric_limits<double>::infinity();
    for (const State& state : states_) {
      if (state.sequences == sequences && !state.planned) same.base = std::max(same.base, base_of(state));
    }
  }
  return same.base;
}

void AttentionGroups::set_planned(std::size_t group, bool planned) {
  count(group, -1);
  states_[group].planned = planned;
  count(group, 1);
}

void AttentionGroups::refresh(std::size_t group) {
  const Batch& batch = batches_[group];
  State& state = states_[group];
  count(group, -1);
  const auto [starts, steps] = batch.context();
  state.sequences = batch.decoding();
  state.starts = starts;
  state.offset = state.sequences * state.synced - steps;
  count(group, 1);
  with_prompts_ += (batch.has_prompts() ? 1 : 0) - (state.prompts ? 1 : 0);
  state.prompts = batch.has_prompts();
  const std::int64_t full = batch.steps_to_full();
  finishes_.set(group, state.sequences > 0 ? state.synced + batch.steps_to_finish() : never);
  fulls_.set(group, state.sequences > 0 && full < never - state.synced ? state.synced + full : never);
  outstanding_.set(group, batch.outstanding_tokens());
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
  for (const Plan& plan : plans_) set_planned(plan.group, false);
  plans_.clear();
  const bool any = with_prompts_ > 0 || fulls_.value() <= steps_;
  for (std::size_t g = 0; any && g < batches_.size(); ++g) {
    if (!states_[g].prompts && fulls_.of(g) > steps_) continue;
    sync(g);
    StepPlan step = batches_[g].plan(open_);
    refresh(g);
    if (step.chunks.empty() && step.preempted.empty() && step.hits.empty() && step.moved_blocks == 0) continue;
    set_planned(g, true);
    plans_.push_back({g, std::move(step)});
  }
  // Whoever was preempted may be admitted again in the step after; what comes back from the host's memory delays one step only.
  const bool single = std::any_of(plans_.begin(), plans_.end(), [](const Plan& plan) {
    return !plan.step.chunks.empty() || !plan.step.preempted.empty() || plan.step.moved_blocks > 0;
  });
  const std::int64_t next = std::min(finishes_.value(), fulls_.value());
  alike_ = single || next == never ? 1 : next - steps_;
  if (!open_) alike_ = std::min(alike_, gate_.steps_left());
  return unplanned_.sequences > 0 || std::any_of(plans_.begin(), plans_.end(), [](const Plan& plan) { return !plan.step.empty; });
}

std::span<const LoadClass> AttentionGroups::loads(std::int64_t after) {
  loads_.clear();
  for (const Plan& plan : plans_) loads_.push_back({batches_[plan.group].load(plan.step, after), 1});
  for (const std::int64_t sequences : in_use_) {
    model::GroupLoad load;
    load.decode_sequences = static_cast<double>(sequences);
    load.decode_context = longest_base(sequences) + growth(sequences) * static_cast<double>(steps_ + after);
    load.queries = queries_;
    loads_.push_back({load, classes_[static_cast<std::size_t>(sequences)].groups});
  }
  if (idle_ > 0) loads_.push_back({{}, idle_});
  return loads_;
}

double AttentionGroups::decode_sequences() const {
  auto sum = static_cast<double>(unplanned_.sequences);
  for (const Plan& plan : plans_) sum += batches_[plan.group].load(plan.step).decode_sequences;
  return sum;
}

double AttentionGroups::decode_context(std::int64_t after) const {
  double sum = base_of(unplanned_) + growth(unplanned_.sequences) * static_cast<double>(steps_ + after);
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

bool AttentionGroups::hits() const {
  return std::ranges::any_of(plans_, [](const Plan& plan) { return !plan.step.hits.empty(); });
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
  outcome.emitted = growth(unplanned_.sequences) * static_cast<double>(steps);
  const auto apply = [&](std::size_t g, const StepPlan& step) {
    sync(g);
    const std::int64_t made = states_[g].synced - steps_;  // by looking ahead
    StepOutcome ended = batches_[g].commit(step, steps - made);
    outcome.emitted += ended.emitted + growth(states_[g].sequences) * static_cast<double>(made);
    if (!ended.prefilled.empty() || !ended.finished.empty() || !ended.resumed.empty()) outcome.groups.push_back(std::move(ended));
    states_[g].synced = steps_ + steps;
  };
  std::vector<std::size_t> changed;
  for (const std::size_t g : finishes_.up_to(steps_ + steps)) {
    if (states_[g].planned) continue;
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
  if (prefix.empty()) return outstanding_.index();
  std::size_t best = 0;
  std::int64_t least = never;
  for (std::size_t g = 0; g < batches_.size(); ++g) {
    sync(g);
    const serving::KvCache& cache = batches_[g].cache();
    const std::int64_t work = outstanding_.of(g) - static_cast<std::int64_t>(cache.matching(prefix)) * cache.prefix_tokens();
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
