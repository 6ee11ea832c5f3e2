// Paged KV cache of one attention group: how many blocks are taken.
#pragma once

#include <cstdint>

namespace podsim::serving {

// Blocks of `block_tokens` tokens. used() + free() == capacity() always.
class KvCache {
 public:
  KvCache(std::int64_t capacity_blocks, int block_tokens) : capacity_(capacity_blocks), block_tokens_(block_tokens) {}

  std::int64_t blocks_for(std::int64_t tokens) const { return (tokens + block_tokens_ - 1) / block_tokens_; }
  bool fits(std::int64_t tokens) const { return blocks_for(tokens) <= free(); }
  void take(std::int64_t tokens) { used_ += blocks_for(tokens); }  // REQUIRES fits(tokens)
  void give_back(std::int64_t tokens) { used_ -= blocks_for(tokens); }

  std::int64_t used() const { return used_; }
  std::int64_t free() const { return capacity_ - used_; }
  std::int64_t capacity() const { return capacity_; }
  std::int64_t capacity_tokens() const { return capacity_ * block_tokens_; }

 private:
  std::int64_t capacity_;
  int block_tokens_;
  std::int64_t used_ = 0;
};

}  // namespace podsim::serving
