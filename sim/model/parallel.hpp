// How one instance of a model is spread over endpoints.
#pragma once

#include <string>

#include "config/node.hpp"
#include "model/model.hpp"

namespace podsim::model {

// endpoints = pipeline * data * tensor * sequence. Attention runs in `data` groups of tensor * sequence endpoints, each
// with its own requests; experts are spread over `expert` endpoints of a stage (all of them, or 1 = split like tensor).
struct ParallelSpec {
  int tensor = 1;    // heads and feed-forward split (TP)
  int pipeline = 1;  // layers split (PP)
  int data = 1;      // attention groups (DP)
  int expert = 1;    // experts spread (EP)
  int sequence = 1;  // tokens of a prompt split (SP)

  int redundant_experts = 0;        // extra copies of busy experts, over all of EP
  int shared_expert_endpoints = 0;  // endpoints that hold only a copy of the shared experts; 0: every endpoint holds them

  int group() const { return tensor * sequence; }
  int stage() const { return data * group(); }
  int endpoints() const { return pipeline * stage(); }
  // Routed expert copies that one endpoint holds. Exact when check() passed.
  int expert_slots(const ModelSpec& model) const;
};

// Reads {tensor, pipeline, data, expert, sequence, redundant_experts, shared_expert_endpoints}; all optional but one.
ParallelSpec read_parallel(config::Node node);

// Throws InputError at `where` when the model cannot be split so (experts or heads not divisible, EP that fits no stage).
void check_parallel(const ParallelSpec& parallel, const ModelSpec& model, const config::Node& where);

}  // namespace podsim::model
