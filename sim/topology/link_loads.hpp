// Bytes on each link of a graph: adding and clearing cost what is used, not what there is.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "topology/graph.hpp"
#include "topology/router.hpp"

namespace podsim::topology {

class LinkLoads {
 public:
  explicit LinkLoads(const Graph& graph) : graph_(graph), load_(static_cast<std::size_t>(graph.link_count())) {}

  void add(LinkId link, double bytes) {
    double& load = load_[place(link)];
    if (load == 0) used_.push_back(link);
    load += bytes;
  }
  void add(const EqualLoads& run, double times) {
    constexpr int long_run = 16;
    const double bytes = run.bytes * times;
    if (run.stride != 2 || run.count < long_run) {
      for (int i = 0; i < run.count; ++i) add(run.first + i * run.stride, bytes);
      return;
    }
    // One direction of neighbouring links lies together: a loop that the compiler makes wide.
    const std::size_t first = place(run.first), count = static_cast<std::size_t>(run.count);
    double* const load = load_.data() + first;
    for (std::size_t i = 0; i < count; ++i) load[i] += bytes;
    begin_ = std::min(begin_, first);
    end_ = std::max(end_, first + count);
  }
  double operator[](LinkId link) const { return load_[place(link)]; }
  void clear() {
    for (const LinkId link : used_) load_[place(link)] = 0;
    used_.clear();
    if (begin_ < end_) std::fill(load_.data() + begin_, load_.data() + end_, 0.0);
    begin_ = load_.size();
    end_ = 0;
  }

  // Calls visit(LinkId, double bytes) for every link with load, once.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const LinkId link : used_) {
      if (place(link) < begin_ || place(link) >= end_) visit(link, (*this)[link]);
    }
    for (std::size_t at = begin_; at < end_; ++at) {
      if (load_[at] > 0) visit(link_at(at), load_[at]);
    }
  }

  struct Busiest {
    LinkId link = -1;  // the first of those that take longest; -1 without load
    Seconds time;
  };
  // `share`, by plane: the part of the line rate that is reached; empty: all of it.
  Busiest busiest(std::span<const double> share = {}) const {
    Busiest most;
    const auto consider = [&](LinkId link, double bytes) {
      const Link& wire = graph_.link(link);
      Seconds time = Bytes(bytes) / wire.bandwidth;
      if (!share.empty()) time = time / share[static_cast<std::size_t>(wire.plane)];
      if (time > most.time || (time == most.time && link < most.link)) most = {link, time};
    };
    for_each(consider);
    return most;
  }

 private:
  // The two directions of a link, ids 2k and 2k + 1, lie in the two halves.
  std::size_t half() const { return load_.size() / 2; }
  std::size_t place(LinkId link) const {
    const auto id = static_cast<std::size_t>(link);
    return (id & 1) * half() + (id >> 1);
  }
  LinkId link_at(std::size_t place) const { return static_cast<LinkId>(place < half() ? 2 * place : 2 * (place - half()) + 1); }

  const Graph& graph_;
  std::vector<double> load_;
  std::vector<LinkId> used_;          // by single adds
  std::size_t begin_ = load_.size();  // of the places that long runs have touched
  std::size_t end_ = 0;
};

}  // namespace podsim::topology
