// The graph of endpoints and switches: links in both directions, found by plane.
#include "topology/graph.hpp"

#include "support/clusters.hpp"

using namespace podsim;
using topology::Graph;

namespace {

// Two endpoints and a switch; two parallel cables in plane 0, one cable in plane 1.
Graph small_graph() {
  Graph graph;
  graph.add_vertex({"endpoint", topology::no_plane});
  graph.add_vertex({"endpoint", topology::no_plane});
  graph.add_vertex({"switch", 0});
  graph.connect(0, 2, 0, ByteRate(1), Seconds(1));
  graph.connect(0, 2, 0, ByteRate(1), Seconds(1));
  graph.connect(0, 1, 1, ByteRate(5), Seconds(2));
  graph.seal();
  return graph;
}

std::vector<std::pair<int, int>> leaving(const Graph& graph, int vertex, int plane) {
  std::vector<std::pair<int, int>> links;
  graph.for_each_link(vertex, plane, [&](int id, int neighbour) { links.emplace_back(id, neighbour); });
  return links;
}

}  // namespace

TEST_CASE("A cable is two links of equal rate and latency, one after the other, in opposite directions") {
  Graph graph;
  const int a = graph.add_vertex({"endpoint", topology::no_plane});
  const int b = graph.add_vertex({"switch", 3});
  const int there = graph.connect(a, b, 3, ByteRate(7), Seconds(2));
  CHECK(graph.link_count() == 2);
  CHECK(graph.vertex_count() == 2);
  CHECK(graph.link(there).from == a);
  CHECK(graph.link(there).to == b);
  CHECK(graph.link(there + 1).from == b);
  CHECK(graph.link(there + 1).to == a);
  for (const int id : {there, there + 1}) {
    CHECK(graph.link(id).plane == 3);
    CHECK(graph.link(id).bandwidth == ByteRate(7));
    CHECK(graph.link(id).latency == Seconds(2));
  }
}

TEST_CASE("The links that leave a vertex are found by plane, in order of id, parallel ones each") {
  const Graph graph = small_graph();
  CHECK(leaving(graph, 0, 0) == std::vector<std::pair<int, int>>{{0, 2}, {2, 2}});
  CHECK(leaving(graph, 0, 1) == std::vector<std::pair<int, int>>{{4, 1}});
  CHECK(leaving(graph, 2, 0) == std::vector<std::pair<int, int>>{{1, 0}, {3, 0}});
  CHECK(leaving(graph, 1, 0).empty());
  CHECK(leaving(graph, 1, 1) == std::vector<std::pair<int, int>>{{5, 0}});
}

TEST_CASE("Endpoints are the first vertices, numbered by node, package and die") {
  const auto pair = test::cluster(2, 3, "  net: {kind: full_mesh, link: " + test::link("1 GB/s", "1 us") + "}\n");
  CHECK(pair.shape.endpoints() == 2 * 3);
  for (int e = 0; e < pair.shape.endpoints(); ++e) {
    CHECK(pair.graph.vertex(e).role == "endpoint");
    CHECK(pair.graph.vertex(e).plane == topology::no_plane);
    CHECK(pair.shape.node_of(e) == e / 3);
  }
}

TEST_CASE("A shape counts packages, endpoints and racks") {
  const topology::Shape shape = {.nodes = 50, .nodes_per_rack = 16, .packages_per_node = 8, .endpoints_per_package = 2};
  CHECK(shape.packages() == 50 * 8);
  CHECK(shape.endpoints_per_node() == 8 * 2);
  CHECK(shape.endpoints() == 50 * 8 * 2);
  CHECK(shape.racks() == 4);  // three full ones and two nodes
  CHECK(shape.node_of(16) == 1);
}
