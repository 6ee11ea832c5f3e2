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

TEST_CASE("Every router that deployments may name is tested by that name here") {
  std::set<std::string> names;
  for (const auto& router : podsim::app::routers()) names.insert(router.name);
  CHECK(names == std::set<std::string>{"least_outstanding", "round_robin", "random", "power_of_two", "least_kv", "prefix_affinity",
                                       "sticky", "slo_aware"});
}

TEST_CASE("SLO-aware takes the least loaded of those that would keep the target, else the one that would miss it by the least") {
  using podsim::Seconds;
  const podsim::serving::Call call = {.input = 1000, .ttft_target = Seconds(1)};
  const auto load = [](std::int64_t outstanding, std::int64_t queued, double rate, std::int64_t matching = 0) {
    return InstanceLoad{.outstanding_tokens = outstanding, .matching_tokens = matching, .queued_tokens = queued, .prefill_rate = rate};
  };
  const auto choose = [&](const std::vector<InstanceLoad>& loads) { return podsim::serving::slo_aware(loads, call); };
  CHECK(choose({load(500, 9001, 10000), load(9000, 8999, 10000)}) == 1);    // the first, though less loaded, would need 1.0001 s
  CHECK(choose({load(9000, 0, 10000), load(8000, 5000, 10000)}) == 1);      // both keep it
  CHECK(choose({load(10, 30000, 10000), load(20, 20000, 10000)}) == 1);     // neither does: 3.1 s and 2.1 s
  CHECK(choose({load(10, 30000, 10000), load(20, 20000, 4000)}) == 0);      // 3.1 s and 5.25 s
  CHECK(choose({load(10, 9500, 10000), load(20, 9500, 10000, 800)}) == 1);  // the prefix that it holds keeps the second in time
  CHECK(choose({load(10, 9500, 10000), load(20, 9500, 0)}) == 1);           // one that has done nothing yet is given a try
}
