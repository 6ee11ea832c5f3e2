#include "serving/batch.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::serving {

bool Batch::Decoding::operator<(const Decoding& other) const {
  if (last_step != other.last_step) return last_step > other.last_step;
  return sequence.request > other.sequence.request;
}

std::int64_t Batch::memory_of(const Sequence& sequence) const { return sequence.input + (limits_.decodes ? sequence.output : 0); }

void Batch::add_prompt(const Sequence& sequence) {
  waiting_.push_back(sequence);
  outstanding_ += sequence.input + (limits_.decodes ? sequence.output : 0);
}

bool Batch::reserve(const Sequence& sequence) {
  if (decoding_ + reserved_ >= limits_.max_sequences || !cache_.fits(memory_of(sequence))) return false;
  cache_.take(memory_of(sequence));
  ++reserved_;
  outstanding_ += sequence.output;
  return true;
}

void Batch::add_decoding(const Sequence& sequence) {
  --reserved_;
  start_decoding(sequence);
}

void Batch::release(const Sequence& sequence) {
  cache_.give_back(memory_of(sequence));
  --departing_;
}

void Batch::start_decoding(const Sequence& sequence) {
  // The first token came with the prompt; the rest come `tokens_per_step` a step.
  const auto steps = static_cast<std::int64_t>(std::ceil(static_cast<double>(sequence.output - 1) / limits_.tokens_per_step - 1e-9));
  finish_order_.push({steps_ + std::max<std::int64_t>(steps, 1), steps_, sequence.input + 1, sequence});
  ++decoding_;
  start_contexts_ += sequence.input + 1;
  start_steps_ += steps_;
}

StepPlan Batch::plan() {
  while (!waiting_.empty() && cache_.fits(memory_of(waiting_.front())) &&
         decoding_ + reserved_ + departing_ + static_cast<std::int64_t>(prefilling_.size()) < limits_.max_sequences) {
    cache_.take(memory_of(waiting_.front()));
    prefilling_.push_back({waiting_.front()});
    waiting_.pop_front();
  }
  StepPlan plan;
  std::int64_t budget = limits_.token_budget - (limits_.prefill_first ? 0 : decoding_ * limits_.queries);
  for (const Prefilling& prompt : prefilling_) {
    if (budget <= 0) break;
    const std::int64_t tokens = std::min(budget, prompt.sequence.input - prompt.done);
    plan.chunks.push_back({prompt.sequence.request, prompt.done, tokens});
    budget -= tokens;
  }
  plan.empty = plan.chunks.empty() && decoding_ == 0;
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
  load.decode_sequences = static_cast<double>(decoding_);
  const double steps_taken = static_cast<double>(decoding_ * (steps_ + after) - start_steps_);
  load.decode_context = static_cast<double>(start_contexts_) + limits_.tokens_per_step * steps_taken;
  return load;
}

std::int64_t Batch::steps_to_finish() const { return finish_order_.empty() ? 0 : finish_order_.top().last_step - steps_; }

StepOutcome Batch::commit(const StepPlan& plan, std::int64_t steps) {
  StepOutcome outcome;
  if (decodes_in(plan)) {
    steps_ += steps;
    outcome.emitted = static_cast<double>(decoding_ * steps) * limits_.tokens_per_step;
  }
  while (!finish_order_.empty() && finish_order_.top().last_step <= steps_) {
    const Decoding& done = finish_order_.top();
    outcome.finished.push_back(done.sequence.request);
    outcome.emitted -=
        static_cast<double>(done.last_step - done.first_step) * limits_.tokens_per_step - static_cast<double>(done.sequence.output - 1);
    cache_.give_back(memory_of(done.sequence));
    outstanding_ -= done.sequence.output;
    start_contexts_ -= done.context;
    start_steps_ -= done.first_step;
    --decoding_;
    finish_order_.pop();
  }
  // Chunks were planned for the first prompts in order.
  for (const Chunk& chunk : plan.chunks) {
    const auto prompt =
        std::find_if(prefilling_.begin(), prefilling_.end(), [&](const Prefilling& p) { return p.sequence.request == chunk.request; });
    prompt->done += chunk.tokens;
    outstanding_ -= chunk.tokens;
    if (prompt->done < prompt->sequence.input) continue;
    const Sequence sequence = prompt->sequence;
    prefilling_.erase(prompt);
    outcome.prefilled.push_back(sequence.request);
    if (!limits_.decodes) {
      ++departing_;
    } else if (sequence.output == 1) {
      outcome.finished.push_back(sequence.request);
      cache_.give_back(memory_of(sequence));
      outstanding_ -= sequence.output;
    } else {
      start_decoding(sequence);
    }
  }
  return outcome;
}

}  // namespace podsim::serving
