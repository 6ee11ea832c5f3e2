// Memory that runs out: caches that grow, who gives way and how it goes on, by recomputing or from the host's memory, and in which order.
#include "serving/batch.hpp"
#include "support/batches.hpp"

using namespace podsim::serving;
using test::plenty;
using test::prefill_all;
using test::requests_of;

namespace {

Sequence of_class(RequestId id, int priority, double deadline = 0, std::int64_t input = 32, std::int64_t output = 40) {
  return {.request = id, .input = input, .output = output, .priority = priority, .deadline = podsim::Seconds(deadline)};
}

}  // namespace

TEST_CASE("Growing caches take room for the prompt, then a block whenever the last is full") {
  Batch batch({.allocation = KvAllocation::grow}, KvCache(100, 16));
  batch.add_prompt({0, 30, 40});
  prefill_all(batch);
  CHECK(batch.cache().used() == 2);
  std::int64_t tokens = 30;
  while (!batch.idle()) {
    CHECK(batch.cache().used() == (tokens + 15) / 16);
    batch.commit(batch.plan(), 1);
    ++tokens;
  }
  CHECK(tokens == 30 + 39);
  CHECK(batch.cache().used() == 0);
}

TEST_CASE("When memory runs out the sequence admitted last is computed again, with its answer so far in the prompt") {
  Batch batch({.allocation = KvAllocation::grow}, KvCache(6, 16));
  batch.add_prompt({0, 32, 40});
  batch.add_prompt({1, 32, 40});
  prefill_all(batch);
  double emitted = 0;
  std::vector<RequestId> finished;
  std::vector<RequestId> preempted;
  std::int64_t again = 0;
  while (!batch.idle()) {
    const StepPlan plan = batch.plan();
    preempted.insert(preempted.end(), plan.preempted.begin(), plan.preempted.end());
    for (const Chunk& chunk : plan.chunks) again = std::max(again, chunk.tokens);
    const StepOutcome outcome = batch.commit(plan, 1);
    CHECK(outcome.prefilled.empty());  // no second first token
    CHECK(batch.cache().used() <= 6);
    emitted += outcome.emitted;
    finished.insert(finished.end(), outcome.finished.begin(), outcome.finished.end());
  }
  // Three blocks each hold 48 tokens: 16 steps; the 17th needs a fourth.
  CHECK(preempted == std::vector<RequestId>{1});
  CHECK(again == 32 + 1 + 16);
  CHECK(finished == std::vector<RequestId>{0, 1});
  CHECK(emitted == Approx(39 + 39));
}

TEST_CASE("A cache on its way takes no block that the next step needs, and whoever decodes gives way while it holds the rest") {
  Batch batch({.allocation = KvAllocation::grow}, KvCache(4, 16));
  REQUIRE(batch.reserve({0, 32, 40}));
  batch.add_decoding({0, 32, 40});
  CHECK_FALSE(batch.reserve({1, 32, 40}));  // the next step begins a block
  batch.commit(batch.plan(), 1);
  CHECK_FALSE(batch.reserve({1, 32, 40}));
  REQUIRE(batch.reserve({1, 16, 40}));  // three blocks and one
  batch.commit(batch.plan(), 15);       // 48 tokens
  const StepPlan plan = batch.plan();
  CHECK(plan.preempted == std::vector<RequestId>{0});
  CHECK(plan.empty);
  CHECK_FALSE(batch.reserve({2, 8, 4}));  // request 0 comes first
  batch.add_decoding({1, 16, 40});
  std::vector<RequestId> finished;
  while (!batch.idle()) {
    const StepOutcome outcome = batch.commit(batch.plan(), 1);
    finished.insert(finished.end(), outcome.finished.begin(), outcome.finished.end());
  }
  CHECK(finished == std::vector<RequestId>{1, 0});
}

TEST_CASE("There is memory for exactly as many steps as are promised") {
  const double tokens_per_step = GENERATE(1.0, 1.7, 2.44);
  const int sequences = GENERATE(1, 3, 7);
  Batch batch({.tokens_per_step = tokens_per_step, .allocation = KvAllocation::grow}, KvCache(60, 16));
  for (int id = 0; id < sequences; ++id) {
    batch.add_prompt({id, 20 + 7 * id, 100000});
    prefill_all(batch);  // each joins at another step
  }
  REQUIRE(batch.plan().preempted.empty());
  const std::int64_t steps = batch.steps_to_full();
  batch.advance(steps - 1);
  CHECK(batch.plan().preempted.empty());
  batch.advance(1);
  CHECK(batch.cache().used() <= 60);
  if (sequences > 1) CHECK_FALSE(batch.plan().preempted.empty());
}

