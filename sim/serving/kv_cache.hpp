// Paged KV cache of one attention group: blocks of running sequences, and prefixes that later prompts may share.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>

#include "serving/queueing.hpp"

namespace podsim::serving {

// Blocks of `block_tokens` tokens, private to a sequence or shared. Shared prefixes are kept in chunks of `prefix_tokens` tokens (those
// that a workload's hashes stand for), pinned while a sequence uses them; the rest stays until room is needed, least recently used first.
// used() + free() == capacity() always.
class KvCache {
 public:
  // prefix_tokens 0: nothing is shared.
  KvCache(std::int64_t capacity_blocks, int block_tokens, int prefix_tokens = 0);

  std::int64_t blocks_for(std::int64_t tokens) const { return (tokens + block_tokens_ - 1) / block_tokens_; }
  bool fits(std::int64_t blocks) const { return blocks <= free(); }
  void take(std::int64_t blocks);  // REQUIRES fits(blocks)
  void give_back(std::int64_t blocks) { private_ -= blocks; }

  // How many chunks of the prefix are here, from its start on.
  std::size_t matching(BlockHashes prefix) const;
  // Blocks that become unavailable when the first `chunks` chunks, which are here, are pinned.
  std::int64_t blocks_to_pin(BlockHashes prefix, std::size_t chunks) const;
  void pin(BlockHashes prefix, std::size_t chunks);
  // Turns private blocks of a sequence that has pinned `from` chunks into pinned chunks [from, to). Private copies of what another
  // sequence has shared meanwhile are freed.
  void share(BlockHashes prefix, std::size_t from, std::size_t to);
  void unpin(BlockHashes prefix, std::size_t chunks);

  std::int64_t used() const { return private_ + pinned_; }
  std::int64_t free() const { return capacity_ - used(); }  // unpinned prefixes give way
  std::int64_t cached() const { return unpinned_; }
  std::int64_t capacity() const { return capacity_; }
  std::int64_t capacity_tokens() const { return capacity_ * block_tokens_; }
  int block_tokens() const { return block_tokens_; }
  int prefix_tokens() const { return prefix_tokens_; }
  std::int64_t chunk_blocks() const { return chunk_blocks_; }

 private:
  struct Chunk {
    std::int32_t users = 0;
    std::list<std::uint64_t>::iterator place;  // in unused_, while it has no users
  };

  void evict();

  std::int64_t capacity_;
  int block_tokens_;
  int prefix_tokens_;
  std::int64_t chunk_blocks_ = 0;
  std::int64_t private_ = 0;
  std::int64_t pinned_ = 0;
  std::int64_t unpinned_ = 0;
  std::unordered_map<std::uint64_t, Chunk> chunks_;
  std::list<std::uint64_t> unused_;  // least recently used first
};

}  // namespace podsim::serving
