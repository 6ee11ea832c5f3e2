// Dispatch of tokens to the experts of an MoE layer and their way back.
#pragma once

#include "collective/schedule.hpp"

namespace podsim::collective {

// A token chooses `top_k` experts, evenly and independently, from the expert groups that it may use. The first rank with experts holds
// the most wanted ones, the others are alike.
struct MoeTraffic {
  int ranks = 1;
  int ranks_per_node = 1;  // forwarding domain of per_node
  double top_k = 1;
  int group_limit = 0;   // expert groups that a token may use (node-limited routing); 0: all
  int groups = 0;        // expert groups, laid over the ranks in order; 0: one a node
  double imbalance = 1;  // tokens for rank 0 / mean
  int attention = 0;     // ranks, the first, that hold tokens and no experts, where the others hold experts and no tokens
};

enum class MoeCopies {
  per_expert,  // a message for every chosen expert
  per_rank,    // one to each rank that holds a chosen expert
  per_node,    // one to each node that holds one, to the rank of the same position, which forwards it to the ranks over the node's network
};

// Dispatch of `bytes` a rank (its tokens, once each): one step, forwarding pipelined. Combine: the same flows, reversed.
Schedule moe_dispatch(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes);
Schedule moe_combine(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes);

// Ranks that one rank sends messages of its own or forwarded tokens to.
int moe_destinations(const MoeTraffic& traffic, MoeCopies copies);

// Expected number of `domains` equal runs of ranks (nodes, or ranks) that hold at least one of a token's experts, without imbalance.
// Of G groups a token uses g. With D <= G domains of G/D groups: the used groups in a domain are hypergeometric, and each of the k
// experts lies in a given used group with chance 1/g. With D > G: D/G domains share each group.
double expected_domains(const MoeTraffic& traffic, int domains);

}  // namespace podsim::collective
