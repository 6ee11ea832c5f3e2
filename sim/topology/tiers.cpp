#include "topology/tiers.hpp"

#include <algorithm>

namespace podsim::topology {

std::vector<std::vector<VertexId>> find_tiers(const Graph& graph, int plane) {
  std::vector<bool> reached(static_cast<std::size_t>(graph.vertex_count()));
  std::vector<VertexId> current;
  for (VertexId v = 0; v < graph.vertex_count(); ++v) {
    bool linked = false;
    if (graph.vertex(v).plane == no_plane) graph.for_each_link(v, plane, [&](LinkId, VertexId) { linked = true; });
    if (!linked) continue;
    reached[static_cast<std::size_t>(v)] = true;
    current.push_back(v);
  }
  std::vector<std::vector<VertexId>> tiers;
  while (!current.empty()) {
    std::vector<VertexId> next;
    for (const VertexId v : current) {
      graph.for_each_link(v, plane, [&](LinkId, VertexId above) {
        if (reached[static_cast<std::size_t>(above)]) return;
        reached[static_cast<std::size_t>(above)] = true;
        next.push_back(above);
      });
    }
    std::sort(next.begin(), next.end());
    tiers.push_back(std::move(current));
    current = std::move(next);
  }
  return tiers;
}

std::vector<int> tier_of_vertices(const Graph& graph, const std::vector<std::vector<VertexId>>& tiers) {
  std::vector<int> tier_of(static_cast<std::size_t>(graph.vertex_count()), -1);
  for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
    for (const VertexId v : tiers[tier]) tier_of[static_cast<std::size_t>(v)] = static_cast<int>(tier);
  }
  return tier_of;
}

}  // namespace podsim::topology
