// Suggestions: which known word is near enough to a misspelt one.
#include "config/suggest.hpp"

using podsim::config::did_you_mean;
using podsim::config::join;
using podsim::config::nearest;

namespace {
const std::vector<std::string> keys = {"bandwidth", "latency", "name", "power"};
}

TEST_CASE("A letter missing, added, changed or swapped still finds the word") {
  CHECK(nearest("latncy", keys) == "latency");
  CHECK(nearest("latenncy", keys) == "latency");
  CHECK(nearest("lavency", keys) == "latency");
  CHECK(nearest("latnecy", keys) == "latency");
}

TEST_CASE("The word with fewest edits is suggested") {
  const std::vector<std::string> near = {"h100-sxm", "h200-sxm", "h800-sxm"};
  CHECK(nearest("h20-sxm", near) == "h200-sxm");
  CHECK(nearest("h800-smx", near) == "h800-sxm");
}

TEST_CASE("A swap of neighbours is one edit, where two changed letters are two") {
  const std::vector<std::string> words = {"abxy", "bacd"};  // two changes; one swap
  CHECK(nearest("abcd", words) == "bacd");
}

TEST_CASE("Two edits are near, three are not, unless they are at most a third of the word") {
  const std::vector<std::string> six = {"decode"};
  CHECK(nearest("deco", six) == "decode");
  CHECK(nearest("dec", six).empty());
  const std::vector<std::string> twelve = {"abcdefghijkl"};
  CHECK(nearest("abcdefgh1234", twelve) == "abcdefghijkl");
  CHECK(nearest("abcdefg12345", twelve).empty());
}

TEST_CASE("A short word is not suggested when every letter would change") {
  const std::vector<std::string> words = {"ep", "tp"};
  CHECK(nearest("xy", words).empty());
  CHECK(nearest("tx", words) == "tp");
}

TEST_CASE("Where nothing is near nothing is said") {
  CHECK(nearest("price", {}).empty());
  CHECK(nearest("efficiency", keys).empty());
  CHECK(did_you_mean("efficiency", keys).empty());
  CHECK(did_you_mean("nmae", keys) == "; did you mean \"name\"?");
}

TEST_CASE("Words are joined by commas") {
  CHECK(join(keys) == "bandwidth, latency, name, power");
  CHECK(join({}).empty());
}
