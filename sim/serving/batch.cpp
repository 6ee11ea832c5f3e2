#include "serving/batch.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::serving {

Batch::Batch(BatchLimits limits, KvCache cache, PrefixTiers* tiers)
    : limits_(limits), cache_(std::move(cache)), tiers_(tiers), growth_(cache_.block_tokens(), limits.tokens_per_step) {}

bool Batch::Decoding::operator<(const Decoding& other) const {
  if (last_step != other.last_step) return last_step < other.last_step;
  return sequence.request < other.sequence.request;
}

std::int64_t Batch::blocks_at_admission(const Sequence& sequence) const {
  return cache_.blocks_for(sequence.input + (limits_.decodes && !grows() ? sequence.output : 0));
}

// Blocks that decoding takes in the next step.
std::int64_t Batch::growing() const { return grows() ? growth_.blocks(growth_.tokens_after(steps_), growth_.tokens_after(steps_ + 1)) : 0; }

std::size_t Batch::full_chunks(const Sequence& sequence, std::int64_t tokens) const {
  if (cache_.prefix_tokens() == 0) return 0;
  return std::min(sequence.prefix.size(), static_cast<std::size_t>(tokens / cache_.prefix_tokens()));
}

void Batch::add_prompt(const Sequence& sequence) {
  const Sequence own = ranked(sequence, limits_.queue);
  auto place = waiting_.end();
  if (!waiting_.empty() && overtakes(own, waiting_.back())) place = std::upper_bound(waiting_.begin(), waiting_.end(), own, overtakes);
  waiting_.insert(place, own);
  outstanding_ += sequence.input + (limits_.decodes ? sequence.output : 0);
}

bool Batch::reserve(const Sequence& sequence) {
  // Who was preempted comes first, and the step that is being made keeps the blocks that it will need.
  if (!waiting_.empty() || active() >= limits_.max_sequences || !cache_.fits(blocks_at_admission(sequence) + growing())) return false;
  cache_.take(blocks_at_admission(sequence));
  ++reserved_;
  outstanding_ += sequence.output;
  return true;
}

void Batch::add_decoding(const Sequence& sequence) {
  --reserved_;
  start_decoding(sequence, 0, turns_++);
}

void Batch::give_back(const Sequence& sequence, std::size_t pinned, std::int64_t blocks) {
  cache_.give_back(blocks - static_cast<std::int64_t>(pinned) * cache_.chunk_blocks());
  cache_.unpin(sequence.prefix, pinned);
}

void Batch::release(const Sequence& sequence) {
  std::size_t pinned = 0;
  if (const auto found = departing_pins_.find(sequence.request); found != departing_pins_.end()) {
    pinned = found->second;
    departing_pins_.erase(found);
  }
  give_back(sequence, pinned, blocks_at_admission(sequence));
  --departing_;
}

void Batch::start_decoding(const Sequence& sequence, std::size_t pinned, std::int64_t turn) {
  // The first token came with the prompt; the rest come `tokens_per_step` a step.
  const auto steps = static_cast<std::int64_t>(std::ceil(static_cast<double>(sequence.output - 1) / limits_.tokens_per_step - 1e-9));
  decoding_.insert({steps_ + std::max<std::int64_t>(steps, 1), steps_, sequence, pinned, turn});
  start_contexts_ += sequence.input + 1;
  start_steps_ += steps_;
  if (grows()) growth_.add(sequence.input, growth_.tokens_after(steps_));
}

// Takes it out of the decoding ones and gives its memory back.
void Batch::stop_decoding(std::set<Decoding>::const_iterator decoding, std::size_t pinned) {
  const Sequence& sequence = decoding->sequence;
  start_contexts_ -= sequence.input + 1;
  start_steps_ -= decoding->first_step;
  std::int64_t blocks = blocks_at_admission(sequence);
  if (grows()) {
    const std::int64_t now = growth_.tokens_after(steps_);
    const std::int64_t held = sequence.input + now - growth_.tokens_after(decoding->first_step);
    growth_.remove(held, now);
    blocks = cache_.blocks_for(held);
  }
  give_back(sequence, pinned, blocks);
  decoding_.erase(decoding);
}

bool Batch::admit(const Sequence& sequence, StepPlan& plan) {
  const std::size_t found = std::min(cache_.matching(sequence.prefix), full_chunks(sequence, sequence.input));
  const std::int64_t own = blocks_at_admission(sequence) - static_cast<std::int64_t>(found) * cache_.chunk_blocks();
  if (!cache_.fits(own + cache_.blocks_to_pin(sequence.prefix, found) + growing())) return false;
  cache_.pin(sequence.prefix, found);
  cache_.take(own);
  // The last token is always computed: it gives the first token of the answer.
  PrefixHit hit = {sequence.request, std::min(static_cast<std::int64_t>(found) * cache_.prefix_tokens(), sequence.input - 1), {}};
  std::int64_t done = hit.cached;
  if (tiers_) {
    for (const std::size_t chunks : tiers_->matching(sequence.prefix.first(full_chunks(sequence, sequence.input)), found)) {
      hit.loaded.push_back(std::min(static_cast<std::int64_t>(chunks) * cache_.prefix_tokens(), sequence.input - 1 - done));
      done += hit.loaded.back();
    }
  }
  if (done > 0) plan.hits.push_back(std::move(hit));
  outstanding_ -= done;
  auto place = prefilling_.end();
  while (place != prefilling_.begin() && !std::prev(place)->begun && overtakes(sequence, std::prev(place)->sequence)) --place;
  prefilling_.insert(place, {sequence, done, false, found, turns_++});
  return true;
}

