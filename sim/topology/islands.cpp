#include "topology/islands.hpp"

#include <algorithm>

namespace podsim::topology {

Islands find_islands(const Graph& graph, int plane) {
  Islands islands;
  islands.of.assign(static_cast<std::size_t>(graph.vertex_count()), -1);
  std::vector<VertexId> joined;
  for (VertexId start = 0; start < graph.vertex_count(); ++start) {
    bool linked = false;
    graph.for_each_link(start, plane, [&](LinkId, VertexId) { linked = true; });
    if (graph.vertex(start).plane != no_plane || !linked || islands.of[static_cast<std::size_t>(start)] >= 0) continue;
    const auto island = static_cast<int>(islands.members.size());
    joined = {start};
    islands.of[static_cast<std::size_t>(start)] = island;
    for (std::size_t i = 0; i < joined.size(); ++i) {
      graph.for_each_link(joined[i], plane, [&](LinkId, VertexId v) {
        if (islands.of[static_cast<std::size_t>(v)] >= 0) return;
        islands.of[static_cast<std::size_t>(v)] = island;
        joined.push_back(v);
      });
    }
    std::erase_if(joined, [&](VertexId v) { return graph.vertex(v).plane != no_plane; });
    std::sort(joined.begin(), joined.end());
    islands.members.push_back(joined);
  }
  return islands;
}

}  // namespace podsim::topology
