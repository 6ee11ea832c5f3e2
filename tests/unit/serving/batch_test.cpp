// Continuous batching: who is admitted, what a step computes, and what is left when sequences end.
#include "serving/batch.hpp"

#include <cmath>

#include "support/batches.hpp"

using namespace podsim::serving;
using test::plenty;
using test::prefill_all;
using test::requests_of;

TEST_CASE("Memory for a whole sequence is taken at admission, and who does not fit waits") {
  Batch batch({}, KvCache(10, 16));
  for (const RequestId id : {0, 1, 2}) batch.add_prompt({id, 60, 20});  // 5 blocks each
  const StepPlan plan = batch.plan();
  CHECK(requests_of(plan) == std::vector<RequestId>{0, 1});
  CHECK(batch.cache().used() == 10);
  batch.commit(plan, 1);
  batch.commit(batch.plan(), batch.steps_to_finish());
  CHECK(batch.cache().used() == 0);
  CHECK(requests_of(batch.plan()) == std::vector<RequestId>{2});
}

TEST_CASE("Admission is first come, first served: nobody overtakes a sequence that does not fit") {
  Batch batch({}, KvCache(10, 16));
  batch.add_prompt({0, 60, 20});
  batch.add_prompt({1, 100, 20});  // 8 blocks, 5 are free
  batch.add_prompt({2, 10, 2});
  CHECK(requests_of(batch.plan()) == std::vector<RequestId>{0});
}

TEST_CASE("No more sequences than max_sequences are prefilling and decoding together") {
  Batch batch({.max_sequences = 3}, plenty);
  batch.add_prompt({0, 100, 50});
  prefill_all(batch);
  CHECK(batch.decoding() == 1);
  for (const RequestId id : {1, 2, 3}) batch.add_prompt({id, 100, 50});
  CHECK(requests_of(batch.plan()) == std::vector<RequestId>{1, 2});
}

TEST_CASE("A prompt beyond the token budget is cut into chunks, and the next prompt fills what is left") {
  Batch batch({.token_budget = 100}, plenty);
  batch.add_prompt({0, 150, 1});
  batch.add_prompt({1, 60, 1});
  using Parts = std::vector<std::vector<std::int64_t>>;
  const auto step = [&] {
    Parts parts;
    const StepPlan plan = batch.plan();
    for (const Chunk& chunk : plan.chunks) parts.push_back({chunk.request, chunk.before, chunk.tokens});
    batch.commit(plan, 1);
    return parts;
  };
  CHECK(step() == Parts{{0, 0, 100}});
  CHECK(step() == Parts{{0, 100, 50}, {1, 0, 50}});
  CHECK(step() == Parts{{1, 50, 10}});
  CHECK(batch.plan().empty);
  CHECK(batch.idle());
}

TEST_CASE("Decoding sequences are served first, each with all the tokens it feeds in") {
  const int queries = GENERATE(1, 2);
  Batch batch({.token_budget = 100, .queries = queries}, plenty);
  for (const RequestId id : {0, 1, 2}) batch.add_prompt({id, 10, 1000});
  prefill_all(batch);
  batch.add_prompt({3, 500, 1});
  CHECK(batch.plan().chunks.front().tokens == 100 - 3 * queries);
}

TEST_CASE("Decoding sequences may fill the whole step; prompts then wait") {
  Batch batch({.token_budget = 3}, plenty);
  for (const RequestId id : {0, 1, 2}) batch.add_prompt({id, 1, 10});
  prefill_all(batch);
  REQUIRE(batch.decoding() == 3);
  batch.add_prompt({3, 5, 5});
  const StepPlan plan = batch.plan();
  CHECK(plan.chunks.empty());
  CHECK_FALSE(plan.empty);
}

TEST_CASE("The chunks of a prompt attend to as many pairs as the prompt at once") {
  const std::int64_t budget = GENERATE(1, 64, 300, 5000);
  Batch batch({.token_budget = budget}, plenty);
  batch.add_prompt({0, 1000, 1});
  double pairs = 0, tokens = 0, context = 0;
  for (StepPlan plan = batch.plan(); !plan.empty; plan = batch.plan()) {
    const auto load = batch.load(plan);
    pairs += load.prefill_pairs;
    tokens += load.prefill_tokens;
    context = load.prefill_context;
    CHECK(load.prefill_sequences == 1);
    batch.commit(plan, 1);
  }
  CHECK(pairs == 1000.0 * 1001 / 2);
  CHECK(tokens == 1000);
  CHECK(context == 1000);  // the last chunk reads them all
}

TEST_CASE("An answer of n tokens takes n - 1 decode steps after its prompt") {
  Batch batch({}, plenty);
  batch.add_prompt({0, 100, 50});
  CHECK(batch.steps_to_finish() == 0);
  CHECK(batch.commit(batch.plan(), 1).prefilled == std::vector<RequestId>{0});
  CHECK(batch.steps_to_finish() == 49);
  CHECK(batch.commit(batch.plan(), 48).finished.empty());
  CHECK(batch.steps_to_finish() == 1);
  const StepOutcome last = batch.commit(batch.plan(), 1);
  CHECK(last.finished == std::vector<RequestId>{0});
  CHECK(last.emitted == Approx(1));
  CHECK(batch.idle());
}

