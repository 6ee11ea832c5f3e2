#include "serving/autoscale.hpp"

#include <algorithm>
#include <cmath>

namespace podsim::serving {

int wanted_instances(const Autoscale& autoscale, int running, double metric) {
  constexpr double tolerance = 0.1;
  const double ratio = metric / autoscale.target;
  const double wanted = std::abs(ratio - 1) <= tolerance ? running : std::ceil(running * ratio);
  return static_cast<int>(std::clamp<double>(wanted, autoscale.min, autoscale.max));
}

namespace {

ColdStart read_cold_start(config::Node node, const topology::Topology& whole) {
  ColdStart start;
  start.delay = node.get_within<Seconds>("delay", Seconds(0), Seconds(1e6), Seconds(0));
  if (node.has("weights")) {
    const collective::Operation needed[] = {collective::Operation::send};
    start.weights = read_channel(node.at("weights"), whole, needed, topology::TrafficClass::weights);
    if (node.has("weights_rate")) node.fail("weights_rate", "stands alone; weights come over planes, or from the host at a rate");
  } else {
    start.rate = node.get_within<ByteRate>("weights_rate", ByteRate(1e3), ByteRate(1e15));
  }
  node.done();
  return start;
}

}  // namespace

Autoscale read_autoscale(config::Node node, const topology::Topology& whole) {
  Autoscale autoscale;
  autoscale.min = node.get_within("min", 1, 1 << 20);
  autoscale.max = node.get_within("max", autoscale.min, 1 << 20);
  autoscale.metric = static_cast<ScaleMetric>(node.one_of("metric", {scale_metric_names.begin(), scale_metric_names.end()}, 0));
  autoscale.target =
      autoscale.metric == ScaleMetric::utilisation ? node.get_within("target", 0.01, 1.0) : node.get_within("target", 1e-3, 1e12);
  autoscale.interval = node.get_within<Seconds>("interval", Seconds(1e-3), Seconds(1e6), Seconds(10));
  autoscale.cooldown = node.get_within<Seconds>("cooldown", Seconds(0), Seconds(1e6), Seconds(60));
  autoscale.start = read_cold_start(node.at("start"), whole);
  node.done();
  return autoscale;
}

}  // namespace podsim::serving
