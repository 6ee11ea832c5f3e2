// How many instances of a pool serve: what is looked at, what is aimed at, and how an instance starts.
#pragma once

#include <array>
#include <optional>

#include "base/units.hpp"
#include "config/node.hpp"
#include "serving/channel.hpp"

namespace podsim::serving {

// What is looked at, as a mean over the instances that serve.
enum class ScaleMetric {
  outstanding_tokens,  // still to be computed or generated
  requests,            // that wait or are served
  utilisation,         // share of the time since the last look that instances spent in steps
};
inline constexpr std::array<const char*, 3> scale_metric_names = {"outstanding_tokens", "requests", "utilisation"};

// What an instance does before it serves: it starts (processes, graphs, caches), then its endpoints load their weights.
struct ColdStart {
  Seconds delay;
  std::optional<Channel> weights;  // from the endpoints of an instance that serves, each from its like, as flows
  ByteRate rate;                   // else from the memory of the host or a disk, into each endpoint
};

struct Autoscale {
  int min = 1;
  int max = 1;
  ScaleMetric metric = ScaleMetric::outstanding_tokens;
  double target = 0;  // of the metric
  Seconds interval;   // between two looks
  Seconds cooldown;   // instances are taken away when no look wanted as many for so long
  ColdStart start;
};

// The number of instances to have when `running` of them (starting ones included) show `metric` on average: ceil(running * metric /
// target) between min and max, and no change within 10 % of the target (Kubernetes' horizontal pod autoscaler).
int wanted_instances(const Autoscale& autoscale, int running, double metric);

// Reads {min, max, metric, target, interval, cooldown, start: {delay, weights: {library, planes} or weights_rate}}.
Autoscale read_autoscale(config::Node node, const topology::Topology& whole);

}  // namespace podsim::serving
