// Bytes on each link of a graph: adding and clearing cost what is used, not what there is.
#pragma once

#include <span>
#include <vector>

#include "topology/graph.hpp"
#include "topology/router.hpp"

namespace podsim::topology {

class LinkLoads {
 public:
  explicit LinkLoads(const Graph& graph) : graph_(graph), load_(static_cast<std::size_t>(graph.link_count())) {}

  void add(LinkId link, double bytes) {
    double& load = load_[static_cast<std::size_t>(link)];
    if (load == 0) used_.push_back(link);
    load += bytes;
  }
  void add(const EqualLoads& run, double times) {
    for (int i = 0; i < run.count; ++i) add(run.first + i * run.stride, run.bytes * times);
  }
  double operator[](LinkId link) const { return load_[static_cast<std::size_t>(link)]; }
  void clear() {
    for (const LinkId link : used_) load_[static_cast<std::size_t>(link)] = 0;
    used_.clear();
  }

  struct Busiest {
    LinkId link = -1;  // the first of those that take longest; -1 without load
    Seconds time;
  };
  // `share`, by plane: the part of the line rate that is reached; empty: all of it.
  Busiest busiest(std::span<const double> share = {}) const {
    Busiest most;
    for (const LinkId link : used_) {
      const Link& wire = graph_.link(link);
      Seconds time = Bytes((*this)[link]) / wire.bandwidth;
      if (!share.empty()) time = time / share[static_cast<std::size_t>(wire.plane)];
      if (time > most.time || (time == most.time && link < most.link)) most = {link, time};
    }
    return most;
  }

 private:
  const Graph& graph_;
  std::vector<double> load_;
  std::vector<LinkId> used_;
};

}  // namespace podsim::topology