// From the host's memory; with room for its next step, so that it does not go again at once.
bool Batch::bring_back(const Sequence& sequence, StepPlan& plan) {
  const std::int64_t blocks = cache_.blocks_for(sequence.input), now = growth_.tokens_after(steps_),
                     next = growth_.tokens_after(steps_ + 1);
  const std::int64_t soon = cache_.blocks_for(std::min(sequence.input + next - now, sequence.input + sequence.output));
  if (!cache_.fits(soon + growth_.blocks(now, next))) return false;
  cache_.take(blocks);
  swapped_blocks_ -= blocks;
  plan.moved_blocks += blocks;
  plan.returned.push_back(sequence.request);
  Sequence back = sequence;
  back.swapped = false;
  start_decoding(back, 0, turns_++);
  return true;
}

void Batch::admit(StepPlan& plan) {
  if (limits_.scheduling == Scheduling::static_batch && (active() > 0)) return;
  while (!waiting_.empty() && active() < limits_.max_sequences) {
    const Sequence& next = waiting_.front();
    if (!(next.swapped ? bring_back(next, plan) : admit(next, plan))) return;
    waiting_.pop_front();
  }
}

std::int64_t Batch::emitted_by(const Decoding& decoding) const {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(steps_ - decoding.first_step) * limits_.tokens_per_step + 1e-9));
}

// Before all that it does not give way to.
void Batch::wait_again(const Sequence& sequence) {
  waiting_.insert(std::lower_bound(waiting_.begin(), waiting_.end(), sequence, overtakes), sequence);
}

void Batch::preempt(const Prefilling& prompt, StepPlan& plan) {
  plan.preempted.push_back(prompt.sequence.request);
  give_back(prompt.sequence, prompt.pinned, blocks_at_admission(prompt.sequence));
  outstanding_ += prompt.done;
  wait_again(prompt.sequence);
}

void Batch::preempt(const Decoding& decoding, StepPlan& plan) {
  plan.preempted.push_back(decoding.sequence.request);
  const std::int64_t emitted = emitted_by(decoding);
  correction_ -= static_cast<double>(steps_ - decoding.first_step) * limits_.tokens_per_step - static_cast<double>(emitted);
  Sequence again = decoding.sequence;
  const std::int64_t blocks = cache_.blocks_for(again.input + emitted);
  if (swapped_blocks_ + blocks <= limits_.swap_blocks) {
    again.input += emitted;
    again.output -= emitted;
    again.swapped = true;
    outstanding_ -= emitted;
    swapped_blocks_ += blocks;
    plan.swapped.push_back(again.request);
    plan.moved_blocks += blocks;
  } else {  // the last token was never fed in; it is a part of the prompt now
    again.input += 1 + emitted;
    again.output -= 1 + emitted;
    again.resumed = true;
    outstanding_ += again.input + again.output - decoding.sequence.output;
  }
  wait_again(again);
}

// The lowest priority, and of that who was admitted last. False when only one is left: it always fits, unless what is on its way from
// another pool takes its room.
bool Batch::preempt_one(StepPlan& plan) {
  const auto rank = [](const auto& one) { return std::pair(-one.sequence.priority, one.turn); };
  const auto goes_later = [&](const auto& a, const auto& b) { return rank(a) < rank(b); };
  const auto last = std::max_element(decoding_.begin(), decoding_.end(), goes_later);
  const auto prompt = std::max_element(prefilling_.begin(), prefilling_.end(), goes_later);
  const std::size_t last_ones = reserved_ > 0 ? 0 : 1;
  if (prompt != prefilling_.end() && (decoding_.size() <= last_ones || rank(*prompt) > rank(*last))) {
    preempt(*prompt, plan);
    prefilling_.erase(prompt);
    return true;
  }
  if (decoding_.size() <= last_ones) return false;
  preempt(*last, plan);
  stop_decoding(last, last->pinned);
  return true;
}

// Takes the blocks that decoding needs in the next step.
void Batch::make_room(StepPlan& plan) {
  while (!cache_.fits(growing()) && preempt_one(plan)) {
  }
}

double Batch::fill() const {
  std::int64_t tokens = decoding() * limits_.queries;
  for (const Prefilling& prompt : prefilling_) tokens += prompt.sequence.input - prompt.done;
  for (auto next = waiting_.begin(); next != waiting_.end() && tokens < limits_.token_budget; ++next)
    tokens += next->swapped ? 0 : next->input;
  return std::min(1.0, static_cast<double>(tokens) / static_cast<double>(limits_.token_budget));
}

