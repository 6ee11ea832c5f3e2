// Memories beyond the accelerator's that keep prefixes of prompts: host DRAM, a pool over the fabric, disks.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/units.hpp"
#include "config/node.hpp"
#include "serving/kv_cache.hpp"
#include "topology/router.hpp"

namespace podsim::serving {

struct PrefixTierSpec {
  std::string name;
  Bytes capacity;                                     // of an instance's own, or of the one that all share
  ByteRate rate;                                      // achieved by each package of the instance that loads
  double hidden = 0;                                  // share of the loading time that runs beside the step's work
  bool shared = false;                                // by all instances of the cluster
  std::optional<ByteRate> total_rate = std::nullopt;  // that all who load at once share fairly
  bool on_disk = false;                               // else in the memory of the hosts
  topology::PlaneOrder planes = {};                   // over which it comes from the hosts; none: its rates are all that bounds it
};

// Reads a list of {name, capacity, rate, hidden, medium: memory | disk, scope: instance | cluster, total_rate, planes}, the nearest tier
// first; total_rate and planes are for the cluster's.
std::vector<PrefixTierSpec> read_prefix_tiers(config::Node node, const topology::Topology& topology);

// Chunks of prefixes in one memory; the least recently used gives way.
class ChunkStore {
 public:
  explicit ChunkStore(std::size_t capacity_chunks) : capacity_(capacity_chunks) {}
  bool contains(std::uint64_t chunk) const { return places_.contains(chunk); }
  void remove(std::uint64_t chunk);
  // Makes it the most recently used; returns what had to go for it (itself where nothing fits).
  std::optional<std::uint64_t> put(std::uint64_t chunk);

 private:
  std::size_t capacity_;
  std::list<std::uint64_t> order_;  // least recently used first
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> places_;
};

// The tiers that one instance sees. A chunk is in one of them: it enters the first, and what has to go moves on to the next.
class PrefixTiers {
 public:
  PrefixTiers() = default;
  explicit PrefixTiers(std::vector<std::shared_ptr<ChunkStore>> tiers) : tiers_(std::move(tiers)) {}

  // Chunks of the prefix from `from` on that are here without a gap, counted by tier.
  std::vector<std::size_t> matching(BlockHashes prefix, std::size_t from) const;
  // Keeps the first `chunks` chunks; they come to the first tier from wherever they are.
  void put(BlockHashes prefix, std::size_t chunks);
  bool empty() const { return tiers_.empty(); }

 private:
  std::vector<std::shared_ptr<ChunkStore>> tiers_;
};

// The tiers of `instances` instances: chunks hold `prefix_tokens` tokens of `token_bytes`.
std::vector<PrefixTiers> make_prefix_tiers(const std::vector<PrefixTierSpec>& specs, std::size_t instances, Bytes token_bytes,
                                           int prefix_tokens);

}  // namespace podsim::serving
