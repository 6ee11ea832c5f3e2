// The records of a run: what happened to every request and what every instance did. Appended, never changed after.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "hardware/power.hpp"

namespace podsim::metrics {

enum class Outcome { unfinished, finished, rejected };

// Why a request was rejected.
enum class Refusal {
  none,
  too_long,    // for the model's context or the cache
  queue_full,  // admission control: as many wait as may
  too_late,    // admission control: its first token would come after its deadline
};

// What a user is promised. Attained: time to first token and time per output token both within.
struct ServiceLevel {
  Seconds ttft{std::numeric_limits<double>::infinity()};
  Seconds tpot{std::numeric_limits<double>::infinity()};
};

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
  Seconds longest_gap;             // between two tokens, of those that came
  int preemptions = 0;
  int swaps = 0;  // preemptions in which its cache moved to the host's memory and back
  Refusal refusal = Refusal::none;
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
  Seconds first;                // duration of the first step; those of the others go on evenly
  double late = 0;              // of decode_sequences, those whose last token came before the first step began (RunLog::gaps)
  hardware::Utilisation use;    // mean over the instance's endpoints

  Seconds duration_of(std::int64_t step) const { return first + growth() * static_cast<double>(step); }  // counted from 0
  Seconds last() const { return duration_of(steps - 1); }
  Seconds end_of(std::int64_t step) const {  // from the start of the run
    const auto n = static_cast<double>(step);
    return first * (n + 1) + growth() * (n * (n + 1) / 2);
  }

 private:
  Seconds growth() const {
    const auto n = static_cast<double>(steps);
    return steps > 1 ? (duration - first * n) * (2 / (n * (n - 1))) : Seconds(0);
  }
};

// The time from one token of a request to the next where that is no step: after a wait.
struct TokenGap {
  Seconds end;
  Seconds length;
  std::int64_t sequences;  // that have waited together
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

// Nodes whose hosts are off when all of some instances are, where spare machines are: nobody else needs them.
struct ScalingNodes {
  std::vector<int> instances;
  std::size_t part = 0;  // of the cluster
  int nodes = 0;
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

// What prompts took from a memory beyond the accelerators'.
struct TierUse {
  std::string name;
  double tokens = 0;
  Bytes bytes;
  Seconds time;  // of loading, summed over instances
};

struct RunLog {
  std::vector<InstanceInfo> instances;
  std::vector<RequestRecord> requests;
  std::vector<StepRecord> steps;
  std::vector<TokenGap> gaps;
  std::vector<ScaleRecord> scaling;  // by time; of every instance of a pool that scales, from the start
  std::vector<ScalingNodes> scaling_nodes;
  std::vector<std::string> clients;                 // names; empty where there is but one
  std::vector<std::optional<ServiceLevel>> levels;  // by client, of those that were promised something else than the others
  std::vector<std::string> services;
  ClusterPower power;
  Seconds end;                             // of the run
  bool open_loop = true;                   // requests arrive by a clock, not after answers
  Bytes kv_moved;                          // between pools
  Bytes kv_swapped;                        // to the hosts' memory and back
  std::vector<TierUse> tiers;              // the nearest first
  std::array<Seconds, 3> operator_time{};  // of all steps, by where it comes from: measured, fitted, data sheet

  // `of_others` where the client has none of its own.
  const ServiceLevel& level_of(const RequestRecord& request, const ServiceLevel& of_others) const {
    const bool own = request.client < levels.size() && levels[request.client];
    return own ? *levels[request.client] : of_others;
  }
};

}  // namespace podsim::metrics
