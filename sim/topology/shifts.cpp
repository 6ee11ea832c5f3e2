#include "topology/shifts.hpp"

#include <algorithm>
#include <compare>
#include <numeric>

namespace podsim::topology {
namespace {

struct Wire {
  VertexId to;
  double bandwidth;
  double latency;
  int level;
  auto operator<=>(const Wire&) const = default;
};

struct Known {
  Wire wire;
  LinkId link;
  auto operator<=>(const Known&) const = default;
};

class Checker {
 public:
  Checker(const Graph& graph, int plane, int endpoints, std::span<const int> colour) : colour_(colour) {
    for (VertexId v = 0; v < endpoints; ++v) {
      first_.push_back(wires_.size());
      graph.for_each_link(v, plane, [&](LinkId id, VertexId to) {
        const Link& link = graph.link(id);
        wires_.push_back({{to, link.bandwidth.value(), link.latency.value(), link.level}, id});
      });
      std::sort(wires_.begin() + static_cast<std::ptrdiff_t>(first_.back()), wires_.end());
    }
    first_.push_back(wires_.size());
    shift_.vertex.resize(static_cast<std::size_t>(graph.vertex_count()));
    shift_.link.resize(static_cast<std::size_t>(graph.link_count()));
    std::iota(shift_.vertex.begin(), shift_.vertex.end(), 0);
    std::iota(shift_.link.begin(), shift_.link.end(), 0);
  }

  // The shift by `step` within blocks of `size` steps, or null when it is no symmetry. Overwritten by the next call.
  const Shift* check(int step, int size) {
    const int block = step * size;
    for (VertexId v = 0; v < endpoints(); ++v) shift_.vertex[at(v)] = v / block * block + (v % block + step) % block;
    for (VertexId v = 0; v < endpoints(); ++v) {
      if (!fits(v)) return nullptr;
    }
    return &shift_;
  }

 private:
  static std::size_t at(VertexId v) { return static_cast<std::size_t>(v); }
  VertexId endpoints() const { return static_cast<VertexId>(first_.size()) - 1; }
  std::span<const Known> wires_of(VertexId v) const { return {wires_.data() + first_[at(v)], wires_.data() + first_[at(v) + 1]}; }

  // Parallel links keep their order at both ends, so a link and its opposite land on a link and its opposite.
  bool fits(VertexId v) {
    const VertexId image = shift_.vertex[at(v)];
    if (!colour_.empty() && colour_[at(v)] != colour_[at(image)]) return false;
    const auto own = wires_of(v), there = wires_of(image);
    if (own.size() != there.size()) return false;
    moved_.assign(own.begin(), own.end());
    for (Known& known : moved_) known.wire.to = shift_.vertex[at(known.wire.to)];
    std::sort(moved_.begin(), moved_.end());
    for (std::size_t i = 0; i < moved_.size(); ++i) {
      if (moved_[i].wire != there[i].wire) return false;
      shift_.link[static_cast<std::size_t>(moved_[i].link)] = there[i].link;
    }
    return true;
  }

  std::span<const int> colour_;
  std::vector<Known> wires_;
  std::vector<std::size_t> first_;
  std::vector<Known> moved_;
  Shift shift_;
};

}  // namespace

void for_each_shift(const Graph& graph, int plane, int endpoints, std::span<const int> colour,
                    const std::function<void(const Shift&)>& visit) {
  Checker checker(graph, plane, endpoints, colour);
  for (int step = 1; step < endpoints; ++step) {
    if (endpoints % step != 0) continue;
    for (int size = 2; size <= endpoints / step; ++size) {
      if (endpoints / step % size != 0) continue;
      if (const Shift* shift = checker.check(step, size)) visit(*shift);
    }
  }
}

}  // namespace podsim::topology
