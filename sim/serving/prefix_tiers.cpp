#include "serving/prefix_tiers.hpp"

#include "serving/channel.hpp"

namespace podsim::serving {

std::vector<PrefixTierSpec> read_prefix_tiers(config::Node node, const topology::Topology& topology) {
  std::vector<PrefixTierSpec> tiers;
  for (config::Node& item : node.items()) {
    PrefixTierSpec tier;
    tier.name = item.get<std::string>("name");
    tier.capacity = item.get_within<Bytes>("capacity", Bytes(1), Bytes(1e18));
    tier.rate = item.get_within<ByteRate>("rate", ByteRate(1), ByteRate(1e15));
    tier.hidden = item.get_within("hidden", 0.0, 1.0, 0.0);
    tier.on_disk = item.one_of("medium", {"memory", "disk"}, 0) == 1;
    tier.shared = item.one_of("scope", {"instance", "cluster"}) == 1;
    tier.total_rate = item.find_as<ByteRate>("total_rate");
    if (tier.total_rate && !tier.shared) item.fail("total_rate", "is what the instances of a cluster share; this tier has scope: instance");
    if (tier.total_rate && !(*tier.total_rate >= tier.rate)) item.fail("total_rate", "must be at least `rate`, that of one package");
    if (const auto planes = item.find("planes")) tier.planes = read_planes(*planes, topology, topology::TrafficClass::cache);
    if (!tier.planes.empty() && !tier.shared)
      item.fail("planes", "lead to the memory that a cluster shares; this tier has scope: instance");
    item.done();
    tiers.push_back(std::move(tier));
  }
  return tiers;
}

void ChunkStore::remove(std::uint64_t chunk) {
  const auto found = places_.find(chunk);
  if (found == places_.end()) return;
  order_.erase(found->second);
  places_.erase(found);
}

std::optional<std::uint64_t> ChunkStore::put(std::uint64_t chunk) {
  if (const auto found = places_.find(chunk); found != places_.end()) {
    order_.splice(order_.end(), order_, found->second);
    return std::nullopt;
  }
  if (capacity_ == 0) return chunk;
  std::optional<std::uint64_t> gone;
  if (places_.size() == capacity_) {
    gone = order_.front();
    remove(*gone);
  }
  places_[chunk] = order_.insert(order_.end(), chunk);
  return gone;
}

std::vector<std::size_t> PrefixTiers::matching(BlockHashes prefix, std::size_t from) const {
  std::vector<std::size_t> found(tiers_.size());
  for (std::size_t chunk = from; chunk < prefix.size(); ++chunk) {
    std::size_t tier = 0;
    while (tier < tiers_.size() && !tiers_[tier]->contains(prefix[chunk])) ++tier;
    if (tier == tiers_.size()) break;
    ++found[tier];
  }
  return found;
}

void PrefixTiers::put(BlockHashes prefix, std::size_t chunks) {
  if (tiers_.empty()) return;
  // Backwards, so that the end of a prefix gives way before its start.
  for (std::size_t i = chunks; i-- > 0;) {
    for (std::size_t tier = 1; tier < tiers_.size(); ++tier) tiers_[tier]->remove(prefix[i]);
    std::optional<std::uint64_t> moving = prefix[i];
    for (std::size_t tier = 0; tier < tiers_.size() && moving; ++tier) moving = tiers_[tier]->put(*moving);
  }
}

std::vector<PrefixTiers> make_prefix_tiers(const std::vector<PrefixTierSpec>& specs, std::size_t instances, Bytes token_bytes,
                                           int prefix_tokens) {
  std::vector<PrefixTiers> all;
  if (prefix_tokens == 0) return std::vector<PrefixTiers>(instances);
  std::vector<std::shared_ptr<ChunkStore>> shared(specs.size());
  for (std::size_t i = 0; i < instances; ++i) {
    std::vector<std::shared_ptr<ChunkStore>> tiers;
    for (std::size_t t = 0; t < specs.size(); ++t) {
      const auto chunks = static_cast<std::size_t>(specs[t].capacity / (token_bytes * prefix_tokens));
      if (!specs[t].shared) tiers.push_back(std::make_shared<ChunkStore>(chunks));
      else tiers.push_back(shared[t] = shared[t] ? shared[t] : std::make_shared<ChunkStore>(chunks));
    }
    all.emplace_back(std::move(tiers));
  }
  return all;
}

}  // namespace podsim::serving
