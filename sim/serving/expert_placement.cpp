#include "serving/expert_placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

#include "base/random.hpp"

namespace podsim::serving {
namespace {

// Each expert's number of copies when `more` go to whoever has the most load a copy.
std::vector<int> copy_the_busiest(std::span<const double> popularity, int more) {
  std::vector<int> copies(popularity.size(), 1);
  std::priority_queue<std::pair<double, int>> busiest;  // ties: the later expert
  for (std::size_t e = 0; e < popularity.size(); ++e) busiest.emplace(popularity[e], static_cast<int>(e));
  for (; more > 0; --more) {
    const auto e = static_cast<std::size_t>(busiest.top().second);
    busiest.pop();
    ++copies[e];
    busiest.emplace(popularity[e] / copies[e], static_cast<int>(e));
  }
  return copies;
}

std::vector<int> copy_every_nth(std::size_t experts, int more) {
  std::vector<int> copies(experts, 1);
  for (int i = 0; i < more; ++i) ++copies[static_cast<std::size_t>(i) * experts / static_cast<std::size_t>(more) % experts];
  return copies;
}

// Every copy goes to the least loaded endpoint that has one of its `slots` places left, the busiest copy first.
std::vector<PlacedCopy> pack(std::vector<std::pair<double, std::size_t>> copies, std::size_t endpoints, std::size_t slots) {
  std::stable_sort(copies.begin(), copies.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  struct Endpoint {
    double load = 0;
    std::size_t used = 0;
  };
  std::vector<Endpoint> all(endpoints);
  std::vector<PlacedCopy> placed;
  for (const auto& [load, expert] : copies) {
    const auto better = [&](const Endpoint& a, const Endpoint& b) {
      const bool room_a = a.used < slots, room_b = b.used < slots;
      return room_a != room_b ? room_a : a.load < b.load;
    };
    const auto best = std::min_element(all.begin(), all.end(), better);
    best->load += load;
    ++best->used;
    placed.push_back({expert, static_cast<std::size_t>(best - all.begin())});
  }
  return placed;
}

// On its way to another popularity of the same law, in which experts have changed places at random: a share `gone` of them have, one after
// the other, each with one that has not (a shuffle that is interrupted), so that the law stays what it is. A mixture of both popularities
// would be flatter than either, and drift make the load more even.
std::vector<double> drifted(std::span<const double> popularity, double gone, std::uint64_t draw) {
  constexpr std::uint64_t stream = 0x6472696674;  // any number
  const auto size = popularity.size();
  std::vector<std::size_t> turn(size);
  std::iota(turn.begin(), turn.end(), std::size_t{0});
  std::ranges::sort(turn, {}, [&](std::size_t e) { return mix(mix(stream, draw), e); });
  std::vector<double> now(popularity.begin(), popularity.end());
  for (std::size_t i = 0; i < size && static_cast<double>(i) + 0.5 < gone * static_cast<double>(size); ++i) {
    const std::size_t other = i + mix(mix(stream, draw), size + i) % (size - i);
    std::swap(now[turn[i]], now[turn[other]]);
  }
  return now;
}

}  // namespace

std::vector<double> zipf_popularity(int experts, double exponent) {
  std::vector<int> order(static_cast<std::size_t>(experts));
  std::iota(order.begin(), order.end(), 0);
  constexpr std::uint64_t stream = 0x65787065727473;  // any number
  std::sort(order.begin(), order.end(),
            [](int a, int b) { return mix(stream, static_cast<std::uint64_t>(a)) < mix(stream, static_cast<std::uint64_t>(b)); });
  std::vector<double> popularity(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank)
    popularity[static_cast<std::size_t>(order[rank])] = std::pow(static_cast<double>(rank + 1), -exponent);
  const double sum = std::accumulate(popularity.begin(), popularity.end(), 0.0);
  for (double& share : popularity) share /= sum;
  return popularity;
}

std::vector<PlacedCopy> place_experts(std::span<const double> popularity, int copies, int endpoints, ExpertPlacement placement) {
  const bool balanced = placement == ExpertPlacement::balanced;
  const std::vector<int> counts = balanced ? copy_the_busiest(popularity, copies) : copy_every_nth(popularity.size(), copies);
  std::vector<std::pair<double, std::size_t>> loads;
  for (std::size_t e = 0; e < popularity.size(); ++e)
    loads.insert(loads.end(), static_cast<std::size_t>(counts[e]), {popularity[e] / counts[e], e});
  const auto ranks = static_cast<std::size_t>(endpoints);
  const std::size_t slots = (loads.size() + ranks - 1) / ranks;
  if (balanced) return pack(std::move(loads), ranks, slots);
  std::vector<PlacedCopy> placed;
  for (std::size_t i = 0; i < loads.size(); ++i) placed.push_back({loads[i].second, i / slots});
  return placed;
}

double busiest_over_mean(std::span<const double> popularity, std::span<const PlacedCopy> placed, int endpoints) {
  std::vector<int> copies(popularity.size());
  for (const PlacedCopy& copy : placed) ++copies[copy.expert];
  std::vector<double> sums(static_cast<std::size_t>(endpoints));
  for (const PlacedCopy& copy : placed) sums[copy.endpoint] += popularity[copy.expert] / copies[copy.expert];
  return *std::max_element(sums.begin(), sums.end()) * endpoints / std::accumulate(popularity.begin(), popularity.end(), 0.0);
}

double busiest_over_mean(std::span<const double> popularity, int copies, int endpoints, ExpertPlacement placement) {
  return busiest_over_mean(popularity, place_experts(popularity, copies, endpoints, placement), endpoints);
}

double ExpertLoad::mean() const { return std::accumulate(stages.begin(), stages.end(), 0.0) / static_cast<double>(stages.size()); }

std::vector<double> ageing_imbalance(std::span<const double> popularity, int copies, int endpoints, Seconds drift, Seconds every,
                                     int stages) {
  const std::vector<PlacedCopy> placed = place_experts(popularity, copies, endpoints, ExpertPlacement::balanced);
  constexpr int draws = 32;
  std::vector<double> imbalance;
  for (int s = 0; s < stages; ++s) {
    const double gone = std::min(1.0, every * (s + 0.5) / stages / drift);
    double sum = 0;
    for (std::uint64_t draw = 0; draw < draws; ++draw) sum += busiest_over_mean(drifted(popularity, gone, draw), placed, endpoints);
    imbalance.push_back(sum / draws);
  }
  return imbalance;
}

namespace {

std::vector<double> read_popularity(config::Node popularity, int experts) {
  std::vector<double> shares;
  if (!popularity.is_list()) {
    shares = zipf_popularity(experts, popularity.get_within("zipf", 0.0, 10.0));
    popularity.done();
    return shares;
  }
  for (const config::Node& share : popularity.items()) {
    shares.push_back(share.as<double>());
    if (!(shares.back() >= 0)) share.fail("must be at least 0");
  }
  if (static_cast<int>(shares.size()) != experts)
    popularity.fail(fmt::format("names {} experts, the model has {}", shares.size(), experts));
  if (std::accumulate(shares.begin(), shares.end(), 0.0) <= 0) popularity.fail("must name an expert that is used");
  return shares;
}

}  // namespace

ExpertLoad read_expert_load(config::Node node, const model::ModelSpec& model, const model::ParallelSpec& parallel) {
  constexpr int stages = 4;  // between two rebalancings: steps cost the same within one
  constexpr Seconds longest{1e9};
  if (!model.moe) node.fail("the model has no experts");
  const std::vector<double> shares = read_popularity(node.at("popularity"), model.moe->experts);
  const auto placement = static_cast<ExpertPlacement>(node.one_of("placement", {"fixed", "balanced"}, 0));
  const int endpoints = parallel.expert - parallel.shared_expert_endpoints;
  ExpertLoad load;
  load.stages = {busiest_over_mean(shares, parallel.redundant_experts, endpoints, placement)};
  if (auto drift = node.find("drift")) {
    if (placement != ExpertPlacement::balanced) node.fail("drift", "needs placement: balanced, which each rebalancing restores");
    const auto over = drift->get_within<Seconds>("over", Seconds(1e-3), longest);
    drift->done();
    config::Node rebalance = node.at("rebalance");
    load.every = rebalance.get_within<Seconds>("every", Seconds(1e-2), longest);
    load.pause = rebalance.get_within<Seconds>("pause", Seconds(0), load.every, Seconds(0));
    rebalance.done();
    load.stages = ageing_imbalance(shares, parallel.redundant_experts, endpoints, over, load.every, stages);
  }
  node.done();
  return load;
}

}  // namespace podsim::serving