TEST_CASE("With room in the host's memory the sequence admitted last moves there and goes on where it was") {
  Batch batch({.allocation = KvAllocation::grow, .swap_blocks = 10}, KvCache(6, 16));
  batch.add_prompt({0, 32, 40});
  batch.add_prompt({1, 32, 40});
  prefill_all(batch);
  double emitted = 0;
  std::int64_t moved = 0, prompts = 0, held = 0;
  std::vector<RequestId> finished, swapped, returned;
  while (!batch.idle()) {
    const StepPlan plan = batch.plan();
    swapped.insert(swapped.end(), plan.swapped.begin(), plan.swapped.end());
    returned.insert(returned.end(), plan.returned.begin(), plan.returned.end());
    moved += plan.moved_blocks;
    prompts += static_cast<std::int64_t>(plan.chunks.size());
    if (!plan.returned.empty()) held = static_cast<std::int64_t>(batch.load(plan).decode_context);
    const StepOutcome outcome = batch.commit(plan, 1);
    CHECK(batch.cache().used() <= 6);
    emitted += outcome.emitted;
    finished.insert(finished.end(), outcome.finished.begin(), outcome.finished.end());
  }
  // 16 steps fill three blocks each; they go and come back, and the context is the prompt, 1 + 16 tokens, when it does.
  CHECK(swapped == std::vector<RequestId>{1});
  CHECK(returned == std::vector<RequestId>{1});
  CHECK(moved == 3 + 3);
  CHECK(prompts == 0);
  CHECK(held == 32 + 1 + 16);
  CHECK(finished == std::vector<RequestId>{0, 1});
  CHECK(emitted == Approx(39 + 39));
  CHECK(batch.cache().used() == 0);
  CHECK(batch.outstanding_tokens() == 0);
}

TEST_CASE("When the host's memory is full a preempted sequence is computed again") {
  Batch batch({.allocation = KvAllocation::grow, .swap_blocks = 2}, KvCache(6, 16));  // it would need three
  batch.add_prompt({0, 32, 40});
  batch.add_prompt({1, 32, 40});
  prefill_all(batch);
  StepPlan plan = batch.plan();
  while (plan.preempted.empty()) {
    batch.commit(plan, 1);
    plan = batch.plan();
  }
  CHECK(plan.swapped.empty());
  CHECK(plan.moved_blocks == 0);
  CHECK(batch.prompt_tokens() == 32 + 1 + 16);
}

TEST_CASE("Many sequences that swap give every token once, whatever the tokens of a step") {
  const double tokens_per_step = GENERATE(1.0, 1.7);
  const std::int64_t space = GENERATE(0, 8, 1000);
  Batch batch({.tokens_per_step = tokens_per_step, .allocation = KvAllocation::grow, .swap_blocks = space}, KvCache(24, 16));
  double asked = 0, emitted = 0;
  int finished = 0, preempted = 0;
  for (int id = 0; id < 20; ++id) {
    batch.add_prompt({id, 20 + 13 * (id % 7), 10 + 29 * (id % 5)});
    asked += 9 + 29 * (id % 5);
  }
  for (int step = 0; !batch.idle(); ++step) {
    REQUIRE(step < 100000);
    const StepPlan plan = batch.plan();
    preempted += static_cast<int>(plan.preempted.size());
    const StepOutcome outcome = batch.commit(plan, 1);
    emitted += outcome.emitted;
    finished += static_cast<int>(outcome.finished.size());
  }
  CHECK(preempted > 0);
  CHECK(finished == 20);
  CHECK(emitted == Approx(asked));
  CHECK(batch.cache().used() == 0);
  CHECK(batch.outstanding_tokens() == 0);
}

TEST_CASE("The queue goes by arrival, by priority, or by priority and deadline") {
  const auto [order, expected] = GENERATE(table<QueueOrder, std::vector<RequestId>>(
      {{QueueOrder::arrival, {0, 1, 2, 3}}, {QueueOrder::priority, {1, 3, 0, 2}}, {QueueOrder::deadline, {3, 1, 2, 0}}}));
  Batch batch({.queue = order}, plenty);
  batch.add_prompt(of_class(0, 0, 9));
  batch.add_prompt(of_class(1, 5, 7));
  batch.add_prompt(of_class(2, 0, 4));
  batch.add_prompt(of_class(3, 5, 6));
  CHECK(requests_of(batch.plan()) == expected);
}

TEST_CASE("A prompt that has begun is finished before one of higher priority begins") {
  Batch batch({.token_budget = 100, .queue = QueueOrder::priority}, plenty);
  batch.add_prompt(of_class(0, 0, 0, 150));
  batch.add_prompt(of_class(1, 0, 0, 150));
  batch.commit(batch.plan(), 1);  // 100 of the first
  batch.add_prompt(of_class(2, 1, 0, 70));
  const StepPlan plan = batch.plan();
  CHECK(requests_of(plan) == std::vector<RequestId>{0, 2});
  CHECK(plan.chunks[1].tokens == 50);
}

TEST_CASE("When memory runs out the lowest priority gives way, however early it was admitted") {
  const QueueOrder order = GENERATE(QueueOrder::arrival, QueueOrder::priority);
  Batch batch({.allocation = KvAllocation::grow, .queue = order}, KvCache(6, 16));
  batch.add_prompt(of_class(0, 1));
  prefill_all(batch);
  batch.add_prompt(of_class(1, 2));
  prefill_all(batch);
  StepPlan plan = batch.plan();
  while (plan.preempted.empty()) {
    batch.commit(plan, 1);
    plan = batch.plan();
  }
  CHECK(plan.preempted == std::vector<RequestId>{order == QueueOrder::arrival ? 1 : 0});
}
