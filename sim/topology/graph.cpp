#include "topology/graph.hpp"

namespace podsim::topology {

VertexId Graph::add_vertex(Vertex vertex) {
  vertices_.push_back(std::move(vertex));
  return vertex_count() - 1;
}

LinkId Graph::connect(VertexId from, VertexId to, int plane, ByteRate bandwidth, Seconds latency) {
  const LinkId id = link_count();
  links_.push_back({from, to, plane, bandwidth, latency});
  links_.push_back({to, from, plane, bandwidth, latency});
  return id;
}

void Graph::seal() {
  std::vector<std::pair<std::size_t, std::size_t>> ends;
  std::vector<Edge> edges;
  for (LinkId id = 0; id < link_count(); ++id) {
    ends.emplace_back(link(id).from, link(id).to);
    edges.push_back({id});
  }
  adjacency_ = Adjacency(boost::edges_are_unsorted_multi_pass, ends.begin(), ends.end(), edges.begin(), vertices_.size());
}

}  // namespace podsim::topology
