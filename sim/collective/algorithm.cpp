#include "collective/algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "collective/attention_expert.hpp"
#include "collective/schedules.hpp"

namespace podsim::collective {
namespace {

using Builder = Schedule (*)(const Task& task, Bytes bytes);

template <Schedule (*build)(int, Bytes)>
Schedule flat(const Task& task, Bytes bytes) {
  return build(task.ranks, bytes);
}
template <Schedule (*build)(int, int, Bytes)>
Schedule nodes(const Task& task, Bytes bytes) {
  return build(task.ranks, task.ranks_per_node, bytes);
}
MoeTraffic traffic_of(const Task& task) {
  MoeTraffic traffic = task.moe;
  traffic.ranks = task.ranks;
  traffic.ranks_per_node = task.ranks_per_node;
  return traffic;
}
template <Schedule (*build)(const MoeTraffic&, MoeCopies, Bytes), MoeCopies copies>
Schedule tokens(const Task& task, Bytes bytes) {
  return build(traffic_of(task), copies, bytes);
}
template <Schedule (*build)(const MoeTraffic&, Bytes)>
Schedule forwarded(const Task& task, Bytes bytes) {
  return build(traffic_of(task), bytes);
}

struct Entry {
  Operation operation;
  Algorithm algorithm;
  Builder build;
};

// The catalogue; of each operation its default first.
constexpr Entry entries[] = {
    {Operation::all_reduce, Algorithm::ring, flat<ring_all_reduce>},
    {Operation::all_reduce, Algorithm::tree, flat<tree_all_reduce>},
    {Operation::all_reduce, Algorithm::one_shot, flat<one_shot_all_reduce>},
    {Operation::all_reduce, Algorithm::two_shot, flat<two_shot_all_reduce>},
    {Operation::all_reduce, Algorithm::nvls, flat<nvls_all_reduce>},
    {Operation::all_reduce, Algorithm::hierarchical, nodes<hierarchical_all_reduce>},
    {Operation::all_reduce, Algorithm::sharp, nodes<sharp_all_reduce>},
    {Operation::all_reduce, Algorithm::hierarchical_nvls, nodes<hierarchical_nvls_all_reduce>},
    {Operation::all_gather, Algorithm::ring, flat<ring_all_gather>},
    {Operation::all_gather, Algorithm::direct, flat<direct_all_gather>},
    {Operation::reduce_scatter, Algorithm::ring, flat<ring_reduce_scatter>},
    {Operation::reduce_scatter, Algorithm::direct, flat<direct_reduce_scatter>},
    {Operation::all_to_all, Algorithm::direct, flat<direct_all_to_all>},
    {Operation::all_to_all, Algorithm::hierarchical, nodes<hierarchical_all_to_all>},
    {Operation::broadcast, Algorithm::tree, flat<tree_broadcast>},
    {Operation::broadcast, Algorithm::ring, flat<chain_broadcast>},
    {Operation::broadcast, Algorithm::direct, flat<direct_broadcast>},
    {Operation::broadcast, Algorithm::nvls, flat<nvls_broadcast>},
    {Operation::dispatch, Algorithm::per_expert, tokens<moe_dispatch, MoeCopies::per_expert>},
    {Operation::dispatch, Algorithm::per_rank, tokens<moe_dispatch, MoeCopies::per_rank>},
    {Operation::dispatch, Algorithm::per_node, tokens<moe_dispatch, MoeCopies::per_node>},
    {Operation::combine, Algorithm::per_expert, tokens<moe_combine, MoeCopies::per_expert>},
    {Operation::combine, Algorithm::per_rank, tokens<moe_combine, MoeCopies::per_rank>},
    {Operation::combine, Algorithm::per_node, tokens<moe_combine, MoeCopies::per_node>},
    {Operation::attention_to_expert, Algorithm::per_expert, tokens<attention_to_expert, MoeCopies::per_expert>},
    {Operation::attention_to_expert, Algorithm::per_rank, tokens<attention_to_expert, MoeCopies::per_rank>},
    {Operation::attention_to_expert, Algorithm::trampoline, forwarded<trampoline_to_expert>},
    {Operation::expert_to_attention, Algorithm::per_expert, tokens<expert_to_attention, MoeCopies::per_expert>},
    {Operation::expert_to_attention, Algorithm::per_rank, tokens<expert_to_attention, MoeCopies::per_rank>},
    {Operation::expert_to_attention, Algorithm::trampoline, forwarded<trampoline_to_attention>},
    {Operation::send, Algorithm::direct, flat<direct_send>},
};

// Hops between every two members of each group of `count` ranks, `stride` apart: the most, over the one plane that joins them all; -1
// where none does.
int most_hops(topology::Router& router, std::span<const int> group, std::span<const int> planes, Pieces members) {
  const auto endpoint = [&](int i) { return group[static_cast<std::size_t>(members.first + i * members.stride)]; };
  const int plane = router.plane_for(planes, endpoint(1), endpoint(0));
  if (plane == topology::no_plane) return -1;
  int most = 0;
  for (int i = 1; i < members.count; ++i) {
    if (router.plane_for(planes, endpoint(i), endpoint(0)) != plane) return -1;
    most = std::max(most, router.hops(plane, endpoint(i), endpoint(0)));
  }
  return most;
}

bool spans_nodes(const Task& task) {
  return task.ranks_per_node >= 1 && task.ranks > task.ranks_per_node && task.ranks % task.ranks_per_node == 0;
}

}  // namespace

std::vector<Algorithm> algorithms_of(Operation operation) {
  std::vector<Algorithm> algorithms;
  for (const Entry& entry : entries) {
    if (entry.operation == operation) algorithms.push_back(entry.algorithm);
  }
  return algorithms;
}

bool has_sides(Operation operation) { return operation == Operation::attention_to_expert || operation == Operation::expert_to_attention; }

bool is_expert_exchange(Operation operation) {
  return operation == Operation::dispatch || operation == Operation::combine || has_sides(operation);
}

Schedule schedule_of(const Task& task, Algorithm algorithm, Bytes bytes) {
  const auto entry = std::find_if(std::begin(entries), std::end(entries),
                                  [&](const Entry& e) { return e.operation == task.operation && e.algorithm == algorithm; });
  return entry->build(task, bytes);
}

int destinations_of(const Task& task, Algorithm algorithm) {
  const bool per_node = algorithm == Algorithm::per_node || algorithm == Algorithm::hierarchical;
  switch (task.operation) {
    case Operation::all_to_all:
    case Operation::dispatch:
    case Operation::combine:
      return moe_destinations({.ranks = task.ranks, .ranks_per_node = task.ranks_per_node},
                              per_node ? MoeCopies::per_node : MoeCopies::per_rank);
    case Operation::attention_to_expert:
    case Operation::expert_to_attention:
      return attention_expert_destinations(traffic_of(task), task.operation == Operation::attention_to_expert,
                                           algorithm == Algorithm::trampoline);
    default: return 1;
  }
}

std::string misfit(const Task& task, Algorithm algorithm, topology::Router& router, std::span<const int> group,
                   std::span<const int> planes) {
  const bool over_nodes = algorithm == Algorithm::hierarchical || algorithm == Algorithm::hierarchical_nvls ||
                          algorithm == Algorithm::sharp || algorithm == Algorithm::per_node;
  if (over_nodes && !spans_nodes(task)) return fmt::format("needs whole nodes of {} ranks, more than one", task.ranks_per_node);
  if (algorithm == Algorithm::sharp &&
      most_hops(router, group, planes, {.count = task.ranks / task.ranks_per_node, .stride = task.ranks_per_node}) < 0)
    return "needs one plane that joins the ranks of one position";
  if ((algorithm == Algorithm::one_shot || algorithm == Algorithm::two_shot) && most_hops(router, group, planes, {.count = task.ranks}) < 0)
    return "needs one plane that joins all ranks";
  if (algorithm == Algorithm::hierarchical_nvls && most_hops(router, group, planes, {.count = task.ranks_per_node}) != 2)
    return "needs the ranks of a node on the same switches";
  if (algorithm == Algorithm::nvls && most_hops(router, group, planes, {.count = task.ranks}) != 2)
    return "needs all ranks on the same switches";
  return "";
}

std::optional<Bytes> bus_bytes(const Task& task, Bytes bytes) {
  const double n = task.ranks;
  switch (task.operation) {
    case Operation::all_reduce: return bytes * (2 * (n - 1) / n);
    case Operation::reduce_scatter:
    case Operation::all_to_all: return bytes * ((n - 1) / n);
    case Operation::all_gather: return bytes * (n - 1);
    case Operation::broadcast: return bytes;
    default: return std::nullopt;
  }
}

}  // namespace podsim::collective
