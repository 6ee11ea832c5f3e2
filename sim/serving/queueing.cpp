#include "serving/queueing.hpp"

namespace podsim::serving {

QueueOrder read_queue_order(config::Node& engine) {
  return static_cast<QueueOrder>(engine.one_of("queue", {"arrival", "priority", "deadline"}, 0));
}

Sequence ranked(Sequence sequence, QueueOrder order) {
  if (order == QueueOrder::arrival) sequence.priority = 0;
  if (order != QueueOrder::deadline) sequence.deadline = Seconds(0);
  return sequence;
}

bool overtakes(const Sequence& a, const Sequence& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.deadline < b.deadline;
}

Admission read_admission(config::Node node) {
  constexpr std::int64_t most = std::int64_t{1} << 50;
  Admission admission;
  admission.queued_requests = node.get_within<std::int64_t>("queued_requests", 1, most, 0);
  admission.queued_tokens = node.get_within<std::int64_t>("queued_tokens", 1, most, 0);
  admission.in_time = node.get("in_time", false);
  node.done();
  if (!admission.limits()) node.fail("limits nothing: say queued_requests, queued_tokens or in_time: true");
  return admission;
}

bool has_place(const Admission& admission, const Queue& queue, std::int64_t tokens) {
  if (queue.requests == 0) return true;
  if (admission.queued_requests > 0 && queue.requests >= admission.queued_requests) return false;
  return admission.queued_tokens == 0 || queue.tokens + tokens <= admission.queued_tokens;
}

}  // namespace podsim::serving