TEST_CASE("With 1.7 tokens a step it takes (n - 1) / 1.7 steps, rounded up, and still gives n - 1 tokens") {
  const auto [output, steps] = GENERATE(table<int, int>({{2, 1}, {3, 2}, {18, 10}, {19, 11}, {35, 20}, {50, 29}, {171, 100}}));
  Batch batch({.tokens_per_step = 1.7, .queries = 2}, plenty);
  batch.add_prompt({0, 100, output});
  prefill_all(batch);
  REQUIRE(batch.steps_to_finish() == steps);
  double emitted = 0;
  for (int i = 1; i < steps; ++i) emitted += batch.commit(batch.plan(), 1).emitted;
  CHECK(emitted == Approx(1.7 * (steps - 1)));
  emitted += batch.commit(batch.plan(), 1).emitted;
  CHECK(emitted == Approx(output - 1));
  CHECK(batch.idle());
}

TEST_CASE("A single token comes with the prompt: nothing is decoded") {
  Batch batch({}, plenty);
  batch.add_prompt({0, 100, 1});
  const StepOutcome outcome = batch.commit(batch.plan(), 1);
  CHECK(outcome.prefilled == std::vector<RequestId>{0});
  CHECK(outcome.finished == std::vector<RequestId>{0});
  CHECK(outcome.emitted == 0);
  CHECK(batch.cache().used() == 0);
  CHECK(batch.outstanding_tokens() == 0);
}

TEST_CASE("Contexts begin one beyond the prompt and grow by the tokens of a step, each sequence from where it joined") {
  Batch batch({.tokens_per_step = 1.7, .queries = 2}, plenty);
  batch.add_prompt({0, 100, 1000});
  prefill_all(batch);
  batch.commit(batch.plan(), 5);
  batch.add_prompt({1, 300, 1000});
  prefill_all(batch);  // one step, in which the first sequence decodes too
  const StepPlan plan = batch.plan();
  for (const int after : {0, 1, 10, 100}) {
    const auto load = batch.load(plan, after);
    CHECK(load.decode_sequences == 2);
    CHECK(load.queries == 2);
    CHECK(load.decode_context == Approx((101 + 1.7 * (6 + after)) + (301 + 1.7 * after)));
  }
  batch.commit(plan, 10);
  CHECK(batch.load(batch.plan()).decode_context == Approx((101 + 1.7 * 16) + (301 + 1.7 * 10)));
}

TEST_CASE("A sequence that leaves takes its context along, whenever it joined") {
  Batch batch({}, plenty);
  batch.add_prompt({0, 500, 100});
  prefill_all(batch);
  batch.commit(batch.plan(), 5);
  batch.add_prompt({1, 100, 3});
  prefill_all(batch);  // one step more
  CHECK(batch.commit(batch.plan(), 2).finished == std::vector<RequestId>{1});
  CHECK(batch.load(batch.plan()).decode_context == 501 + 5 + 1 + 2);
}

TEST_CASE("Sequences of equal length that started together finish together, in the order of their numbers") {
  Batch batch({}, plenty);
  for (const RequestId id : {2, 0, 1}) batch.add_prompt({id, 10, 5});
  prefill_all(batch);
  CHECK(batch.commit(batch.plan(), batch.steps_to_finish()).finished == std::vector<RequestId>{0, 1, 2});
}

TEST_CASE("Many steps at once do what the same steps do one by one") {
  const double tokens_per_step = GENERATE(1.0, 1.7);
  Batch together({.tokens_per_step = tokens_per_step}, plenty), apart = together;
  for (Batch* batch : {&together, &apart}) {
    for (const RequestId id : {0, 1, 2}) batch->add_prompt({id, 100, 40 + 30 * id});
    prefill_all(*batch);
  }
  while (!together.idle()) {
    const std::int64_t steps = together.steps_to_finish();
    const StepOutcome all = together.commit(together.plan(), steps);
    StepOutcome last;
    double emitted = 0;
    for (std::int64_t i = 0; i < steps; ++i) {
      CHECK(last.finished.empty());
      last = apart.commit(apart.plan(), 1);
      emitted += last.emitted;
    }
    CHECK(all.finished == last.finished);
    CHECK(all.emitted == Approx(emitted));
    CHECK(together.load(together.plan()).decode_context == Approx(apart.load(apart.plan()).decode_context));
  }
  CHECK(apart.idle());
}

TEST_CASE("A prompt computes what the cache does not hold, and at least its last token") {
  const std::vector<std::uint64_t> prefix = {1, 2, 3, 4};
  Batch batch({}, KvCache(1000, 16, 64));
  batch.add_prompt({.request = 0, .input = 256, .output = 10, .prefix = prefix});
  prefill_all(batch);
  const auto [input, computed] = GENERATE(table<int, int>({{300, 300 - 256}, {200, 200 - 192}, {256, 1}}));
  batch.add_prompt({.request = 1, .input = input, .output = 1, .prefix = prefix});
  const StepPlan plan = batch.plan();
  CHECK(plan.chunks.front().tokens == computed);
  REQUIRE(plan.hits.size() == 1);
  CHECK(plan.hits[0].cached == input - computed);
  batch.commit(plan, 1);
  while (!batch.idle()) batch.commit(batch.plan(), 1);
  CHECK(batch.cache().used() == 0);
  CHECK(batch.cache().cached() == 16);
}

TEST_CASE("A static batch ends before the next begins") {
  Batch batch({.max_sequences = 2, .scheduling = Scheduling::static_batch}, plenty);
  for (const RequestId id : {0, 1, 2}) batch.add_prompt({id, 10, 5 + 5 * id});
  CHECK(requests_of(batch.plan()) == std::vector<RequestId>{0, 1});
  prefill_all(batch);
  batch.commit(batch.plan(), 4);  // the first has its 5 tokens
  CHECK(batch.plan().chunks.empty());
  batch.commit(batch.plan(), 5);
  CHECK(requests_of(batch.plan()) == std::vector<RequestId>{2});
}
