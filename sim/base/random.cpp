#include "base/random.hpp"

namespace podsim {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9e3779b97f4a7c15ULL * (b + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

RandomEngine random_stream(std::uint64_t seed, std::string_view name) {
  std::uint64_t state = mix(seed, 0);
  for (const char c : name) state = mix(state, static_cast<unsigned char>(c));
  return RandomEngine(state);
}

}  // namespace podsim
