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
  CHECK(cache.fits(48));
  CHECK_FALSE(cache.fits(49));
  cache.take(17);
  CHECK(cache.used() == 2);
  CHECK(cache.fits(16));
  CHECK_FALSE(cache.fits(17));
}

TEST_CASE("Used and free blocks add up to the capacity, whatever comes and goes") {
  podsim::RandomEngine random = podsim::random_stream(1, "kv");
  KvCache cache(500, 16);
  std::vector<std::int64_t> held;
  for (int i = 0; i < 2000; ++i) {
    const auto tokens = static_cast<std::int64_t>(random() % 900);
    if (random() % 2 == 0 && cache.fits(tokens)) {
      cache.take(tokens);
      held.push_back(tokens);
    } else if (!held.empty()) {
      cache.give_back(held.back());
      held.pop_back();
    }
    REQUIRE(cache.used() + cache.free() == 500);
    REQUIRE(cache.used() >= 0);
    REQUIRE(cache.free() >= 0);
  }
  for (const std::int64_t tokens : held) cache.give_back(tokens);
  CHECK(cache.used() == 0);
}
