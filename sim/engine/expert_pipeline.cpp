#include "engine/expert_pipeline.hpp"

namespace podsim::engine {

Seconds layer_period(const LayerStations& stations, const Turns& turns) {
  return std::max(
      {stations.attention * turns.micro_batches, stations.slowest_shared() * (turns.domains * turns.micro_batches), stations.round()});
}

Seconds layers_time(const LayerStations& stations, const Turns& turns, double layers) {
  const Seconds behind = std::max(stations.attention, stations.slowest_shared() * turns.domains) * (turns.micro_batches - 1);
  return stations.round() + layer_period(stations, turns) * (layers - 1) + behind;
}

}  // namespace podsim::engine
