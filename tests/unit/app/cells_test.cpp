// Table cells come out of a worker as they went in, to the last bit.
#include "app/cells.hpp"

#include <bit>
#include <limits>

#include "base/random.hpp"

using podsim::app::pack;
using podsim::app::unpack;
using podsim::results::Cell;

TEST_CASE("Texts, counts and numbers keep kind and value") {
  const std::vector<Cell> cells = {std::string("a \"b\", c\n\\d"),
                                   std::string(),
                                   std::string("12"),
                                   std::string("München"),
                                   std::int64_t{0},
                                   std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min(),
                                   1.0,
                                   -0.0,
                                   0.1,
                                   1.0 / 3,
                                   1e308,
                                   std::numeric_limits<double>::denorm_min()};
  const auto read = unpack(pack(cells));
  CHECK(read == cells);
  CHECK(std::signbit(std::get<double>(read[8])));
  CHECK(unpack(pack({})).empty());
}

TEST_CASE("Any finite number reads back to the same bits") {
  podsim::RandomEngine random = podsim::random_stream(1, "bits");
  std::vector<Cell> cells;
  while (cells.size() < 1000) {
    const auto value = std::bit_cast<double>(static_cast<std::uint64_t>(random()));
    if (std::isfinite(value)) cells.emplace_back(value);
  }
  CHECK(unpack(pack(cells)) == cells);
}

TEST_CASE("A packed row is one line") { CHECK(pack({std::string("two\nlines"), 5.0}).find('\n') == std::string::npos); }
