// Exchange of tokens between ranks that hold attention and ranks that hold the experts of an MoE layer.
#pragma once

#include "collective/moe.hpp"

namespace podsim::collective {

// The first `traffic.attention` ranks hold the tokens, `bytes` each (once each), the others the experts; the first of those the most
// wanted ones. Straight: one step. REQUIRES 0 < attention < ranks; MoeCopies per_expert or per_rank.
// Pieces: of A attention and E expert ranks, piece a * E + e is what rank a has to send to, or receive from, rank A + e.
Schedule attention_to_expert(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes);
// The same flows, reversed: `bytes` are what each attention rank would receive for its tokens, once each.
Schedule expert_to_attention(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes);

// Over trampolines (xDeepServe, arXiv 2508.02520, section 3.3): the first A expert ranks receive from the attention ranks, for themselves
// and for the expert ranks A, 2A, ... further on, to which they forward in a second step. With as many attention as expert ranks it is one
// step. A message for every chosen expert.
Schedule trampoline_to_expert(const MoeTraffic& traffic, Bytes bytes);
Schedule trampoline_to_attention(const MoeTraffic& traffic, Bytes bytes);

// Ranks that the rank with the most of them sends to, in all steps one after the other.
int attention_expert_destinations(const MoeTraffic& traffic, bool to_experts, bool over_trampolines);

}  // namespace podsim::collective
