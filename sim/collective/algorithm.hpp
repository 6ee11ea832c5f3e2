// The operations of a communication library and the algorithms that can carry each out.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "collective/moe.hpp"
#include "collective/schedule.hpp"
#include "topology/router.hpp"

namespace podsim::collective {

enum class Operation {
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  broadcast,
  dispatch,
  combine,
  attention_to_expert,  // dispatch and combine where attention and experts are on ranks of their own
  expert_to_attention,
  send
};
inline constexpr std::array<const char*, 10> operation_names = {
    "all_reduce", "all_gather", "reduce_scatter",      "all_to_all",          "broadcast",
    "dispatch",   "combine",    "attention_to_expert", "expert_to_attention", "send"};
inline const char* name_of(Operation operation) { return operation_names[static_cast<std::size_t>(operation)]; }

enum class Algorithm {
  ring,
  tree,
  one_shot,
  two_shot,
  nvls,
  sharp,
  direct,
  hierarchical,
  hierarchical_nvls,
  per_expert,
  per_rank,
  per_node,
  trampoline
};
inline constexpr std::array<const char*, 13> algorithm_names = {"ring",     "tree",     "one_shot",     "two_shot",          "nvls",
                                                                "sharp",    "direct",   "hierarchical", "hierarchical_nvls", "per_expert",
                                                                "per_rank", "per_node", "trampoline"};
inline const char* name_of(Algorithm algorithm) { return algorithm_names[static_cast<std::size_t>(algorithm)]; }

// The algorithms of an operation; the first is meant where a library names none.
std::vector<Algorithm> algorithms_of(Operation operation);

// Whether it moves the tokens of an MoE layer; whether between ranks that hold attention and others that hold the experts.
bool is_expert_exchange(Operation operation);
bool has_sides(Operation operation);

// An operation among `ranks` neighbouring ranks; the exchanges of an MoE layer say more about their traffic.
struct Task {
  Operation operation;
  int ranks = 1;
  int ranks_per_node = 1;
  MoeTraffic moe = {};  // its ranks and ranks_per_node are those above
};

// Its schedule for `bytes` as collective/schedules.hpp, collective/moe.hpp and collective/attention_expert.hpp count them. REQUIRES no
// misfit().
Schedule schedule_of(const Task& task, Algorithm algorithm, Bytes bytes);

// Ranks that one rank sends to in an operation that pays for each (all_to_all and the exchanges of an MoE layer); else 1.
int destinations_of(const Task& task, Algorithm algorithm);

// Why the algorithm cannot run there; empty when it can. one_shot and two_shot (kernels that write into their peers' memory) need one
// plane that joins all ranks, nvls switches that do, hierarchical_nvls those of a node, sharp one plane that joins ranks of the same
// position; hierarchical, hierarchical_nvls, sharp and per_node need whole nodes, more than one. REQUIRES ranks on both sides of an
// operation that has_sides().
std::string misfit(const Task& task, Algorithm algorithm, topology::Router& router, std::span<const int> group,
                   std::span<const int> planes);

// What nccl-tests divides by the time to get bus bandwidth: bytes on the busiest link of the best algorithm without reductions in switches.
// Empty for operations that have none (send, the exchanges of an MoE layer).
std::optional<Bytes> bus_bytes(const Task& task, Bytes bytes);

}  // namespace podsim::collective
