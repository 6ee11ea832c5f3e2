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

// Loads of endpoints with `slots` places each: every copy goes to the least loaded endpoint that has a place, the busiest copy first.
std::vector<double> pack(std::vector<double> loads, std::size_t endpoints, std::size_t slots) {
  std::sort(loads.begin(), loads.end(), std::greater<>());
  struct Endpoint {
    double load = 0;
    std::size_t used = 0;
  };
  std::vector<Endpoint> all(endpoints);
  for (const double load : loads) {
    const auto better = [&](const Endpoint& a, const Endpoint& b) {
      const bool room_a = a.used < slots, room_b = b.used < slots;
      return room_a != room_b ? room_a : a.load < b.load;
    };
    Endpoint& best = *std::min_element(all.begin(), all.end(), better);
    best.load += load;
    ++best.used;
  }
  std::vector<double> sums;
  for (const Endpoint& endpoint : all) sums.push_back(endpoint.load);
  return sums;
}

std::vector<double> in_order(const std::vector<double>& loads, std::size_t endpoints, std::size_t slots) {
  std::vector<double> sums(endpoints);
  for (std::size_t i = 0; i < loads.size(); ++i) sums[i / slots] += loads[i];
  return sums;
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

double busiest_over_mean(std::span<const double> popularity, int copies, int endpoints, ExpertPlacement placement) {
  const bool balanced = placement == ExpertPlacement::balanced;
  const std::vector<int> counts = balanced ? copy_the_busiest(popularity, copies) : copy_every_nth(popularity.size(), copies);
  std::vector<double> loads;
  for (std::size_t e = 0; e < popularity.size(); ++e)
    loads.insert(loads.end(), static_cast<std::size_t>(counts[e]), popularity[e] / counts[e]);
  const auto ranks = static_cast<std::size_t>(endpoints);
  const std::size_t slots = (loads.size() + ranks - 1) / ranks;
  const std::vector<double> sums = balanced ? pack(std::move(loads), ranks, slots) : in_order(loads, ranks, slots);
  const double total = std::accumulate(popularity.begin(), popularity.end(), 0.0);
  return *std::max_element(sums.begin(), sums.end()) * endpoints / total;
}

double read_expert_load(config::Node node, const model::ModelSpec& model, const model::ParallelSpec& parallel) {
  if (!model.moe) node.fail("the model has no experts");
  config::Node popularity = node.at("popularity");
  std::vector<double> shares;
  if (popularity.is_list()) {
    for (const config::Node& share : popularity.items()) {
      shares.push_back(share.as<double>());
      if (!(shares.back() >= 0)) share.fail("must be at least 0");
    }
    if (static_cast<int>(shares.size()) != model.moe->experts)
      popularity.fail(fmt::format("names {} experts, the model has {}", shares.size(), model.moe->experts));
    if (std::accumulate(shares.begin(), shares.end(), 0.0) <= 0) popularity.fail("must name an expert that is used");
  } else {
    shares = zipf_popularity(model.moe->experts, popularity.get_within("zipf", 0.0, 10.0));
    popularity.done();
  }
  const auto placement = static_cast<ExpertPlacement>(node.one_of("placement", {"fixed", "balanced"}, 0));
  node.done();
  return busiest_over_mean(shares, parallel.redundant_experts, parallel.expert - parallel.shared_expert_endpoints, placement);
}

}  // namespace podsim::serving