std::int64_t Batch::prompt_tokens() const {
  std::int64_t tokens = 0;
  for (const Prefilling& prompt : prefilling_) tokens += prompt.sequence.input - prompt.done;
  for (const Sequence& sequence : waiting_) tokens += sequence.swapped ? 0 : sequence.input;
  return tokens;
}

StepPlan Batch::plan(bool admitting) {
  StepPlan plan;
  if (grows() && !decoding_.empty()) make_room(plan);
  if (admitting && plan.preempted.empty()) admit(plan);
  std::int64_t budget = limits_.token_budget - (limits_.scheduling == Scheduling::prefill_first ? 0 : decoding() * limits_.queries);
  for (Prefilling& prompt : prefilling_) {
    if (budget <= 0) break;
    const std::int64_t tokens = std::min(budget, prompt.sequence.input - prompt.done);
    plan.chunks.push_back({prompt.sequence.request, prompt.done, tokens, !prompt.begun && !prompt.sequence.resumed});
    prompt.begun = true;
    budget -= tokens;
  }
  plan.empty = plan.chunks.empty() && decoding_.empty();
  return plan;
}

model::GroupLoad Batch::load(const StepPlan& plan, std::int64_t after) const {
  model::GroupLoad load;
  load.queries = limits_.queries;
  for (const Chunk& chunk : plan.chunks) {
    const auto before = static_cast<double>(chunk.before);
    const auto tokens = static_cast<double>(chunk.tokens);
    load.prefill_sequences += 1;
    load.prefill_tokens += tokens;
    load.prefill_pairs += tokens * before + tokens * (tokens + 1) / 2;  // causal
    load.prefill_context += before + tokens;
  }
  if (!decodes_in(plan)) return load;
  load.decode_sequences = static_cast<double>(decoding());
  const auto [starts, steps] = context();
  load.decode_context = static_cast<double>(starts) + limits_.tokens_per_step * static_cast<double>(steps + decoding() * after);
  return load;
}

std::int64_t Batch::steps_to_finish() const { return decoding_.empty() ? 0 : decoding_.begin()->last_step - steps_; }

std::int64_t Batch::steps_to_full() const {
  if (!grows() || decoding_.empty()) return std::numeric_limits<std::int64_t>::max();
  return growth_.steps_by(growth_.last_token(growth_.tokens_after(steps_), cache_.free())) - steps_;
}

void Batch::advance(std::int64_t steps) {
  if (grows()) cache_.take(growth_.blocks(growth_.tokens_after(steps_), growth_.tokens_after(steps_ + steps)));
  steps_ += steps;
}

StepOutcome Batch::commit(const StepPlan& plan, std::int64_t steps) {
  StepOutcome outcome;
  outcome.emitted = correction_;
  correction_ = 0;
  if (decodes_in(plan)) {
    advance(steps);
    outcome.emitted += static_cast<double>(decoding() * steps) * limits_.tokens_per_step;
  }
  while (!decoding_.empty() && decoding_.begin()->last_step <= steps_) {
    const auto done = decoding_.begin();
    const Sequence& sequence = done->sequence;
    outcome.finished.push_back(sequence.request);
    outcome.emitted -=
        static_cast<double>(done->last_step - done->first_step) * limits_.tokens_per_step - static_cast<double>(sequence.output - 1);
    outstanding_ -= sequence.output;
    const std::size_t shared = std::max(done->pinned, full_chunks(sequence, sequence.input + sequence.output - 1));
    keep(sequence.prefix, done->pinned, shared);
    stop_decoding(done, shared);
  }
  // Chunks were planned for the first prompts in order; only the last of them may be left unfinished.
  for (const Chunk& chunk : plan.chunks) {
    Prefilling& prompt = prefilling_.front();
    prompt.done += chunk.tokens;
    outstanding_ -= chunk.tokens;
    if (prompt.done < prompt.sequence.input) break;
    end_prompt(prompt, outcome);
    prefilling_.pop_front();
  }
  return outcome;
}

// For later prompts: here, and in the memories beyond.
void Batch::keep(BlockHashes prefix, std::size_t from, std::size_t to) {
  cache_.share(prefix, from, to);
  if (tiers_ && to > 0) tiers_->put(prefix, to);
}

void Batch::end_prompt(const Prefilling& prompt, StepOutcome& outcome) {
  const Sequence& sequence = prompt.sequence;
  const std::size_t shared = std::max(prompt.pinned, full_chunks(sequence, sequence.input));
  keep(sequence.prefix, prompt.pinned, shared);
  if (sequence.resumed) {
    outcome.emitted += 1;
    outcome.resumed.push_back(sequence.request);
  } else {
    outcome.prefilled.push_back(sequence.request);
  }
  if (!limits_.decodes) {
    ++departing_;
    if (shared > 0) departing_pins_[sequence.request] = shared;
  } else if (sequence.output == 1) {
    outcome.finished.push_back(sequence.request);
    give_back(sequence, shared, blocks_at_admission(sequence));
    outstanding_ -= sequence.output;
  } else {
    start_decoding(sequence, shared, prompt.turn);
  }
}

}  // namespace podsim::serving
