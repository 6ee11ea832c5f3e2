// Collectives as data: steps of flows between the ranks of a group.
#pragma once

#include <span>
#include <vector>

#include "base/units.hpp"

namespace podsim::collective {

struct Flow {
  int from;  // rank in the group
  int to;
  Bytes bytes;
};

// Flows that start together; the next step starts when the last has arrived.
struct Step {
  std::vector<Flow> flows;
  int repeat = 1;  // how often in a row, with the same flows
};

using Schedule = std::vector<Step>;

// `bytes` is what each rank holds before the operation (all_gather, all_to_all) or the full vector (the others).
// Textbook volumes sent by each of n ranks: all_reduce 2(n-1)/n * bytes, reduce_scatter (n-1)/n * bytes,
// all_gather (n-1) * bytes, all_to_all (n-1)/n * bytes. One rank: no steps.
Schedule ring_all_reduce(int ranks, Bytes bytes);
Schedule ring_reduce_scatter(int ranks, Bytes bytes);
Schedule ring_all_gather(int ranks, Bytes bytes);
// One step, every rank to every other.
Schedule all_to_all(int ranks, Bytes bytes);

// How the tokens of an MoE layer reach their experts.
struct MoeTraffic {
  int ranks = 1;
  int ranks_per_node = 1;  // forwarding domain of per_node
  double top_k = 1;        // copies a token makes
  int max_nodes = 0;       // 0: no limit on the nodes that a token's experts may live on
};

enum class MoeCopies {
  per_expert,  // one message for every chosen expert
  per_node,    // one to each node that holds a chosen expert, forwarded there by the rank of the same position
};

// Dispatch of `bytes` a rank (its tokens, once each) to uniformly chosen experts: one step, forwarding pipelined.
Schedule moe_dispatch(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes);
// The way back: the same flows, reversed.
Schedule moe_combine(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes);

// Ranks that one rank sends messages of its own or forwarded tokens to.
int moe_destinations(const MoeTraffic& traffic, MoeCopies copies);

// The expected number of nodes, of `nodes`, that hold at least one of `top_k` experts chosen evenly, at most max_nodes.
double expected_nodes(int nodes, double top_k, int max_nodes);

}  // namespace podsim::collective
