// The network as a directed multigraph: endpoints and switches, every physical link as a pair of opposite edges.
#pragma once

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace podsim::topology {

using VertexId = int;
using LinkId = int;  // one direction of one physical link; ids 2k and 2k+1 are the two directions of a link

inline constexpr int no_plane = -1;

struct Vertex {
  std::string role;      // "endpoint", or what the plane's kind calls its switches ("leaf", "spine", ...)
  int plane = no_plane;  // of a switch or device; endpoints belong to every plane
  bool device = false;   // such as a CPU: routes begin and end there, none passes through
};

struct Link {
  VertexId from = 0;
  VertexId to = 0;
  int plane = no_plane;
  ByteRate bandwidth;
  Seconds latency;
  bool failed = false;    // no route uses it
  std::int8_t level = 0;  // the dimension of a grid or the level of a dragonfly in which it lies
  bool dateline = false;  // closes a ring: whoever crosses it changes its virtual channel
};

// Vertices and links are added first; seal() lays them out for traversal (Boost's compressed sparse rows).
class Graph {
 public:
  VertexId add_vertex(Vertex vertex);
  // Adds both directions; returns the id of from -> to (the opposite is id + 1).
  LinkId connect(VertexId from, VertexId to, int plane, ByteRate bandwidth, Seconds latency);
  // Says in which dimension or level a link lies, and whether it closes a ring there.
  void place_link(LinkId id, int level, bool dateline);
  // Takes both directions of a link out of order, before seal().
  void fail(LinkId id);
  void seal();

  int vertex_count() const { return static_cast<int>(vertices_.size()); }
  int link_count() const { return static_cast<int>(links_.size()); }  // directed
  const Vertex& vertex(VertexId id) const { return vertices_[static_cast<std::size_t>(id)]; }
  const Link& link(LinkId id) const { return links_[static_cast<std::size_t>(id)]; }

  // Whether a link joins a device to its switch.
  bool reaches_device(LinkId id) const { return vertex(link(id).from).device || vertex(link(id).to).device; }

  // Calls visit(LinkId, VertexId neighbour) for every working link of `plane` that leaves `vertex`, in order of id, but for those that end
  // at a device: whoever walks the network from endpoint to endpoint does not meet devices. REQUIRES seal().
  template <class Visit>
  void for_each_link(VertexId vertex, int plane, Visit visit) const {
    const std::size_t here = place(vertex, plane);
    if (here >= boost::num_vertices(adjacency_)) return;
    for (auto [edge, end] = boost::out_edges(here, adjacency_); edge != end; ++edge) {
      visit(adjacency_[*edge].id, static_cast<VertexId>(boost::target(*edge, adjacency_) - place(0, plane)));
    }
  }

 private:
  struct Edge {
    LinkId id;
  };
  using Adjacency = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Edge>;

  // Every plane has its own rows of the adjacency: an endpoint's links in other planes are never looked at.
  std::size_t place(VertexId vertex, int plane) const {
    return static_cast<std::size_t>(plane) * vertices_.size() + static_cast<std::size_t>(vertex);
  }

  std::vector<Vertex> vertices_;
  std::vector<Link> links_;
  Adjacency adjacency_;
};

}  // namespace podsim::topology
