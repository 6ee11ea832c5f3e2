// Memories beyond the accelerator's: what is found where, and what gives way.
#include "serving/prefix_tiers.hpp"

#include "serving/batch.hpp"
#include "support/clusters.hpp"
#include "support/files.hpp"

using namespace podsim;
using serving::ChunkStore;
using serving::PrefixTiers;

namespace {

using Counts = std::vector<std::size_t>;
const std::vector<std::uint64_t> abc = {1, 2, 3}, abx = {1, 2, 9}, other = {5, 6};

PrefixTiers two_tiers(std::size_t near, std::size_t far) {
  return PrefixTiers({std::make_shared<ChunkStore>(near), std::make_shared<ChunkStore>(far)});
}

}  // namespace

TEST_CASE("A prefix is found up to the first chunk that no tier holds") {
  PrefixTiers tiers = two_tiers(10, 10);
  tiers.put(abc, 3);
  CHECK(tiers.matching(abc, 0) == Counts{3, 0});
  CHECK(tiers.matching(abx, 0) == Counts{2, 0});
  CHECK(tiers.matching(abx, 1) == Counts{1, 0});
  CHECK(tiers.matching(other, 0) == Counts{0, 0});
}

TEST_CASE("What the first tier cannot hold moves to the next, ends of prefixes first, and comes back when it is used") {
  PrefixTiers tiers = two_tiers(3, 2);
  tiers.put(abc, 3);
  tiers.put(other, 2);  // chunks 3 and 2 go down
  CHECK(tiers.matching(abc, 0) == Counts{1, 2});
  CHECK(tiers.matching(other, 0) == Counts{2, 0});
  tiers.put(abc, 3);
  CHECK(tiers.matching(abc, 0) == Counts{3, 0});
  CHECK(tiers.matching(other, 0) == Counts{0, 2});
}

TEST_CASE("What the last tier cannot hold is lost") {
  PrefixTiers tiers = two_tiers(1, 1);
  tiers.put(abc, 3);
  CHECK(tiers.matching(abc, 0) == Counts{1, 1});
}

TEST_CASE("A cluster's tier is one for all instances, an instance's its own") {
  const Bytes token(100);
  for (const bool shared : {false, true}) {
    auto tiers = serving::make_prefix_tiers({{"pool", token * 10 * 4, ByteRate(1), 0, shared}}, 2, token, 10);
    tiers[0].put(abc, 3);
    CHECK(tiers[1].matching(abc, 0) == Counts{shared ? 3U : 0U});
  }
}

TEST_CASE("A prompt takes from the tiers what its own memory does not hold, and leaves its last token to compute") {
  PrefixTiers tiers = two_tiers(2, 100);
  serving::Batch writer({}, serving::KvCache(1000, 16, 64), &tiers), reader = writer;
  writer.add_prompt({.request = 0, .input = 192, .output = 1, .prefix = abc});
  writer.commit(writer.plan(), 1);
  reader.add_prompt({.request = 1, .input = 192, .output = 1, .prefix = abc});
  const serving::StepPlan plan = reader.plan();
  REQUIRE(plan.hits.size() == 1);
  CHECK(plan.hits[0].cached == 0);
  CHECK(plan.hits[0].loaded == std::vector<std::int64_t>{128, 63});
  CHECK(plan.chunks.front().tokens == 1);
}

TEST_CASE("What a cluster's tier gives to all is no less than it gives to one, and a tier of an instance has no such limit") {
  const auto complaint = [](const std::string& more) {
    test::Yaml yaml("tiers:\n  - {name: SSD, capacity: 1 TB, rate: 2 GB/s, " + more + "}\n");
    const auto plane = [](const char* name, const char* carries) {
      return fmt::format("  {}: {{kind: single_switch, spread: spray, carries: [{}], link: {}, switch: {}, links_to_switch: [1]}}\n", name,
                         carries, test::link("50 GB/s", "1 us"), test::any_switch);
    };
    const topology::Topology cluster = test::cluster(1, 2, plane("net", "cache") + plane("own", "tensor"));
    return yaml.error_of([&](config::Node node) { serving::read_prefix_tiers(node.at("tiers"), cluster); });
  };
  CHECK(complaint("scope: cluster, total_rate: 20 GB/s") == "");
  CHECK(complaint("scope: cluster, total_rate: 1 GB/s") == "test.yaml:2: tiers.0.total_rate: must be at least `rate`, that of one package");
  CHECK(complaint("scope: instance, total_rate: 20 GB/s") ==
        "test.yaml:2: tiers.0.total_rate: is what the instances of a cluster share; this tier has scope: instance");
  CHECK(complaint("scope: cluster, planes: [net]") == "");
  CHECK(complaint("scope: instance, planes: [net]") ==
        "test.yaml:2: tiers.0.planes: lead to the memory that a cluster shares; this tier has scope: instance");
  CHECK_THAT(complaint("scope: cluster, planes: [own]"), Catch::Contains("plane own of test does not carry cache traffic"));
}

TEST_CASE("In each tier the least recently used gives way, and what is read again is used") {
  PrefixTiers tiers = two_tiers(2, 2);
  const std::vector<std::uint64_t> one = {1}, two = {2}, three = {3}, four = {4}, five = {5};
  for (const auto* prefix : {&one, &two, &three, &four}) tiers.put(*prefix, 1);  // 3 and 4 near, 1 and 2 far
  tiers.put(one, 1);                                                             // 4 and 1 near, 2 and 3 far
  CHECK(tiers.matching(three, 0) == Counts{0, 1});
  tiers.put(five, 1);  // 4 goes far, where 2 was used longest ago
  CHECK(tiers.matching(two, 0) == Counts{0, 0});
  CHECK(tiers.matching(four, 0) == Counts{0, 1});
  CHECK(tiers.matching(one, 0) == Counts{1, 0});
}
