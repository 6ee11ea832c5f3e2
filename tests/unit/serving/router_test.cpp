// Which instance takes the next request.
#include "serving/router.hpp"

#include <set>

#include "app/catalogue.hpp"

using podsim::serving::InstanceLoad;

TEST_CASE("Round robin takes one after the other, whatever their load") {
  const std::vector<InstanceLoad> loads = {{1000}, {0}, {5}};
  std::vector<std::size_t> chosen;
  for (std::uint64_t turn = 0; turn < 7; ++turn) chosen.push_back(podsim::serving::round_robin(loads, {.turn = turn}));
  CHECK(chosen == std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0});
}

TEST_CASE("Least outstanding takes the one with the fewest tokens, the first of equals, whatever the turn") {
  const auto [loads, expected] = GENERATE(table<std::vector<InstanceLoad>, std::size_t>({
      {{{1000}, {0}, {5}}, 1},
      {{{7}, {7}, {7}}, 0},
      {{{9}, {3}, {3}}, 1},
      {{{9}, {8}, {7}}, 2},
      {{{1}}, 0},
  }));
  for (std::uint64_t turn = 0; turn < 4; ++turn) CHECK(podsim::serving::least_outstanding(loads, {.turn = turn}) == expected);
}

TEST_CASE("The router that is taken where none is named looks at load") {
  const std::vector<InstanceLoad> loads = {{1000}, {0}};
  CHECK(podsim::app::routers().front().name == "least_outstanding");
  CHECK(podsim::app::routers().front().route(loads, {}) == 1);
}

TEST_CASE("Random choices spread evenly, depend on seed and turn only, and the better of two is never the most loaded") {
  const std::vector<InstanceLoad> loads = {{10}, {20}, {30}, {40}};
  std::vector<int> at_random(4), better(4);
  constexpr std::uint64_t turns = 4000;
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    ++at_random[podsim::serving::random_instance(loads, {.turn = turn, .seed = 3})];
    ++better[podsim::serving::power_of_two(loads, {.turn = turn, .seed = 3})];
  }
  // Binomial: 5 standard deviations are 5 sqrt(4000 p (1 - p)).
  for (const int count : at_random) CHECK(std::abs(count - 1000) < 137);
  // Of two distinct ones the least loaded wins: pairs with i as the better one, of 6.
  const std::vector<int> pairs = {3, 2, 1, 0};
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(better[i] - 4000 * pairs[i] / 6) <= 159);
  CHECK(better[3] == 0);
  CHECK(podsim::serving::random_instance(loads, {.turn = 7, .seed = 3}) == podsim::serving::random_instance(loads, {.turn = 7, .seed = 3}));
}

TEST_CASE("Routers that look at caches: the emptiest, and the one with the least left to compute") {
  const std::vector<InstanceLoad> loads = {{.outstanding_tokens = 100, .used_blocks = 9, .matching_tokens = 0},
                                           {.outstanding_tokens = 300, .used_blocks = 5, .matching_tokens = 250},
                                           {.outstanding_tokens = 120, .used_blocks = 7, .matching_tokens = 10}};
  CHECK(podsim::serving::least_kv(loads, {}) == 1);
  CHECK(podsim::serving::prefix_affinity(loads, {}) == 1);
}

TEST_CASE("Requests that begin alike stick together, others spread") {
  const std::vector<InstanceLoad> loads(8);
  std::set<std::size_t> used;
  for (std::uint64_t session = 0; session < 100; ++session) {
    const std::size_t home = podsim::serving::sticky(loads, {.turn = 1, .session = session});
    CHECK(podsim::serving::sticky(loads, {.turn = 99, .session = session}) == home);
    used.insert(home);
  }
  CHECK(used.size() == 8);
}
