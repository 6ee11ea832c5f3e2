#include "engine/lowest.hpp"

#include <catch2/catch.hpp>
#include <random>

using podsim::engine::Lowest;

TEST_CASE("The lowest of numbers that change is found as by looking at all, the first of equals") {
  const std::size_t count = GENERATE(1, 2, 3, 8, 13);
  Lowest lowest(count, 5);
  std::vector<std::int64_t> all(count, 5);
  std::mt19937 random(static_cast<unsigned>(count));
  for (int i = 0; i < 200; ++i) {
    const std::size_t place = random() % count;
    lowest.set(place, all[place] = static_cast<std::int64_t>(random() % 10));
    const auto least = std::min_element(all.begin(), all.end());
    REQUIRE(lowest.value() == *least);
    REQUIRE(lowest.index() == static_cast<std::size_t>(least - all.begin()));
    REQUIRE(lowest.of(place) == all[place]);
    std::vector<std::size_t> low;
    for (std::size_t k = 0; k < count; ++k)
      if (all[k] <= 4) low.push_back(k);
    REQUIRE(lowest.up_to(4) == low);
  }
}
