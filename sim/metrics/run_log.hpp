// The records of a run: what happened to every request and what every instance did. Appended, never changed after.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "hardware/power.hpp"

namespace podsim::metrics {

enum class Outcome { unfinished, finished, rejected };

// Times from the start of the run; negative where a stage was not reached.
struct RequestRecord {
  Outcome outcome = Outcome::unfinished;
  std::int64_t input = 0;
  std::int64_t output = 0;
  Seconds arrival;
  Seconds admitted{-1};            // its first prompt token begins to be computed
  Seconds first_token{-1};         // the prompt is done
  Seconds decode_ready{-1};        // its KV cache is where it decodes
  Seconds finished{-1};            // last token
  std::int64_t cached_tokens = 0;  // of the prompt, found in the serving instance's memory
  std::int64_t loaded_tokens = 0;  // of the prompt, brought from another memory
  int preemptions = 0;
  int prefill_instance = -1;
  int decode_instance = -1;
  std::uint16_t client = 0;   // index into RunLog::clients
  std::uint16_t service = 0;  // index into RunLog::services
};

// A step of one instance, or a run of decode steps in which nobody joined or left.
struct StepRecord {
  int instance = 0;
  Seconds start;
  Seconds duration;
  std::int64_t steps = 1;
  double prefill_tokens = 0;    // prompt tokens computed
  double decode_sequences = 0;  // in the batch, all attention groups
  double output_tokens = 0;     // emitted by decoding; a request's first token comes with its prompt
  double context = 0;           // mean length of the decoding sequences
  hardware::Utilisation use;    // mean over the instance's endpoints
};

struct InstanceInfo {
  std::string pool;
  int endpoints = 0;
  double packages = 0;
  std::int64_t kv_capacity_tokens = 0;  // of one attention group
  std::size_t part = 0;                 // of the cluster
  bool prefill = false;                 // computes prompts only
};

// What an instance of a pool that scales does from a time on. It draws power unless it is off.
enum class ScaleState { off, starting, serving, draining };
inline constexpr std::array<const char*, 4> scale_state_names = {"off", "starting", "serving", "draining"};
struct ScaleRecord {
  Seconds time;
  int instance = 0;
  ScaleState state = ScaleState::off;
};

// The electrical side of a part of a cluster, all of one kind of hardware, that a run does not change.
struct PartPower {
  hardware::PowerSpec package;
  int packages = 0;
  int used_packages = 0;  // that serve; the others are spare
  int nodes = 0;
  int used_nodes = 0;
  Watts node;  // one node without chips
};

struct ClusterPower {
  std::vector<PartPower> parts = std::vector<PartPower>(1);
  Watts network;         // switches and transceivers of all planes
  bool spare_on = true;  // spare packages idle, spare nodes on
  double pue = 1;        // facility power / IT power

  int packages() const { return sum(&PartPower::packages); }
  int used_packages() const { return sum(&PartPower::used_packages); }

 private:
  int sum(int PartPower::*count) const {
    int all = 0;
    for (const PartPower& part : parts) all += part.*count;
    return all;
  }
};

struct RunLog {
  std::vector<InstanceInfo> instances;
  std::vector<RequestRecord> requests;
  std::vector<StepRecord> steps;
  std::vector<ScaleRecord> scaling;  // by time; of every instance of a pool that scales, from the start
  std::vector<std::string> clients;  // names; empty where there is but one
  std::vector<std::string> services;
  ClusterPower power;
  Seconds end;                             // of the run
  bool open_loop = true;                   // requests arrive by a clock, not after answers
  Bytes kv_moved;                          // between pools
  std::array<Seconds, 3> operator_time{};  // of all steps, by where it comes from: measured, fitted, data sheet
};

}  // namespace podsim::metrics
