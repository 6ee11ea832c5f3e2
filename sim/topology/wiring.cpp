#include "topology/wiring.hpp"

#include <fmt/format.h>

#include <numeric>

#include "base/error.hpp"

namespace podsim::topology {
namespace {

// Which endpoints and switches hang together: a forest in which every vertex leads to the first of its part.
class Parts {
 public:
  explicit Parts(std::size_t vertices) : parent_(vertices) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }
  void join(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }
  bool joined(std::size_t a, std::size_t b) { return root(a) == root(b); }

 private:
  std::size_t root(std::size_t vertex) {
    while (parent_[vertex] != vertex) vertex = parent_[vertex] = parent_[parent_[vertex]];
    return vertex;
  }

  std::vector<std::size_t> parent_;
};

}  // namespace

void Wiring::build(PlaneBuilder& plane) const {
  const auto endpoints = static_cast<std::size_t>(plane.endpoints());
  std::vector<VertexId> vertices(endpoints);
  std::iota(vertices.begin(), vertices.end(), plane.first_endpoint());
  for (const auto& [name, spec] : switches) vertices.push_back(plane.add_switch(name, spec));

  Parts parts(vertices.size());
  for (const Cable& cable : cables) {
    std::size_t ends[2];
    for (const bool second : {false, true}) {
      const End& end = second ? cable.to : cable.from;
      if (!end.is_switch && (end.index < 0 || end.index >= plane.endpoints())) {
        throw InputError(
            fmt::format("{}: there is no endpoint {} (the plane joins {}, counted from 0)", cable.where, end.index, endpoints));
      }
      ends[second] = static_cast<std::size_t>(end.index) + (end.is_switch ? endpoints : 0);
    }
    plane.connect(vertices[ends[0]], vertices[ends[1]], cable.link, cable.links);
    parts.join(ends[0], ends[1]);
  }
  for (std::size_t v = 1; v < vertices.size(); ++v) {
    if (parts.joined(0, v)) continue;
    const std::string who = v < endpoints ? fmt::format("endpoint {}", v) : fmt::format("switch \"{}\"", switches[v - endpoints].first);
    throw DoesNotFit(fmt::format("{} has no path to endpoint 0", who));
  }
}

}  // namespace podsim::topology
