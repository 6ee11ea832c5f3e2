#include "topology/max_flow.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/push_relabel_max_flow.hpp>

#include <cmath>
#include <cstdint>
#include <map>

#include "topology/symmetry.hpp"

namespace podsim::topology {
namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Capacity = std::int64_t;  // bytes a second
using Network = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                      boost::property<boost::edge_capacity_t, Capacity,
                                                      boost::property<boost::edge_residual_capacity_t, Capacity,
                                                                      boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;

// An edge with its reverse, which carries nothing of its own: Boost takes flow back only over edges of no capacity.
void connect(Network& network, std::size_t from, std::size_t to, Capacity capacity) {
  const auto forward = boost::add_edge(from, to, network).first;
  const auto backward = boost::add_edge(to, from, network).first;
  boost::put(boost::edge_capacity, network, forward, capacity);
  boost::put(boost::edge_capacity, network, backward, 0);
  boost::put(boost::edge_reverse, network, forward, backward);
  boost::put(boost::edge_reverse, network, backward, forward);
}

}  // namespace

ByteRate max_flow(const Graph& graph, int plane, std::span<const int> side) {
  const Symmetry symmetry = find_symmetry(graph, plane, side);
  std::map<std::pair<int, int>, double> bandwidth;  // between classes
  for (LinkId id = 0; id < graph.link_count(); ++id) {
    const Link& link = graph.link(id);
    if (link.plane != plane || link.failed || graph.reaches_device(id)) continue;
    const int from = symmetry.vertex_class[static_cast<std::size_t>(link.from)];
    const int to = symmetry.vertex_class[static_cast<std::size_t>(link.to)];
    if (from != to) bandwidth[{from, to}] += link.bandwidth.value();
  }
  std::map<int, std::size_t> number;  // of a class that has links; 0 is the source, 1 the sink
  std::map<int, double> ends;         // by class of endpoints
  const auto numbered = [&](int vertex_class) { return number.emplace(vertex_class, number.size() + 2).first->second; };
  Network network;
  for (const auto& [pair, rate] : bandwidth) {
    const auto [from, to] = pair;
    if (from < static_cast<int>(side.size())) ends[from] += rate;
    connect(network, numbered(from), numbered(to), std::llround(rate));
  }
  if (boost::num_vertices(network) == 0) return ByteRate(0);
  for (const auto& [vertex_class, rate] : ends) {
    const int own = side[static_cast<std::size_t>(vertex_class)];
    if (own == 0) connect(network, 0, numbered(vertex_class), std::llround(rate));
    if (own == 1) connect(network, numbered(vertex_class), 1, std::llround(rate));
  }
  return ByteRate(static_cast<double>(boost::push_relabel_max_flow(network, 0, 1)));
}

}  // namespace podsim::topology
