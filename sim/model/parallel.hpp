// How one instance of a model is spread over endpoints.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "config/node.hpp"
#include "model/model.hpp"

namespace podsim::model {

// How tokens reach their experts.
enum class ExpertExchange {
  all_to_all,  // dispatch and combine between the endpoints of a stage
  all_reduce,  // every endpoint of a tensor group has the tokens; what its experts give is summed up
};

// How endpoints that share the tokens of a prompt let them see each other.
enum class SequenceExchange {
  heads,    // tokens are exchanged for heads around attention (Ulysses, arXiv 2309.14509)
  context,  // every endpoint keeps its queries and gathers the keys and values of all (context parallelism, arXiv 2411.01783)
};

// How attention endpoints take turns at experts that are on endpoints of their own (attention/expert disaggregation).
struct ExpertTurns {
  int domains = 1;        // the attention groups are in so many equal parts, each of which has the experts to itself for a while
  int micro_batches = 1;  // into which a group splits its batch: one is at the experts while another is in attention
};

// endpoints = pipeline * data * tensor * sequence, and `expert` more with disaggregated experts. Attention runs in `data` groups of tensor
// * sequence endpoints, each with its own requests; experts are spread over `expert` endpoints of a stage, under all_reduce each split over
// tensor / expert.
struct ParallelSpec {
  int tensor = 1;    // heads and feed-forward split (TP)
  int pipeline = 1;  // layers split (PP)
  int data = 1;      // attention groups (DP)
  int expert = 1;    // experts spread (EP)
  int sequence = 1;  // tokens of a prompt split (SP)
  ExpertExchange expert_exchange = ExpertExchange::all_to_all;
  SequenceExchange sequence_exchange = SequenceExchange::heads;

  int redundant_experts = 0;        // extra copies of busy experts, over all of EP
  int lm_head = 1;                  // endpoints that split the LM head between them, at least `tensor`
  int shared_expert_endpoints = 0;  // endpoints that hold only a copy of the shared experts; 0: all that hold attention do
  std::optional<ExpertTurns> disaggregated_experts = std::nullopt;  // present: the experts are on `expert` endpoints of their own

  int lm_head_split() const { return std::max(lm_head, tensor); }
  int group() const { return tensor * sequence; }
  bool shares_context() const { return sequence > 1 && sequence_exchange == SequenceExchange::context; }
  // Endpoints that the heads are split over.
  int head_split() const { return shares_context() ? tensor : group(); }
  int stage() const { return data * group(); }
  int attention_endpoints() const { return pipeline * stage(); }  // they also hold the rest of the model
  int expert_endpoints() const { return disaggregated_experts ? expert : 0; }
  int endpoints() const { return attention_endpoints() + expert_endpoints(); }
  bool dispatches() const { return expert > 1 && expert_exchange == ExpertExchange::all_to_all; }
  // Endpoints that share an expert (expert TP).
  int expert_split() const { return dispatches() ? 1 : tensor / expert; }
  // Routed expert copies that one endpoint holds. Exact when check() passed.
  int expert_slots(const ModelSpec& model) const;
};

// Reads {tensor, pipeline, data, expert, sequence, sequence_exchange, expert_exchange, redundant_experts, shared_expert_endpoints,
// disaggregated_experts {domains, micro_batches}, lm_head}; all optional.
ParallelSpec read_parallel(config::Node node);

// Throws InputError at `where` when the model cannot be split so (experts or heads not divisible, EP that fits no stage).
void check_parallel(const ParallelSpec& parallel, const ModelSpec& model, const config::Node& where);

}  // namespace podsim::model
