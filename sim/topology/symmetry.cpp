#include "topology/symmetry.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <numeric>
#include <unordered_map>

#include "base/random.hpp"
#include "topology/shifts.hpp"
#include "topology/tiers.hpp"

namespace podsim::topology {
namespace {

// Sets that merge; each is named by its smallest member.
class Classes {
 public:
  explicit Classes(int count) : parent_(static_cast<std::size_t>(count)) { std::iota(parent_.begin(), parent_.end(), 0); }
  int find(int member) {
    while (at(member) != member) member = at(member) = at(at(member));
    return member;
  }
  void merge(int a, int b) {
    a = find(a), b = find(b);
    at(std::max(a, b)) = std::min(a, b);
  }
  std::vector<int> names() {
    std::vector<int> names(parent_.size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = find(static_cast<int>(i));
    return names;
  }

 private:
  int& at(int member) { return parent_[static_cast<std::size_t>(member)]; }
  std::vector<int> parent_;
};

// A link as seen from inside a part: its end is numbered within the part, or known by name outside.
struct Wire {
  int from;
  int to;
  double bandwidth;
  double latency;
  int level;
  auto operator<=>(const Wire&) const = default;
};

struct Part {
  std::vector<VertexId> vertices;  // ascending
  std::vector<int> colours;
  std::vector<Wire> wires;    // by from, to, bandwidth, latency
  std::vector<LinkId> links;  // of the wires

  bool alike(const Part& other) const { return colours == other.colours && wires == other.wires; }
  std::uint64_t hash() const {
    std::uint64_t sum = vertices.size();
    for (const int colour : colours) sum = mix(sum, static_cast<std::uint64_t>(colour));
    for (const Wire& wire : wires) sum = mix(sum, (static_cast<std::uint64_t>(wire.from) << 32) + static_cast<std::uint64_t>(wire.to));
    return sum;
  }
};

class Finder {
 public:
  Finder(const Graph& graph, int plane, std::span<const int> colour)
      : graph_(graph),
        plane_(plane),
        colour_(colour),
        tiers_(find_tiers(graph, plane)),
        tier_(tier_of_vertices(graph, tiers_)),
        vertices_(graph.vertex_count()),
        links_(graph.link_count()) {}

  Symmetry run() {
    for (int tier = 0; tier < static_cast<int>(tiers_.size()); ++tier) swap_parts_below(tier);
    if (tiers_.size() == 1) shift_endpoints();
    return {vertices_.names(), links_.names()};
  }

 private:
  bool below(VertexId v, int tier) const {
    const int own = tier_[static_cast<std::size_t>(v)];
    return own >= 0 && own <= tier;
  }

  void swap_parts_below(int tier) {
    std::vector<int> local(static_cast<std::size_t>(graph_.vertex_count()), -1);
    std::unordered_map<std::uint64_t, std::vector<Part>> kinds;  // looked up, never walked
    for (int t = 0; t <= tier; ++t) {
      for (const VertexId start : tiers_[static_cast<std::size_t>(t)]) {
        if (local[static_cast<std::size_t>(start)] >= 0) continue;
        Part part = part_around(start, tier, local);
        std::vector<Part>& same_hash = kinds[part.hash()];
        const auto twin = std::find_if(same_hash.begin(), same_hash.end(), [&](const Part& other) { return other.alike(part); });
        if (twin == same_hash.end()) same_hash.push_back(std::move(part));
        else swap(*twin, part);
      }
    }
  }

  Part part_around(VertexId start, int tier, std::vector<int>& local) const {
    Part part;
    part.vertices = {start};
    local[static_cast<std::size_t>(start)] = 0;
    for (std::size_t i = 0; i < part.vertices.size(); ++i) {
      graph_.for_each_link(part.vertices[i], plane_, [&](LinkId, VertexId v) {
        if (!below(v, tier) || local[static_cast<std::size_t>(v)] >= 0) return;
        local[static_cast<std::size_t>(v)] = 0;
        part.vertices.push_back(v);
      });
    }
    std::sort(part.vertices.begin(), part.vertices.end());
    for (std::size_t i = 0; i < part.vertices.size(); ++i) local[static_cast<std::size_t>(part.vertices[i])] = static_cast<int>(i);
    std::vector<std::pair<Wire, LinkId>> wires;
    for (std::size_t i = 0; i < part.vertices.size(); ++i) {
      const VertexId v = part.vertices[i];
      const int own = tier_[static_cast<std::size_t>(v)] > 0 ? -1 : colour_.empty() ? 0 : colour_[static_cast<std::size_t>(v)];
      part.colours.push_back(own);
      const auto before = static_cast<std::ptrdiff_t>(wires.size());
      graph_.for_each_link(v, plane_, [&](LinkId id, VertexId end) {
        const int to = below(end, tier) ? local[static_cast<std::size_t>(end)] : graph_.vertex_count() + end;
        const Link& link = graph_.link(id);
        wires.push_back({{static_cast<int>(i), to, link.bandwidth.value(), link.latency.value(), link.level}, id});
      });
      if (!std::is_sorted(wires.begin() + before, wires.end())) std::sort(wires.begin() + before, wires.end());
    }
    for (const auto& [wire, id] : wires) {
      part.wires.push_back(wire);
      part.links.push_back(id);
    }
    return part;
  }

  void swap(const Part& a, const Part& b) {
    for (std::size_t i = 0; i < a.vertices.size(); ++i) vertices_.merge(a.vertices[i], b.vertices[i]);
    for (std::size_t i = 0; i < a.links.size(); ++i) {
      links_.merge(a.links[i], b.links[i]);
      links_.merge(a.links[i] ^ 1, b.links[i] ^ 1);
    }
  }

  // Without switches every endpoint is in one part, and the part itself may turn.
  void shift_endpoints() {
    const auto endpoints = static_cast<int>(tiers_.front().size());
    if (tiers_.front().back() != endpoints - 1) return;  // some have no link here
    for_each_shift(graph_, plane_, endpoints, colour_, [this](const Shift& shift) {
      for (const VertexId v : tiers_.front()) vertices_.merge(v, shift.vertex[static_cast<std::size_t>(v)]);
      for (LinkId id = 0; id < graph_.link_count(); ++id) links_.merge(id, shift.link[static_cast<std::size_t>(id)]);
    });
  }

  const Graph& graph_;
  int plane_;
  std::span<const int> colour_;
  std::vector<std::vector<VertexId>> tiers_;
  std::vector<int> tier_;
  Classes vertices_;
  Classes links_;
};

}  // namespace

std::vector<Symmetry::Class> Symmetry::endpoint_classes(int endpoints) const {
  std::map<VertexId, int> members;
  for (int e = 0; e < endpoints; ++e) ++members[vertex_class[static_cast<std::size_t>(e)]];
  std::vector<Class> classes;
  for (const auto& [representative, count] : members) classes.push_back({representative, count});
  return classes;
}

Symmetry find_symmetry(const Graph& graph, int plane, std::span<const int> colour) { return Finder(graph, plane, colour).run(); }

}  // namespace podsim::topology
