// The paged KV cache: whole blocks are taken and given back, and none is lost.
#include "serving/kv_cache.hpp"

#include "base/random.hpp"

using podsim::serving::KvCache;

TEST_CASE("A sequence takes whole blocks") {
  const auto [tokens, blocks] = GENERATE(table<int, int>({{0, 0}, {1, 1}, {63, 1}, {64, 1}, {65, 2}, {6400, 100}, {6401, 101}}));
  CHECK(KvCache(1000, 64).blocks_for(tokens) == blocks);
}

TEST_CASE("A cache holds what fits and no block more") {
  KvCache cache(3, 16);
  CHECK(cache.capacity_tokens() == 48);
  CHECK(cache.fits(3));
  CHECK_FALSE(cache.fits(4));
  cache.take(2);
  CHECK(cache.used() == 2);
  CHECK(cache.fits(1));
  CHECK_FALSE(cache.fits(2));
}

namespace {
const std::vector<std::uint64_t> system_and_question = {1, 2, 3}, system_and_other = {1, 2, 9};
}

TEST_CASE("What a sequence shared stays for the next with the same beginning, up to where they differ") {
  KvCache cache(100, 16, 32);  // chunks of two blocks
  cache.take(7);
  cache.share(system_and_question, 0, 3);
  CHECK(cache.used() == 7);  // one block of its own, three chunks of two
  CHECK(cache.matching(system_and_question) == 3);
  CHECK(cache.matching(system_and_other) == 2);
  cache.give_back(1);
  cache.unpin(system_and_question, 3);
  CHECK(cache.used() == 0);
  CHECK(cache.cached() == 6);
  CHECK(cache.blocks_to_pin(system_and_other, 2) == 4);
  cache.pin(system_and_other, 2);
  CHECK(cache.used() == 4);
  CHECK(cache.blocks_to_pin(system_and_question, 2) == 0);  // in use already
}

TEST_CASE("Sequences that computed the same prefix at the same time keep one copy") {
  KvCache cache(100, 16, 32);
  cache.take(12);
  cache.share(system_and_question, 0, 3);
  cache.share(system_and_question, 0, 3);
  CHECK(cache.used() == 6);
  cache.unpin(system_and_question, 3);
  CHECK(cache.used() == 6);
  cache.unpin(system_and_question, 3);
  CHECK(cache.used() == 0);
}

TEST_CASE("Unused prefixes give way, the least recently used first and the end of a prefix before its start") {
  KvCache cache(10, 16, 32);
  cache.take(6);
  cache.share(system_and_question, 0, 3);
  cache.unpin(system_and_question, 3);
  CHECK(cache.free() == 10);
  cache.take(6);  // two blocks too many: the last chunk goes
  CHECK(cache.matching(system_and_question) == 2);
  cache.pin(system_and_question, 1);
  cache.unpin(system_and_question, 1);  // used last
  cache.take(2);
  CHECK(cache.matching(system_and_question) == 1);
}

TEST_CASE("Used and free blocks add up to the capacity, whatever comes and goes") {
  podsim::RandomEngine random = podsim::random_stream(1, "kv");
  KvCache cache(500, 16);
  std::vector<std::int64_t> held;
  for (int i = 0; i < 2000; ++i) {
    const auto blocks = static_cast<std::int64_t>(random() % 60);
    if (random() % 2 == 0 && cache.fits(blocks)) {
      cache.take(blocks);
      held.push_back(blocks);
    } else if (!held.empty()) {
      cache.give_back(held.back());
      held.pop_back();
    }
    REQUIRE(cache.used() + cache.free() == 500);
    REQUIRE(cache.used() >= 0);
    REQUIRE(cache.free() >= 0);
  }
  for (const std::int64_t blocks : held) cache.give_back(blocks);
  CHECK(cache.used() == 0);
}
