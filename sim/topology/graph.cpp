#include "topology/graph.hpp"

#include <algorithm>

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

void Graph::place_link(LinkId id, int level, bool dateline) {
  for (const LinkId direction : {id, id ^ 1}) {
    Link& link = links_[static_cast<std::size_t>(direction)];
    link.level = static_cast<std::int8_t>(level);
    link.dateline = dateline;
  }
}

void Graph::fail(LinkId id) {
  links_[static_cast<std::size_t>(id)].failed = true;
  links_[static_cast<std::size_t>(id ^ 1)].failed = true;
}

void Graph::seal() {
  std::vector<std::pair<std::size_t, std::size_t>> ends;
  std::vector<Edge> edges;
  int planes = 0;
  for (LinkId id = 0; id < link_count(); ++id) {
    const Link& l = link(id);
    planes = std::max(planes, l.plane + 1);
    if (l.failed || vertex(l.to).device) continue;
    ends.emplace_back(place(l.from, l.plane), place(l.to, l.plane));
    edges.push_back({id});
  }
  adjacency_ = Adjacency(boost::edges_are_unsorted_multi_pass, ends.begin(), ends.end(), edges.begin(), place(0, planes));
}

}  // namespace podsim::topology
