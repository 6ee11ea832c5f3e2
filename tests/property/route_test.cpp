// Routes on random networks and on all that are shipped: every pair is joined by a chain of links.
#include <numeric>
#include <random>

#include "support/clusters.hpp"
#include "support/networks.hpp"
#include "support/shipped.hpp"
#include "topology/router.hpp"

using namespace podsim;

namespace {

// From hop to hop, what leaves a vertex has arrived there, and all of it ends at `to`. Says what is wrong, "" for nothing.
std::string flaw_of(const topology::Graph& graph, const topology::Route& route, int from, int to) {
  if (route.links.empty()) return "no links";
  std::vector<std::pair<int, double>> arriving = {{from, 1.0}}, next;  // by vertex
  int hop = 0;
  for (const auto& share : route.links) {
    if (share.hop != hop) {
      std::swap(arriving, next);
      next.clear();
      if (share.hop != ++hop) return "a hop is missing";
    }
    const auto& link = graph.link(share.link);
    const auto is = [](int vertex) { return [vertex](const auto& entry) { return entry.first == vertex; }; };
    if (link.failed) return "a failed link";
    if (std::none_of(arriving.begin(), arriving.end(), is(link.from))) return "a link that nothing has reached";
    const auto known = std::find_if(next.begin(), next.end(), is(link.to));
    if (known != next.end()) known->second += share.fraction;
    else next.emplace_back(link.to, share.fraction);
  }
  if (next.size() != 1 || next[0].first != to) return "does not end at the destination";
  return std::abs(next[0].second - 1) < 1e-9 ? "" : "shares that do not add up";
}

void require_valid(const topology::Graph& graph, const topology::Route& route, int from, int to) {
  const std::string flaw = flaw_of(graph, route, from, to);
  if (!flaw.empty()) FAIL(from << " to " << to << ": " << flaw);
}

}  // namespace

TEST_CASE("Every pair has a connected route whose shares add up at every hop") {
  const unsigned seed = GENERATE(range(0U, 30U));
  const auto cluster = test::random_cluster(seed);
  topology::Router router(cluster, seed);
  for (int from = 0; from < cluster.shape.endpoints(); ++from) {
    for (int to = 0; to < cluster.shape.endpoints(); ++to) {
      if (from != to) require_valid(cluster.graph, router.route(0, from, to), from, to);
    }
  }
}

TEST_CASE("Every pair of chips of every cluster that is shipped has a route") {
  for (const auto& file : test::shipped_files("topologies")) {
    INFO(file);
    const auto cluster = test::shipped_cluster(file.stem().string());
    std::vector<int> planes(cluster.planes.size());
    std::iota(planes.begin(), planes.end(), 0);
    topology::Router router(cluster, 7);
    const int n = cluster.shape.endpoints();
    const bool all = n <= 800;
    const int step = all ? 1 : n / 61;  // of thousands of endpoints about sixty; a step that divides no rack or rail
    for (int from = 0; from < n; from += step) {
      for (int to = 0; to < n; to += all ? 1 : step + 1) {
        if (from == to) continue;
        const int plane = router.plane_for(planes, from, to);
        if (plane == topology::no_plane) FAIL(from << " and " << to << " are not joined");
        require_valid(cluster.graph, router.route(plane, from, to), from, to);
      }
    }
  }
}
