#include "serving/engine_profile.hpp"

namespace podsim::serving {

EngineProfile read_engine_profile(config::Node node) {
  EngineProfile engine;
  engine.name = node.get<std::string>("name");
  engine.step_overhead = node.get_within<Seconds>("step_overhead", Seconds(0), units::s);
  engine.sequence_overhead = node.get_within<Seconds>("sequence_overhead", Seconds(0), units::s);
  engine.kernel_fusion = node.get_within("kernel_fusion", 0.0, 1.0);
  engine.memory_fraction = node.get_within("memory_fraction", 0.05, 1.0);
  config::Node overlap = node.at("overlap");
  engine.overlap = overlap.one_of("kind", {"none", "two_batch"}) == 0 ? Overlap::none : Overlap::two_batch;
  engine.overlap_efficiency = overlap.get_within("efficiency", 0.0, 1.0, 1.0);
  overlap.done();
  node.done();
  return engine;
}

}  // namespace podsim::serving
