// Batches of separate pools: prompts that leave, sequences that arrive, and the books of both.
#include "base/random.hpp"
#include "serving/batch.hpp"

using namespace podsim::serving;

TEST_CASE("In a prefill pool a sequence takes memory for its prompt only, and keeps it until its cache has left") {
  Batch batch({.decodes = false}, KvCache(10, 16));
  const Sequence sequence{0, 100, 5000};
  batch.add_prompt(sequence);
  CHECK(batch.outstanding_tokens() == 100);
  const StepOutcome outcome = batch.commit(batch.plan(), 1);
  CHECK(outcome.prefilled == std::vector<RequestId>{0});
  CHECK(outcome.finished.empty());
  CHECK(batch.decoding() == 0);
  CHECK(batch.idle());
  CHECK(batch.outstanding_tokens() == 0);
  CHECK(batch.cache().used() == 7);
  batch.release(sequence);
  CHECK(batch.cache().used() == 0);
}

TEST_CASE("Who is on the way to another pool still counts for max_sequences") {
  Batch batch({.max_sequences = 1, .decodes = false}, KvCache(100, 16));
  const Sequence first{0, 10, 10}, second{1, 10, 10};
  batch.add_prompt(first);
  batch.commit(batch.plan(), 1);
  batch.add_prompt(second);
  CHECK(batch.plan().empty);
  batch.release(first);
  CHECK(batch.plan().chunks.size() == 1);
}

TEST_CASE("A decode pool reserves memory for prompt and answer, and refuses what it cannot hold") {
  Batch batch({}, KvCache(10, 16));
  CHECK(batch.reserve({0, 100, 20}));
  CHECK(batch.cache().used() == 8);
  CHECK_FALSE(batch.reserve({1, 20, 13}));
  CHECK(batch.reserve({1, 20, 12}));
  CHECK(batch.cache().free() == 0);
  CHECK(batch.outstanding_tokens() == 20 + 12);
}

TEST_CASE("A decode pool refuses more than max_sequences, those on their way included") {
  Batch batch({.max_sequences = 2}, KvCache(1000, 16));
  CHECK(batch.reserve({0, 10, 10}));
  batch.add_decoding({0, 10, 10});
  CHECK(batch.reserve({1, 10, 10}));
  CHECK_FALSE(batch.reserve({2, 10, 10}));
  CHECK(batch.outstanding_tokens() == 10 + 10);
}

TEST_CASE("A sequence decodes from where its prompt ended, once its cache has arrived") {
  Batch batch({}, KvCache(1000, 16));
  REQUIRE(batch.reserve({7, 300, 11}));
  CHECK(batch.plan().empty);
  batch.add_decoding({7, 300, 11});
  const StepPlan plan = batch.plan();
  CHECK_FALSE(plan.empty);
  CHECK(batch.load(plan).decode_context == 301);
  CHECK(batch.steps_to_finish() == 10);
  const StepOutcome outcome = batch.commit(plan, 10);
  CHECK(outcome.finished == std::vector<RequestId>{7});
  CHECK(outcome.emitted == Approx(10));
  CHECK(batch.cache().used() == 0);
  CHECK(batch.outstanding_tokens() == 0);
}

TEST_CASE("Whatever comes: every answer is given whole, steps keep their budget, and all memory returns") {
  const int queries = GENERATE(1, 3);
  const double tokens_per_step = queries == 1 ? 1 : 1.7;
  const BatchLimits limits{.max_sequences = 12, .token_budget = 128, .tokens_per_step = tokens_per_step, .queries = queries};
  podsim::RandomEngine random = podsim::random_stream(static_cast<std::uint64_t>(queries), "batch");
  Batch batch(limits, KvCache(200, 16));
  constexpr RequestId count = 300;
  std::vector<int> prefilled(count), finished(count);
  double asked = 0, emitted = 0, computed = 0, prompts = 0;
  for (RequestId next = 0; next < count || !batch.idle();) {
    for (; next < count && random() % 3 != 0; ++next) {
      const Sequence sequence{next, 1 + static_cast<std::int64_t>(random() % 700), 1 + static_cast<std::int64_t>(random() % 200)};
      batch.add_prompt(sequence);
      prompts += static_cast<double>(sequence.input);
      asked += static_cast<double>(sequence.output - 1);
    }
    const StepPlan plan = batch.plan();
    const auto load = batch.load(plan);
    REQUIRE(load.tokens() <= 128);
    REQUIRE(load.decode_sequences + load.prefill_sequences <= 12);
    REQUIRE(batch.cache().used() <= 200);
    computed += load.prefill_tokens;
    const StepOutcome outcome = batch.commit(plan, plan.chunks.empty() && batch.decoding() > 0 ? batch.steps_to_finish() : 1);
    for (const RequestId request : outcome.prefilled) ++prefilled[static_cast<std::size_t>(request)];
    for (const RequestId request : outcome.finished) ++finished[static_cast<std::size_t>(request)];
    emitted += outcome.emitted;
  }
  CHECK(prefilled == std::vector<int>(count, 1));
  CHECK(finished == std::vector<int>(count, 1));
  CHECK(computed == prompts);
  CHECK(emitted == Approx(asked));
  CHECK(batch.cache().used() == 0);
  CHECK(batch.outstanding_tokens() == 0);
}
