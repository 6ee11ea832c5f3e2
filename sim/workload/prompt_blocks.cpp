#include "workload/prompt_blocks.hpp"

#include "base/random.hpp"

namespace podsim::workload {

void append_blocks(const Prompt& prompt, int block_tokens, std::vector<std::uint64_t>& hashes) {
  const std::int64_t blocks = block_count(prompt.tokens, block_tokens);
  for (std::int64_t b = 0; b < blocks; ++b) {
    const std::int64_t end = (b + 1) * block_tokens;
    const std::uint64_t text = end <= prompt.shared ? prompt.group : prompt.session;
    const std::uint64_t hash = mix(text, static_cast<std::uint64_t>(b));
    hashes.push_back(end <= prompt.tokens ? hash : mix(hash, static_cast<std::uint64_t>(prompt.tokens)));
  }
}

}  // namespace podsim::workload
