// Named random streams: what a stream's numbers depend on, and what they do not.
#include "base/random.hpp"

#include <set>

using namespace podsim;

namespace {

std::vector<std::uint64_t> draw(RandomEngine& engine, int count) {
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(engine());
  return numbers;
}

std::vector<std::uint64_t> first_numbers(std::uint64_t seed, std::string_view name) {
  RandomEngine engine = random_stream(seed, name);
  return draw(engine, 8);
}

}  // namespace

TEST_CASE("The same seed and name give the same numbers") {
  CHECK(first_numbers(1, "arrivals") == first_numbers(1, "arrivals"));
  CHECK(first_numbers(0, "") == first_numbers(0, ""));
}

TEST_CASE("Another seed or another name gives other numbers") {
  const std::vector<std::vector<std::uint64_t>> streams = {first_numbers(1, "arrivals"), first_numbers(2, "arrivals"),
                                                           first_numbers(1, "lengths"),  first_numbers(1, "arrival"),
                                                           first_numbers(1, "srriaval"), first_numbers(1, "")};
  std::set<std::uint64_t> numbers;
  for (const auto& stream : streams) numbers.insert(stream.begin(), stream.end());
  CHECK(numbers.size() == streams.size() * streams.front().size());
}

TEST_CASE("A stream does not notice how much another is used") {
  RandomEngine alone = random_stream(5, "input");
  const auto expected = draw(alone, 6);
  RandomEngine input = random_stream(5, "input");
  RandomEngine output = random_stream(5, "output");
  std::vector<std::uint64_t> interleaved;
  for (int i = 0; i < 6; ++i) {
    draw(output, 100 * i);
    interleaved.push_back(input());
  }
  CHECK(interleaved == expected);
}

TEST_CASE("A bit of a stream is set as often as not") {
  RandomEngine engine = random_stream(3, "bits");
  const int draws = 10000;
  int ones[64] = {};
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t number = engine();
    for (int bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(number >> bit & 1);
  }
  const double deviation = 0.5 / 100;  // of the share, 1 / (2 sqrt(draws))
  for (const int count : ones) CHECK(std::abs(count / double(draws) - 0.5) < 5 * deviation);
}

TEST_CASE("Mixing follows SplitMix64, whose outputs for the seed 1234567 are published") {
  // The test vector of https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
  const std::uint64_t published[] = {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL, 4593380528125082431ULL,
                                     16408922859458223821ULL};
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(mix(1234567, i) == published[i]);
}

TEST_CASE("Mixing tells its two numbers apart") {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t a = 0; a < 64; ++a) {
    for (std::uint64_t b = 0; b < 64; ++b) hashes.insert(mix(a, b));
  }
  CHECK(hashes.size() == 64 * 64);
  CHECK(mix(1, 2) != mix(2, 1));
}
