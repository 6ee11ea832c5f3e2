// One plane as its router sees it: switches and endpoints with several neighbours are the core, the other endpoints hang on it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topology/graph.hpp"

namespace podsim::topology {

// Vertices of the core have indices of their own, so that what is kept by vertex grows with the plane and not with the cluster.
class PlaneGraph {
 public:
  struct Arc {
    LinkId link;
    int to;  // index in the core
    std::int8_t level;
  };

  PlaneGraph(const Graph& graph, int plane);

  int size() const { return static_cast<int>(vertices_.size()); }
  VertexId vertex(int index) const { return vertices_[static_cast<std::size_t>(index)]; }
  // The index of a vertex of the core, or of the switch on which a leaf endpoint hangs; -1 for a vertex without a link here.
  int index(VertexId vertex) const { return index_[static_cast<std::size_t>(vertex)]; }
  // An endpoint whose only neighbour is a switch: whatever reaches it passes there.
  bool hangs(VertexId vertex) const { return index(vertex) >= 0 && this->vertex(index(vertex)) != vertex; }
  // The first vertex of the core with the neighbours of an endpoint of the core, on links of the same levels: all others are as far from
  // both.
  int like(int index) const { return like_[static_cast<std::size_t>(index)]; }
  // Links between vertices of the core that leave one of them, in order of id.
  std::span<const Arc> arcs(int index) const {
    const auto i = static_cast<std::size_t>(index);
    return {arcs_.data() + first_[i], arcs_.data() + first_[i + 1]};
  }

 private:
  std::vector<VertexId> vertices_;
  std::vector<int> index_;
  std::vector<int> like_;
  std::vector<std::size_t> first_;
  std::vector<Arc> arcs_;
};

}  // namespace podsim::topology
