#include "serving/kv_transfer.hpp"

#include <algorithm>
#include <numeric>

namespace podsim::serving {
namespace {

// A holder's part of the cache, in layers and heads counted in units that both sides share.
struct Part {
  int first_layer, end_layer;
  int first_head, end_head;
};

std::vector<Part> parts_of(const model::ModelSpec& model, const model::ParallelSpec& parallel, int heads) {
  std::vector<Part> parts;
  for (int stage = 0; stage < parallel.pipeline; ++stage) {
    const int first_layer = model.layers * stage / parallel.pipeline, end_layer = model.layers * (stage + 1) / parallel.pipeline;
    for (int rank = 0; rank < parallel.group(); ++rank) {
      const int first_head = heads * rank / parallel.group();
      parts.push_back({first_layer, end_layer, first_head, std::max(first_head + 1, heads * (rank + 1) / parallel.group())});
    }
  }
  return parts;
}

int heads_of(const model::ModelSpec& model) { return model.latent ? 1 : model.kv_heads; }

// The ranks of a stage that hold a head; `first` is the holder of its rank 0.
std::vector<int> holders_of(int head, const std::vector<Part>& holders, std::size_t first, int group) {
  std::vector<int> ranks;
  for (int rank = 0; rank < group; ++rank) {
    const Part& part = holders[first + static_cast<std::size_t>(rank)];
    if (part.first_head <= head && head < part.end_head) ranks.push_back(rank);
  }
  return ranks;
}

int overlap(int first_a, int end_a, int first_b, int end_b) { return std::max(0, std::min(end_a, end_b) - std::max(first_a, first_b)); }

}  // namespace

std::vector<KvFlow> kv_flows(const model::ModelSpec& model, const model::ParallelSpec& from, const model::ParallelSpec& to,
                             std::uint64_t turn) {
  const int heads = heads_of(model);
  const std::vector<Part> senders = parts_of(model, from, heads), receivers = parts_of(model, to, heads);
  const double whole = static_cast<double>(model.layers) * heads;
  std::vector<KvFlow> flows;
  for (std::size_t r = 0; r < receivers.size(); ++r) {
    const Part& wanted = receivers[r];
    for (int stage = 0; stage < from.pipeline; ++stage) {
      const auto first = static_cast<std::size_t>(stage) * static_cast<std::size_t>(from.group());
      const auto at = [first](int rank) { return first + static_cast<std::size_t>(rank); };
      const Part& any = senders[at(0)];
      const int layers = overlap(wanted.first_layer, wanted.end_layer, any.first_layer, any.end_layer);
      for (int head = wanted.first_head; layers > 0 && head < wanted.end_head;) {
        // The copies of this head, and the one whose turn it is.
        const std::vector<int> copies = holders_of(head, senders, first, from.group());
        const int sender = copies[(turn + r) % copies.size()];
        const int end = std::min(wanted.end_head, senders[at(sender)].end_head);
        flows.push_back({static_cast<int>(at(sender)), static_cast<int>(r), layers * (end - head) / whole});
        head = end;
      }
    }
  }
  return flows;
}

std::uint64_t kv_turns(const model::ModelSpec& model, const model::ParallelSpec& from) {
  const std::vector<Part> senders = parts_of(model, from, heads_of(model));
  std::uint64_t turns = 1;
  for (int head = 0; head < heads_of(model); ++head) turns = std::lcm(turns, holders_of(head, senders, 0, from.group()).size());
  return turns;
}

}  // namespace podsim::serving
