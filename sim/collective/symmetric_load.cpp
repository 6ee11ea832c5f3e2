#include "collective/symmetric_load.hpp"

#include <map>
#include <vector>

#include "collective/class_load.hpp"

namespace podsim::collective {
namespace {

constexpr std::size_t worth_it = 4096;  // flows; finding symmetries takes as long as following some thousand

// The kind of each rank, and the bytes from each kind to each.
struct Kinds {
  std::vector<int> of_rank;
  int count = 0;
  std::vector<double> bytes;  // by kind of sender * count + kind of receiver; < 0: no such flow

  double& between(int from, int to) {
    const auto kind = [&](int rank) { return of_rank[static_cast<std::size_t>(rank)]; };
    return bytes[static_cast<std::size_t>(kind(from) * count + kind(to))];
  }
};

// Ranks that send and receive as much are of a kind. Empty when kinds do not say all: each rank must send to every other, and as much to
// all of a kind.
std::optional<Kinds> kinds_of(const Step& step, std::size_t ranks) {
  if (step.flows.size() != ranks * (ranks - 1)) return std::nullopt;
  std::vector<std::pair<double, double>> sums(ranks);  // sent and received
  for (const Flow& flow : step.flows) {
    sums[static_cast<std::size_t>(flow.from)].first += flow.bytes.value();
    sums[static_cast<std::size_t>(flow.to)].second += flow.bytes.value();
  }
  Kinds kinds;
  std::map<std::pair<float, float>, int> known;  // sums in other orders differ by rounding
  for (const auto& [sent, received] : sums) {
    const std::pair key(static_cast<float>(sent), static_cast<float>(received));
    kinds.of_rank.push_back(known.emplace(key, static_cast<int>(known.size())).first->second);
  }
  kinds.count = static_cast<int>(known.size());
  kinds.bytes.assign(static_cast<std::size_t>(kinds.count) * static_cast<std::size_t>(kinds.count), -1);
  std::vector<bool> seen(ranks * ranks);
  for (const Flow& flow : step.flows) {
    const auto pair = static_cast<std::size_t>(flow.from) * ranks + static_cast<std::size_t>(flow.to);
    if (flow.from == flow.to || seen[pair]) return std::nullopt;
    seen[pair] = true;
    double& bytes = kinds.between(flow.from, flow.to);
    if (bytes >= 0 && bytes != flow.bytes.value()) return std::nullopt;
    bytes = flow.bytes.value();
  }
  return kinds;
}

}  // namespace

std::optional<std::pair<int, Seconds>> add_symmetric_loads(topology::Router& router, const Step& step, std::span<const int> group,
                                                           std::span<const int> planes, topology::LinkLoads& load) {
  if (step.flows.size() < worth_it || !is_symmetric(router, planes, group)) return std::nullopt;
  std::optional<Kinds> kinds = kinds_of(step, group.size());
  if (!kinds) return std::nullopt;
  const topology::Topology& cluster = router.topology();
  std::vector<int> rank_of(static_cast<std::size_t>(cluster.shape.endpoints()), -1);
  std::vector<int> colour(rank_of.size(), -1);
  for (std::size_t rank = 0; rank < group.size(); ++rank) {
    const auto endpoint = static_cast<std::size_t>(group[rank]);
    if (endpoint >= rank_of.size() || rank_of[endpoint] >= 0) return std::nullopt;  // a device, or two ranks on an endpoint
    rank_of[endpoint] = static_cast<int>(rank);
    colour[endpoint] = kinds->of_rank[rank];
  }
  const int plane = planes.front();
  const topology::Symmetry symmetry = topology::find_symmetry(cluster.graph, plane, colour);
  const ClassLoads loads = class_loads(router, symmetry, planes, [&](int to, std::vector<int>& sources, std::vector<double>& bytes) {
    const int receiver = rank_of[static_cast<std::size_t>(to)];
    for (int sender = 0; receiver >= 0 && sender < static_cast<int>(group.size()); ++sender) {
      if (sender == receiver) continue;
      sources.push_back(group[static_cast<std::size_t>(sender)]);
      bytes.push_back(kinds->between(sender, receiver));
    }
  });
  for (std::size_t link = 0; link < symmetry.link_class.size(); ++link) {
    const double bytes = loads.bytes[static_cast<std::size_t>(symmetry.link_class[link])];
    if (bytes > 0) load.add(static_cast<topology::LinkId>(link), bytes * step.repeat);
  }
  return std::pair(plane, loads.latency.at(plane));
}

}  // namespace podsim::collective
