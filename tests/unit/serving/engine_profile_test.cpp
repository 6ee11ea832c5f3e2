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
  CHECK(complaint(profile("{kind: three_batch}")) == "test.yaml:6: overlap.kind: \"three_batch\" is not one of none, two_batch");
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
