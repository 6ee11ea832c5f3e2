// Which instance takes the next request.
#include "serving/router.hpp"

#include "app/catalogue.hpp"

using podsim::serving::InstanceLoad;

TEST_CASE("Round robin takes one after the other, whatever their load") {
  const std::vector<InstanceLoad> loads = {{1000}, {0}, {5}};
  std::vector<std::size_t> chosen;
  for (std::uint64_t turn = 0; turn < 7; ++turn) chosen.push_back(podsim::serving::round_robin(loads, turn));
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
  for (std::uint64_t turn = 0; turn < 4; ++turn) CHECK(podsim::serving::least_outstanding(loads, turn) == expected);
}

TEST_CASE("The router that is taken where none is named looks at load") {
  const std::vector<InstanceLoad> loads = {{1000}, {0}};
  CHECK(podsim::app::routers().front().name == "least_outstanding");
  CHECK(podsim::app::routers().front().route(loads, 0) == 1);
}
