// Reading what belongs to the serving software.
#include "serving/engine_profile.hpp"

#include "support/files.hpp"

using namespace podsim;

namespace {

std::string profile(const std::string& overlap, const std::string& memory = "0.9") {
  return fmt::format("name: x\nstep_overhead: 1.5 ms\nsequence_overhead: 5 us\nkernel_fusion: 0.45\nmemory_fraction: {}\noverlap: {}\n",
                     memory, overlap);
}

serving::EngineProfile read(const std::string& text) {
  test::Yaml yaml(text);
  return serving::read_engine_profile(yaml.root());
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { serving::read_engine_profile(std::move(node)); });
}

}  // namespace

TEST_CASE("An engine profile is read in its units") {
  const auto engine = read(profile("{kind: two_batch, efficiency: 0.6}"));
  CHECK(engine.name == "x");
  CHECK(engine.step_overhead.value() == Approx(1.5e-3));
  CHECK(engine.sequence_overhead.value() == Approx(5e-6));
  CHECK(engine.kernel_fusion == Approx(0.45));
  CHECK(engine.memory_fraction == Approx(0.9));
  CHECK(engine.overlap == serving::Overlap::two_batch);
  CHECK(engine.overlap_efficiency == Approx(0.6));
  CHECK(read(profile("{kind: none}")).overlap == serving::Overlap::none);
}

TEST_CASE("A profile that cannot be is refused with file, line and key") {
  CHECK(complaint(profile("{kind: three_batch}")) ==
        "test.yaml:6: overlap.kind: \"three_batch\" is not one of none, two_batch, core_partitions");
  CHECK(complaint(profile("{kind: two_batch, efficiency: 1.5}")) == "test.yaml:6: overlap.efficiency: must lie between 0 and 1, not 1.5");
  CHECK(complaint(profile("{kind: none}", "1.1")) == "test.yaml:5: memory_fraction: must lie between 0.05 and 1, not 1.1");
  CHECK(complaint("name: x\nstep_overhead: 2\n") ==
        "test.yaml:2: step_overhead: \"2\" is not a number with a unit (s, ms, us, ns, min, h)");
}

TEST_CASE("Preemption by swap needs caches that grow, room in the host's memory and the rate to it") {
  const std::string swap = "preemption: {kind: swap, space: 4 GB, rate: 50 GB/s}\n";
  const auto engine = read(profile("{kind: none}") + "kv_allocation: grow\nqueue: deadline\n" + swap);
  CHECK(engine.preemption.swaps);
  CHECK(engine.preemption.space.value() == Approx(4e9));
  CHECK(engine.preemption.rate.value() == Approx(50e9));
  CHECK(engine.queue == serving::QueueOrder::deadline);
  CHECK_FALSE(read(profile("{kind: none}") + "preemption: {kind: recompute}\n").preemption.swaps);
  CHECK(complaint(profile("{kind: none}") + swap) ==
        "test.yaml:7: preemption.kind: nobody is preempted with kv_allocation: whole; swap needs kv_allocation: grow");
  CHECK(complaint(profile("{kind: none}") + "kv_allocation: grow\npreemption: {kind: swap, space: 4 GB}\n") ==
        "test.yaml:8: preemption: the key \"rate\" is missing");
  CHECK(complaint(profile("{kind: none}") + "queue: lifo\n") == "test.yaml:7: queue: \"lifo\" is not one of arrival, priority, deadline");
}

TEST_CASE("A profile says how host and device meet, what is captured, and what is made at first use") {
  const auto plain = read(profile("{kind: none}"));
  CHECK(plain.host == serving::Host::serial);
  CHECK(plain.first_use.tokens == 0);
  const auto engine = read(profile("{kind: core_partitions, expert_cores: 0.4}") +
                           "host: overlapped\nrouting_overhead: 45 us\nrank_jitter: 3 us\ngraph_sizes: [1, 2, 8]\n"
                           "first_use: {tokens: 8192, time: 1 min, again: 10 s}\n");
  CHECK(engine.overlap == serving::Overlap::core_partitions);
  CHECK(engine.expert_cores == Approx(0.4));
  CHECK(engine.host == serving::Host::overlapped);
  CHECK(engine.routing_overhead.value() == Approx(45e-6));
  CHECK(engine.rank_jitter.value() == Approx(3e-6));
  CHECK(plain.rank_jitter == Seconds(0));
  CHECK(engine.first_use.tokens == 8192);
  CHECK(engine.first_use.time.value() == Approx(60));
  CHECK(engine.first_use.again.value() == Approx(10));
  CHECK(serving::graph_size(engine, 3).sequences == 8);
  CHECK(serving::graph_size(engine, 3).captured);
  CHECK(serving::graph_size(engine, 0).sequences == 0);
  CHECK(serving::graph_size(engine, 9).sequences == 9);
  CHECK_FALSE(serving::graph_size(engine, 9).captured);
  CHECK(complaint(profile("{kind: none}") + "graph_sizes: [1, 8, 8]\n") == "test.yaml:7: graph_sizes.2: graph sizes are positive and rise");
  CHECK(complaint(profile("{kind: core_partitions}")).find("expert_cores") != std::string::npos);
}

TEST_CASE("A cache has its share of all memory less the weights, or of what weights and a reserve leave free") {
  auto engine = read(profile("{kind: none}", "0.8"));
  CHECK(serving::cache_room(engine, Bytes(100e9), Bytes(30e9)).value() == Approx(50e9));
  CHECK(serving::cache_room(engine, Bytes(100e9), Bytes(90e9)) < Bytes(0));
  engine = read(profile("{kind: none}", "0.8") + "memory_of: free\nmemory_reserve: 10 GB\n");
  CHECK(serving::cache_room(engine, Bytes(100e9), Bytes(30e9)).value() == Approx(48e9));
}

TEST_CASE("Weight-only kernels and shared experts are as the profile says, and absent by default") {
  const auto plain = read(profile("{kind: none}"));
  CHECK(plain.weight_only.empty());
  CHECK(plain.shared_experts == serving::SharedExperts::separate);
  const auto engine = read(profile("{kind: none}") + "weight_only: [bf16, fp8]\nshared_experts: fused\n");
  CHECK(engine.weight_only == std::vector{NumberFormat::bf16, NumberFormat::fp8});
  CHECK(engine.shared_experts == serving::SharedExperts::fused);
  CHECK(complaint(profile("{kind: none}") + "weight_only: [bf15]\n").starts_with("test.yaml:7: weight_only.0: "));
}
