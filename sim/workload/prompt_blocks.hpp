// Prefix hashes of a prompt's blocks, as the Mooncake traces have them: equal hashes mean equal text up to the end of the block.
#pragma once

#include <cstdint>
#include <vector>

namespace podsim::workload {

// What a prompt consists of: the first `shared` tokens of the text named `group`, then tokens of the conversation named `session`.
// A later prompt of the same session begins with this one.
struct Prompt {
  std::uint64_t group = 0;
  std::int64_t shared = 0;
  std::uint64_t session = 0;
  std::int64_t tokens = 0;  // of the whole prompt
};

// Number of blocks: the last may be incomplete.
inline std::int64_t block_count(std::int64_t tokens, int block_tokens) { return (tokens + block_tokens - 1) / block_tokens; }

// Appends one hash a block. A block that lies wholly in the shared text has the same hash in every prompt of the group, a full block beyond
// it in every prompt of the session; an incomplete last block is the prompt's own, for the next turn fills it with other text.
void append_blocks(const Prompt& prompt, int block_tokens, std::vector<std::uint64_t>& hashes);

}  // namespace podsim::workload
