// Who waits for admission, and in which order: queues by arrival, priority or deadline, and their limits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::serving {

using RequestId = std::int32_t;
using BlockHashes = std::span<const std::uint64_t>;  // of a prompt's whole prefix, chunk by chunk of prefix_tokens

struct Sequence {
  RequestId request = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
  BlockHashes prefix = {};  // of its prompt, and of its answer where the workload knows that it comes back
  bool resumed = false;     // preempted before: the answer so far is part of the prompt now
  bool swapped = false;     // preempted before: prompt and answer so far are in the host's memory
  int priority = 0;         // of its class; higher goes first
  Seconds deadline{0};      // when its first token is due: arrival + time to first token that it was promised
};

enum class QueueOrder {
  arrival,   // first come, first served, whatever the class
  priority,  // higher priority first, then by arrival (vLLM: --scheduling-policy priority, with the sign turned)
  deadline,  // higher priority first, then the earliest deadline: aware of what each class was promised
};

// The key `queue: arrival | priority | deadline` of an engine profile.
QueueOrder read_queue_order(config::Node& engine);

// What the order leaves of a sequence's priority and deadline: who goes first and who is preempted first is decided by the two alone.
Sequence ranked(Sequence sequence, QueueOrder order);
// Whether `a` is admitted before `b` although it came later. REQUIRES both ranked.
bool overtakes(const Sequence& a, const Sequence& b);

// Requests that would wait too long are refused when they come, so that those who wait are served in time.
struct Admission {
  std::int64_t queued_requests = 0;  // that may wait in an instance (SGLang: --max-queued-requests); 0: any number
  std::int64_t queued_tokens = 0;    // prompt tokens still to be computed in an instance; 0: any number
  bool in_time = false;              // refuse a request whose first token cannot come by its deadline, even if memory is free

  bool limits() const { return queued_requests > 0 || queued_tokens > 0 || in_time; }
};

// {queued_requests, queued_tokens, in_time}: each may be absent, not all.
Admission read_admission(config::Node node);

// What waits in an instance when a request comes.
struct Queue {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;  // of their prompts, and what is left of the prompts under way
};

// Whether the queue may take a prompt of `tokens` tokens more, `in_time` apart. An empty queue takes any prompt.
bool has_place(const Admission& admission, const Queue& queue, std::int64_t tokens);

}  // namespace podsim::serving
