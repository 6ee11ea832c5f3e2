// What belongs to the serving software: host work around each step and how it hides communication.
#pragma once

#include <string>
#include <vector>

#include "base/number_format.hpp"
#include "base/units.hpp"
#include "config/node.hpp"
#include "serving/prompt_gate.hpp"
#include "serving/queueing.hpp"

namespace podsim::serving {

enum class Overlap {
  none,       // compute and communication alternate
  two_batch,  // each step is split in two micro-batches; one computes while the other communicates
  // Likewise, but one has its attention on a part of the cores while the other has its experts and their exchanges on the rest.
  core_partitions,
};

// Host work of a step beside the device's.
enum class Host {
  serial,      // the device waits for it
  overlapped,  // the next step is prepared while the device works; the longer of the two counts
};

// Kernels compiled or tuned at first use, by a server that was not warmed up.
struct FirstUse {
  std::int64_t tokens = 0;  // of prompts in a step, from which on it happens; 0: never
  Seconds time;             // in the first such step
  Seconds again;            // in the first such step after decoding has begun: kernels for prompts in parts and of other lengths
};

enum class Scheduling {
  mixed,          // decode first: chunks of prompts fill what decoding sequences leave of the token budget of the same step
  prefill_first,  // a step of prompts alone whenever one waits; decoding stands still meanwhile
  static_batch,   // as mixed, but nobody is admitted until the last batch has ended
};

enum class KvAllocation {
  whole,  // memory for prompt and answer at admission: nobody is ever preempted
  grow,   // for the prompt at admission, then block by block; preemption when none is left
};

// What becomes of the KV cache of a sequence that must give its memory back.
struct Preemption {
  bool swaps = false;  // it goes to the host's memory and comes back; else it is computed again from prompt and answer so far
  Bytes space;         // of the host's memory, an endpoint; when it is full, sequences are computed again
  ByteRate rate;       // achieved between an endpoint and its host's memory, either way
};

enum class SharedExperts {
  separate,  // a feed-forward of its own beside the routed experts
  fused,     // further experts of the grouped products, to which every token goes; where experts are spread over endpoints, separate
};

// What the engine does where a deployment does not say otherwise.
struct EngineDefaults {
  int max_sequences = 256;
  std::int64_t token_budget = 8192;
  bool tuned_budget = false;  // benchmarks of this engine set the token budget to one prompt and a token for every sequence
  int kv_block_tokens = 64;
  NumberFormat quantised_kv = NumberFormat::bf16;  // KV cache format of checkpoints with weights below 16 bits
  std::string tensor_library;                      // of configs/libraries; "": none is named
  std::string expert_library;
};

struct EngineProfile {
  std::string name;
  Seconds step_overhead;      // host time between two steps that the device waits for
  Seconds sequence_overhead;  // host time for every sequence of the step
  Host host = Host::serial;   // how that time meets the device's
  Seconds output_overhead;    // of the process that turns a token into text and sends it; tokens queue for it, the steps go on
  Seconds request_overhead;   // from a request's arrival until it can be scheduled: network, tokeniser, queues; the device works on
  Seconds prompt_overhead;    // added to a step with prompts: metadata, copies
  Seconds host_call;          // host time of a call in a step that replays no graph; the device may wait for it
  bool graphs = true;         // steps without prompts replay a graph
  Seconds routing_overhead;   // of an MoE layer, beyond its operators: kernels that sort tokens by expert and look up their tiles
  Seconds rank_jitter;  // standard deviation of when the endpoints of a tensor group reach an all-reduce, which the last of them begins
  FirstUse first_use;
  SharedExperts shared_experts = SharedExperts::separate;
  // Activation formats of its weight-only kernels, which unpack weights in a format that the chip does not compute in; {}: it has none.
  std::vector<NumberFormat> weight_only;
  std::string kernels;           // the library that they are of; the chip's first where it knows nothing of that
  double kernel_rate = 1;        // arithmetic rate of the engine's kernels / of those that the chip's constants stand for
  double kernel_fusion = 1;      // kernels launched / operators of model/operators.hpp: the engine's own fused kernels
  double memory_fraction = 0.9;  // of device memory that weights and KV cache may take together, or
  bool of_free_memory = false;   // of what the weights and `memory_reserve` leave free, for the KV cache
  Bytes memory_reserve;          // activations, graphs, libraries
  Overlap overlap = Overlap::none;
  double overlap_efficiency = 1;  // share of the shorter side that is really hidden
  double split_from = 0;          // tokens of an attention group from which steps are split; 0: wherever that is faster
  double expert_cores = 0.5;      // share of the cores that experts and exchanges have, of core_partitions
  std::vector<int>
      graph_sizes;  // sequences for which a graph was captured, rising; decode runs as the next of them, above without. {}: any
  Scheduling scheduling = Scheduling::mixed;
  KvAllocation kv_allocation = KvAllocation::whole;  // of pools that decode
  Preemption preemption;                             // where caches grow
  QueueOrder queue = QueueOrder::arrival;            // of those that wait for admission
  Admission admission;                               // who may wait
  GatePolicy gate;                                   // how long prompts wait while others decode
  bool prefix_cache = true;                          // prompts reuse what earlier ones with the same beginning left in memory
  EngineDefaults defaults;
};

// Sequences that a decode step of `sequences` computes, and whether it replays a graph.
struct GraphSize {
  double sequences;
  bool captured;
};
GraphSize graph_size(const EngineProfile& engine, double sequences);

// Of device memory that holds `weights`, what the KV cache may take; negative when the weights do not fit.
Bytes cache_room(const EngineProfile& engine, Bytes capacity, Bytes weights);

EngineProfile read_engine_profile(config::Node node);  // configs/engines/*.yaml

}  // namespace podsim::serving
