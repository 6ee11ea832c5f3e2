// The schedules of the textbook's collectives, one .cpp for each way of going about it.
#pragma once

#include "collective/schedule.hpp"

namespace podsim::collective {

// `bytes`: the full vector of all_reduce, reduce_scatter and broadcast; what each rank holds before all_gather and all_to_all; what
// each sender has to send. One rank: no steps.
// Bytes that one of n ranks sends, by the textbook: all_reduce 2(n-1)/n * bytes, reduce_scatter (n-1)/n * bytes, all_gather
// (n-1) * bytes, all_to_all (n-1)/n * bytes.
// Pieces: n of the vector in reductions; all_gather: piece r is rank r's; all_to_all: piece r * n + t goes from r to t.

// Ring: every rank talks to its right neighbour only, n-1 (all_reduce 2(n-1)) steps.
Schedule ring_all_reduce(int ranks, Bytes bytes);
Schedule ring_reduce_scatter(int ranks, Bytes bytes);
Schedule ring_all_gather(int ranks, Bytes bytes);
Schedule chain_broadcast(int ranks, Bytes bytes);  // from rank 0 along the ring, pipelined

// Double binary tree (Sanders, Speck, Traeff 2009): each tree carries half of the vector, and who has children in one is a leaf in the
// other. Pieces: one a half. Latency grows with log2 n; no rank sends more than 2 * bytes.
Schedule tree_all_reduce(int ranks, Bytes bytes);
Schedule tree_broadcast(int ranks, Bytes bytes);  // from rank 0 over one binary tree; one piece

// Direct: every rank writes to every other in one step.
Schedule one_shot_all_reduce(int ranks, Bytes bytes);  // the whole vector to all: (n-1) * bytes sent
Schedule two_shot_all_reduce(int ranks, Bytes bytes);  // direct reduce-scatter, then direct all-gather
Schedule direct_reduce_scatter(int ranks, Bytes bytes);
Schedule direct_all_gather(int ranks, Bytes bytes);
Schedule direct_all_to_all(int ranks, Bytes bytes);
Schedule direct_broadcast(int ranks, Bytes bytes);
// The first half of the ranks to the second, each to its counterpart.
Schedule direct_send(int ranks, Bytes bytes);

// In one switch (NVLS): each rank reads its n-th of the vector reduced through the switch and writes it once for all.
// A rank's link carries (n+1)/n * bytes each way; the vector is staged through registered buffers.
Schedule nvls_all_reduce(int ranks, Bytes bytes);
Schedule nvls_broadcast(int ranks, Bytes bytes);

// Hierarchical, over nodes of `ranks_per_node` that lie together and a network that joins ranks of the same position.
// all_reduce: reduce-scatter within the node, all-reduce between nodes, all-gather within the node, chunks pipelined through all three;
// between nodes a ring, or in the switches (SHARP: each link carries a rank's part of the node's vector once); within the node rings, or in
// its switch, staged as nvls_all_reduce (NVLS). all_to_all: within the node
// to the rank of the destination's position, then between nodes. ranks must be a multiple of ranks_per_node.
Schedule hierarchical_all_reduce(int ranks, int ranks_per_node, Bytes bytes);
Schedule hierarchical_nvls_all_reduce(int ranks, int ranks_per_node, Bytes bytes);
Schedule sharp_all_reduce(int ranks, int ranks_per_node, Bytes bytes);
Schedule hierarchical_all_to_all(int ranks, int ranks_per_node, Bytes bytes);

}  // namespace podsim::collective
