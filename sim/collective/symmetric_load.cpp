#include "collective/symmetric_load.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "topology/symmetry.hpp"

namespace podsim::collective {
namespace {

constexpr std::size_t worth_it = 4096;  // flows; finding symmetries takes as long as following some thousand

struct Sums {
  double sent = 0, received = 0;
  auto operator<=>(const Sums&) const = default;
};

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
  std::vector<Sums> sums(ranks);
  for (const Flow& flow : step.flows) {
    sums[static_cast<std::size_t>(flow.from)].sent += flow.bytes.value();
    sums[static_cast<std::size_t>(flow.to)].received += flow.bytes.value();
  }
  Kinds kinds;
  std::map<std::pair<float, float>, int> known;  // sums in other orders differ by rounding
  for (const Sums& s : sums) {
    const std::pair key(static_cast<float>(s.sent), static_cast<float>(s.received));
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

// Symmetries speak of one plane, and a hash of the pair knows none.
bool joins_and_sprays(topology::Router& router, int plane, std::span<const int> group) {
  const topology::Plane& p = router.topology().planes[static_cast<std::size_t>(plane)];
  if (p.spread != topology::Spread::spray || p.routing == topology::Routing::valiant || p.forward_over != topology::no_plane) return false;
  return std::ranges::all_of(group, [&](int e) { return e == group.front() || router.hops(plane, e, group.front()) >= 0; });
}

}  // namespace

std::optional<std::pair<int, Seconds>> add_symmetric_loads(topology::Router& router, const Step& step, std::span<const int> group,
                                                           std::span<const int> planes, topology::LinkLoads& load) {
  if (step.flows.size() < worth_it || planes.empty() || !joins_and_sprays(router, planes.front(), group)) return std::nullopt;
  std::optional<Kinds> kinds = kinds_of(step, group.size());
  const topology::Topology& cluster = router.topology();
  std::vector<int> rank_of(static_cast<std::size_t>(cluster.shape.endpoints()), -1);
  std::vector<int> colour(rank_of.size(), -1);
  for (std::size_t rank = 0; kinds && rank < group.size(); ++rank) {
    const auto endpoint = static_cast<std::size_t>(group[rank]);
    if (endpoint >= rank_of.size() || rank_of[endpoint] >= 0) return std::nullopt;  // a device, or two ranks on an endpoint
    rank_of[endpoint] = static_cast<int>(rank);
    colour[endpoint] = kinds->of_rank[rank];
  }
  if (!kinds) return std::nullopt;

  const int plane = planes.front();
  const topology::Symmetry symmetry = topology::find_symmetry(cluster.graph, plane, colour);
  std::vector<double> of_class(symmetry.link_class.size());
  Seconds latency(std::numeric_limits<double>::infinity());
  std::vector<int> sources(group.size() - 1);
  std::vector<double> bytes(sources.size());
  for (const auto& [to, alike] : symmetry.endpoint_classes(cluster.shape.endpoints())) {
    const int receiver = rank_of[static_cast<std::size_t>(to)];
    if (receiver < 0) continue;
    std::size_t next = 0;
    for (std::size_t sender = 0; sender < group.size(); ++sender) {
      if (static_cast<int>(sender) == receiver) continue;
      sources[next] = group[sender];
      bytes[next++] = kinds->between(static_cast<int>(sender), receiver);
    }
    for (const topology::Inflow& inflow : router.inflow(planes, to, sources, bytes)) {
      latency = std::min(latency, inflow.latency);
      for (const topology::EqualLoads& run : inflow.loads) {
        for (int i = 0; i < run.count; ++i) {
          const auto link = static_cast<std::size_t>(run.first + i * run.stride);
          of_class[static_cast<std::size_t>(symmetry.link_class[link])] += run.bytes * alike;
        }
      }
    }
  }
  std::vector<int> members(of_class.size());
  for (const topology::LinkId link_class : symmetry.link_class) ++members[static_cast<std::size_t>(link_class)];
  for (std::size_t link = 0; link < symmetry.link_class.size(); ++link) {
    const auto of = static_cast<std::size_t>(symmetry.link_class[link]);
    if (of_class[of] > 0) load.add(static_cast<topology::LinkId>(link), of_class[of] / members[of] * step.repeat);
  }
  return std::pair(plane, latency);
}

}  // namespace podsim::collective
