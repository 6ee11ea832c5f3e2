#include "topology/failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace podsim::topology {
namespace {

// What a failure may name: "endpoint 5", "spine 3".
std::map<std::string, VertexId> names_in(const Topology& topology, int plane) {
  std::map<std::string, VertexId> names;
  std::map<std::string, int> count;  // by role
  for (VertexId v = 0; v < topology.graph.vertex_count(); ++v) {
    const Vertex& vertex = topology.graph.vertex(v);
    if (vertex.plane == no_plane || vertex.plane == plane) names[fmt::format("{} {}", vertex.role, count[vertex.role]++)] = v;
  }
  return names;
}

VertexId find(const std::map<std::string, VertexId>& names, const config::Node& item, const Topology& topology, int plane) {
  const std::string name = item.as<std::string>();
  const auto found = names.find(name);
  if (found != names.end()) return found->second;
  std::map<std::string, int> count;
  for (const auto& entry : names) ++count[topology.graph.vertex(entry.second).role];
  std::string known;
  for (const auto& [role, number] : count) known += fmt::format("{}{} 0 to {}", known.empty() ? "" : ", ", role, number - 1);
  item.fail(fmt::format("plane {} has no \"{}\" (it has {})", topology.planes[static_cast<std::size_t>(plane)].name, name, known));
}

}  // namespace

void fail_parts(config::Node failed, Topology& topology, int plane) {
  const auto names = names_in(topology, plane);
  Graph& graph = topology.graph;
  if (const auto switches = failed.find("switches")) {
    for (const config::Node& item : switches->items()) {
      const VertexId vertex = find(names, item, topology, plane);
      if (graph.vertex(vertex).plane == no_plane) item.fail("is an endpoint, not a switch");
      if (graph.vertex(vertex).device) item.fail(fmt::format("is a {}, not a switch", graph.vertex(vertex).role));
      for (LinkId id = 0; id < graph.link_count(); id += 2) {
        if (graph.link(id).from == vertex || graph.link(id).to == vertex) graph.fail(id);
      }
    }
  }
  if (const auto links = failed.find("links")) {
    for (const config::Node& item : links->items()) {
      const auto ends = item.items();
      if (ends.size() != 2) item.fail("must name the two ends of a link: [leaf 0, spine 1]");
      const VertexId a = find(names, ends[0], topology, plane), b = find(names, ends[1], topology, plane);
      LinkId id = 0;
      const auto is_it = [&](const Link& l) {
        return l.plane == plane && !l.failed && ((l.from == a && l.to == b) || (l.from == b && l.to == a));
      };
      while (id < graph.link_count() && !is_it(graph.link(id))) id += 2;
      if (id >= graph.link_count()) item.fail("no (further) link joins these two");
      graph.fail(id);
    }
  }
  failed.done();
}

void check_joined(const config::Node& failed, const Topology& topology, int plane, int group) {
  std::vector<bool> reached(static_cast<std::size_t>(topology.graph.vertex_count()));
  for (int first = 0; first < topology.shape.endpoints(); first += group) {
    std::vector<VertexId> frontier = {first};
    reached[static_cast<std::size_t>(first)] = true;
    while (!frontier.empty()) {
      const VertexId vertex = frontier.back();
      frontier.pop_back();
      topology.graph.for_each_link(vertex, plane, [&](LinkId, VertexId next) {
        if (reached[static_cast<std::size_t>(next)]) return;
        reached[static_cast<std::size_t>(next)] = true;
        frontier.push_back(next);
      });
    }
    for (int e = first; e < std::min(first + group, topology.shape.endpoints()); ++e) {
      if (!reached[static_cast<std::size_t>(e)]) {
        failed.fail(fmt::format("plane {} is cut in two: no way is left between endpoints {} and {}",
                                topology.planes[static_cast<std::size_t>(plane)].name, first, e));
      }
    }
  }
}

}  // namespace podsim::topology
