// Records of a run written by hand.
#pragma once

#include "metrics/run_log.hpp"

namespace test {

// Eight packages in two nodes, of which one instance of four in one node serves; 10 s long; round numbers.
inline podsim::metrics::RunLog empty_log() {
  using namespace podsim::units;
  podsim::metrics::RunLog log;
  podsim::metrics::PartPower& part = log.power.parts.front();
  part.package = {.idle = 100 * W, .active = 50 * W, .compute = 400 * W, .memory = 200 * W, .link = 30 * W, .limit = 700 * W};
  part.packages = 8;
  part.used_packages = 4;
  part.nodes = 2;
  part.used_nodes = 1;
  part.node = 1000 * W;
  log.power.network = 640 * W;
  log.power.pue = 1.25;
  log.instances = {{"colocated", 4, 4, 100000}};
  log.end = 10 * s;
  return log;
}

inline podsim::metrics::StepRecord step(double start, double duration, podsim::hardware::Utilisation use = {.busy = 1}, int instance = 0) {
  podsim::metrics::StepRecord record;
  record.instance = instance;
  record.start = podsim::Seconds(start);
  record.duration = podsim::Seconds(duration);
  record.use = use;
  return record;
}

// A finished request; times in s.
inline podsim::metrics::RequestRecord answered(double arrival, double first_token, double decode_ready, double finished,
                                               std::int64_t output) {
  podsim::metrics::RequestRecord record;
  record.outcome = podsim::metrics::Outcome::finished;
  record.input = 100;
  record.output = output;
  record.arrival = record.admitted = podsim::Seconds(arrival);
  record.first_token = podsim::Seconds(first_token);
  record.decode_ready = podsim::Seconds(decode_ready);
  record.finished = podsim::Seconds(finished);
  record.prefill_instance = record.decode_instance = 0;
  return record;
}

}  // namespace test
