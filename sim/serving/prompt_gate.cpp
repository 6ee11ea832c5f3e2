#include "serving/prompt_gate.hpp"

namespace podsim::serving {

GatePolicy read_gate_policy(config::Node& engine) {
  constexpr int most = 1 << 20;
  GatePolicy policy;
  policy.receive_interval = engine.get_within("receive_interval", 1, most, 1);
  policy.balance_wait = engine.get_within("balance_wait", 0, most, 0);
  if (auto wait = engine.find("batch_wait")) {
    policy.batch_wait = wait->get_within("steps", 1, most);
    policy.batch_fill = wait->get_within("fill", 0.0, 1.0);
    wait->done();
  }
  return policy;
}

bool PromptGate::close(std::int64_t steps) {
  closed_ = true;
  steps_left_ = steps;
  return false;
}

bool PromptGate::opens(const Queue& queue) {
  closed_ = waits_ = false;
  if (queue.with_prompts == 0) {
    receiving_ = false;
    return true;
  }
  if (queue.decoding > 0 && policy_.receive_interval > 1 && !receiving_ && since_look_ > 0)
    return close(policy_.receive_interval - since_look_);
  receiving_ = true;
  if (queue.decoding == queue.groups) {
    const int most = policy_.balance_wait > 0 && queue.groups > 1 ? policy_.balance_wait : policy_.batch_wait;
    const bool worth_it =
        policy_.balance_wait > 0 && queue.groups > 1 ? queue.with_prompts == queue.groups && queue.room : queue.fill >= policy_.batch_fill;
    waits_ = !worth_it && waited_ < most;
    if (waits_) return close(most - waited_);
  }
  waited_ = 0;
  return true;
}

void PromptGate::pass(std::int64_t steps) {
  since_look_ = (since_look_ + steps) % policy_.receive_interval;
  if (closed_ && waits_) waited_ += steps;
}

}  // namespace podsim::serving
