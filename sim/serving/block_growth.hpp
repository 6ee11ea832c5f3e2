// When the caches of decoding sequences grow by a block: counted by phase, so that many steps cost what one does.
#pragma once

#include <cstdint>
#include <vector>

namespace podsim::serving {

// Every sequence writes the same tokens in the same steps; a sequence that holds `tokens` now needs a new block whenever what it holds is a
// multiple of the block. Token time counts the tokens that each has written since the start.
class BlockGrowth {
 public:
  // tokens_per_step may be fractional: after s steps floor(s * tokens_per_step) tokens have been written.
  BlockGrowth(int block_tokens, double tokens_per_step);

  std::int64_t tokens_after(std::int64_t steps) const;
  // A sequence that holds `tokens` at token time `now` joins, or leaves.
  void add(std::int64_t tokens, std::int64_t now) { change(tokens, now, 1); }
  void remove(std::int64_t tokens, std::int64_t now) { change(tokens, now, -1); }
  // Blocks that all need for the tokens of token times (from, to].
  std::int64_t blocks(std::int64_t from, std::int64_t to) const;
  // The last token time for which `free` blocks are enough, from `from` on; nobody there: the end of time.
  std::int64_t last_token(std::int64_t from, std::int64_t free) const;
  // The steps that are complete by token time `token`.
  std::int64_t steps_by(std::int64_t token) const;

 private:
  void change(std::int64_t tokens, std::int64_t now, std::int64_t by);
  std::int64_t starting_at(std::int64_t token) const;  // sequences that begin a block with the token of this time

  double tokens_per_step_;
  std::int64_t sequences_ = 0;
  std::vector<std::int64_t> by_phase_;
};

}  // namespace podsim::serving
