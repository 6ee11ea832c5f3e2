#include "collective/step_load.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "collective/symmetric_load.hpp"
#include "collective/tree_load.hpp"

namespace podsim::collective {
namespace {

// The flows of a step in order of destination: those of rank r lie from first[r] to first[r + 1].
struct Arrivals {
  std::vector<std::size_t> first;
  std::vector<int> sources;
  std::vector<double> bytes;
};

Arrivals by_destination(const Step& step, std::span<const int> group) {
  const auto endpoint = [&](int rank) { return group[static_cast<std::size_t>(rank)]; };
  Arrivals arrivals;
  arrivals.first.resize(group.size() + 1);
  for (const Flow& flow : step.flows) {
    if (endpoint(flow.from) != endpoint(flow.to)) ++arrivals.first[static_cast<std::size_t>(flow.to) + 1];
  }
  std::partial_sum(arrivals.first.begin(), arrivals.first.end(), arrivals.first.begin());
  arrivals.sources.resize(arrivals.first.back());
  arrivals.bytes.resize(arrivals.first.back());
  std::vector<std::size_t> next(arrivals.first.begin(), arrivals.first.end() - 1);
  for (const Flow& flow : step.flows) {
    if (endpoint(flow.from) == endpoint(flow.to)) continue;
    const std::size_t place = next[static_cast<std::size_t>(flow.to)]++;
    arrivals.sources[place] = endpoint(flow.from);
    arrivals.bytes[place] = flow.bytes.value();
  }
  return arrivals;
}

}  // namespace

std::map<int, Seconds> add_loads(topology::Router& router, const Step& step, std::span<const int> group, std::span<const int> planes,
                                 topology::LinkLoads& load) {
  std::map<int, Seconds> latency;
  const auto note_latency = [&](int plane, Seconds of_path) {
    const auto known = latency.emplace(plane, of_path).first;
    known->second = std::min(known->second, of_path);
  };
  const auto symmetric = add_symmetric_loads(router, step, group, planes, load);
  if (symmetric) note_latency(symmetric->first, symmetric->second);
  const Arrivals arrivals = symmetric ? Arrivals{std::vector<std::size_t>(group.size() + 1), {}, {}} : by_destination(step, group);
  for (std::size_t rank = 0; rank < group.size(); ++rank) {
    const std::size_t first = arrivals.first[rank], count = arrivals.first[rank + 1] - first;
    if (count == 0) continue;
    const auto sources = std::span(arrivals.sources).subspan(first, count);
    const auto bytes = std::span(arrivals.bytes).subspan(first, count);
    for (const topology::Inflow& inflow : router.kept_inflow(planes, group[rank], sources, bytes)) {
      note_latency(inflow.plane, inflow.latency);
      for (const topology::EqualLoads& run : inflow.loads) load.add(run, step.repeat);
    }
  }
  for (const Tree& tree : step.trees) {
    const TreeLoad carried = tree_load(router, tree, group, planes);
    note_latency(carried.plane, carried.latency);
    for (const auto& [link, bytes] : carried.loads) load.add(link, bytes * step.repeat);
  }
  return latency;
}

}  // namespace podsim::collective
