#include "serving/kv_cache.hpp"

namespace podsim::serving {

KvCache::KvCache(std::int64_t capacity_blocks, int block_tokens, int prefix_tokens)
    : capacity_(capacity_blocks), block_tokens_(block_tokens), prefix_tokens_(prefix_tokens) {
  chunk_blocks_ = blocks_for(prefix_tokens);
}

void KvCache::take(std::int64_t blocks) {
  private_ += blocks;
  evict();
}

void KvCache::evict() {
  while (used() + unpinned_ > capacity_ && !unused_.empty()) {
    chunks_.erase(unused_.front());
    unused_.pop_front();
    unpinned_ -= chunk_blocks_;
  }
}

std::size_t KvCache::matching(BlockHashes prefix) const {
  std::size_t found = 0;
  while (found < prefix.size() && chunks_.contains(prefix[found])) ++found;
  return found;
}

std::int64_t KvCache::blocks_to_pin(BlockHashes prefix, std::size_t chunks) const {
  std::int64_t blocks = 0;
  for (const std::uint64_t hash : prefix.first(chunks)) {
    if (chunks_.at(hash).users == 0) blocks += chunk_blocks_;
  }
  return blocks;
}

void KvCache::pin(BlockHashes prefix, std::size_t chunks) {
  for (const std::uint64_t hash : prefix.first(chunks)) {
    Chunk& chunk = chunks_.at(hash);
    if (chunk.users++ > 0) continue;
    unused_.erase(chunk.place);
    unpinned_ -= chunk_blocks_;
    pinned_ += chunk_blocks_;
  }
}

void KvCache::share(BlockHashes prefix, std::size_t from, std::size_t to) {
  for (const std::uint64_t hash : prefix.subspan(from, to - from)) {
    const auto [entry, added] = chunks_.try_emplace(hash);
    if (entry->second.users++ == 0) {
      if (!added) {  // it was here, unused
        unused_.erase(entry->second.place);
        unpinned_ -= chunk_blocks_;
      }
      pinned_ += chunk_blocks_;
    }
    private_ -= chunk_blocks_;
  }
}

void KvCache::unpin(BlockHashes prefix, std::size_t chunks) {
  // Backwards, so that the end of a prefix gives way before its start.
  for (std::size_t i = chunks; i-- > 0;) {
    Chunk& chunk = chunks_.at(prefix[i]);
    if (--chunk.users > 0) continue;
    chunk.place = unused_.insert(unused_.end(), prefix[i]);
    pinned_ -= chunk_blocks_;
    unpinned_ += chunk_blocks_;
  }
}

}  // namespace podsim::serving
