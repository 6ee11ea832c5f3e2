#include "topology/plane_graph.hpp"

#include <map>
#include <set>

namespace podsim::topology {
namespace {

// The switch that is the only neighbour of an endpoint; -1 when there is none such.
VertexId only_switch(const Graph& graph, VertexId vertex, int plane) {
  if (graph.vertex(vertex).plane != no_plane) return -1;
  VertexId only = -1;
  bool several = false;
  graph.for_each_link(vertex, plane, [&](LinkId, VertexId neighbour) {
    several = several || (only >= 0 && only != neighbour);
    only = neighbour;
  });
  return several || only < 0 || graph.vertex(only).plane == no_plane ? -1 : only;
}

}  // namespace

PlaneGraph::PlaneGraph(const Graph& graph, int plane) : index_(static_cast<std::size_t>(graph.vertex_count()), -1) {
  std::vector<std::pair<VertexId, VertexId>> hanging;
  for (VertexId vertex = 0; vertex < graph.vertex_count(); ++vertex) {
    bool linked = false;
    graph.for_each_link(vertex, plane, [&](LinkId, VertexId) { linked = true; });
    if (!linked) continue;
    const VertexId leaf = only_switch(graph, vertex, plane);
    if (leaf >= 0) {
      hanging.emplace_back(vertex, leaf);
    } else {
      index_[static_cast<std::size_t>(vertex)] = size();
      vertices_.push_back(vertex);
    }
  }
  for (const VertexId vertex : vertices_) {
    first_.push_back(arcs_.size());
    graph.for_each_link(vertex, plane, [&](LinkId link, VertexId neighbour) {
      if (index(neighbour) >= 0) arcs_.push_back({link, index(neighbour), graph.link(link).level});
    });
  }
  first_.push_back(arcs_.size());
  std::map<std::set<std::pair<int, std::int8_t>>, int> known;
  for (int i = 0; i < size(); ++i) {
    like_.push_back(i);
    const Vertex& vertex = graph.vertex(this->vertex(i));
    if (vertex.plane != no_plane || vertex.device) continue;
    std::set<std::pair<int, std::int8_t>> neighbours;
    for (const Arc& arc : arcs(i)) neighbours.emplace(arc.to, arc.level);
    like_.back() = known.emplace(std::move(neighbours), i).first->second;
  }
  for (const auto& [vertex, leaf] : hanging) index_[static_cast<std::size_t>(vertex)] = index(leaf);
}

}  // namespace podsim::topology
