// When prompts that wait may start: engines let them wait for a while so that decoding is interrupted less often.
#pragma once

#include <cstdint>

#include "config/node.hpp"

namespace podsim::serving {

struct GatePolicy {
  // The queue is looked at once in so many decode steps (SGLang: --scheduler-recv-interval); after a step with prompts, at once.
  int receive_interval = 1;
  // Steps that prompts wait at most for every attention group to have one (TensorRT-LLM: attention_dp_config, enable_balance and
  // timeout_iters); 0: they do not wait.
  int balance_wait = 0;
  // Steps that prompts wait at most until a step would reach `batch_fill` of the token budget (TensorRT-LLM: batch_wait_timeout_iters and
  // batch_wait_max_tokens_ratio); 0: they do not wait.
  int batch_wait = 0;
  double batch_fill = 1;

  bool always_open() const { return receive_interval <= 1 && balance_wait == 0 && batch_wait == 0; }
};

// The keys receive_interval, balance_wait and batch_wait: {steps, fill} of an engine profile.
GatePolicy read_gate_policy(config::Node& engine);

// Counts steps for one instance. Whoever decodes goes on while the gate is closed; when an attention group has nothing to decode, it opens.
class PromptGate {
 public:
  explicit PromptGate(const GatePolicy& policy) : policy_(policy) {}

  // What waits before a step.
  struct Queue {
    int groups = 0;
    int with_prompts = 0;  // groups
    int decoding = 0;      // groups
    bool room = true;      // every group has a free slot for a sequence
    double fill = 0;       // tokens that the step would have / token budget, of the fullest group
  };

  // Whether prompts may start in the next step. Without prompts the answer does not matter.
  bool opens(const Queue& queue);
  // Steps until it opens at the latest if nothing else changes; call after opens() said no.
  std::int64_t steps_left() const { return steps_left_; }
  // `steps` steps were made since opens() was asked.
  void pass(std::int64_t steps);

  const GatePolicy& policy() const { return policy_; }

 private:
  bool close(std::int64_t steps);

  GatePolicy policy_;
  std::int64_t since_look_ = 0;
  bool receiving_ = false;  // until the queue is empty
  bool closed_ = false;
  std::int64_t waited_ = 0;  // steps that the prompts have stood before a closed gate, apart from those between looks
  bool waits_ = false;
  std::int64_t steps_left_ = 0;
};

}  // namespace podsim::serving
