#include "topology/credit_loops.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace podsim::topology {
namespace {

// What a packet remembers of its way: the levels that it crossed since it last crossed a higher one, and whether it passed a dateline of
// the level on which it is.
struct History {
  unsigned levels = 0;
  bool beyond_dateline = false;

  unsigned number() const { return 2 * levels + (beyond_dateline ? 1 : 0); }

  // The virtual channel that it takes on a link.
  unsigned channel(const Link& link) const {
    const unsigned higher = levels >> (link.level + 1);
    const bool same_level = higher == 0 && (levels >> link.level & 1U) != 0;
    return 2 * higher + (same_level && beyond_dateline ? 1 : 0);
  }
  History after(const Link& link) const {
    const bool same_level = levels >> link.level == 1;
    const unsigned bit = 1U << link.level;
    return {(levels & ~(bit - 1)) | bit, link.dateline || (same_level && beyond_dateline)};
  }
};

class Dependencies {
 public:
  Dependencies(Router& router, int plane) : router_(router), graph_(router.topology().graph), plane_(plane) {
    int highest = 0;
    for (LinkId id = 0; id < graph_.link_count(); ++id) {
      if (graph_.link(id).plane == plane) highest = std::max<int>(highest, graph_.link(id).level);
    }
    histories_ = std::size_t{4} << highest;
    seen_.resize(static_cast<std::size_t>(graph_.link_count()) * histories_, -1);
    next_.resize(seen_.size());
  }

  // All ways of all sources to one destination.
  void follow(int to, std::span<const int> sources) {
    std::vector<Step> frontier;
    for (const int from : sources) {
      if (from != to) go_on(from, to, {}, -1, frontier);
    }
    while (!frontier.empty()) {
      const Step step = frontier.back();
      frontier.pop_back();
      if (step.at != to) go_on(step.at, to, step.history, step.channel, frontier);
    }
  }

  CreditLoops result() {
    std::map<LinkId, std::set<std::size_t>> used;  // virtual channels by link
    for (std::size_t channel = 0; channel < next_.size(); ++channel) {
      for (const int other : next_[channel])
        used[other / static_cast<int>(histories_)].insert(static_cast<std::size_t>(other) % histories_);
      if (!next_[channel].empty()) used[static_cast<LinkId>(channel / histories_)].insert(channel % histories_);
    }
    CreditLoops loops;
    for (const auto& [link, channels] : used) loops.virtual_channels = std::max(loops.virtual_channels, static_cast<int>(channels.size()));
    loops.loop = find_circle();
    return loops;
  }

 private:
  struct Step {
    VertexId at;
    History history;
    int channel;
  };

  void go_on(VertexId at, int to, History history, int held, std::vector<Step>& frontier) {
    for (const auto& [id, neighbour] : router_.next_hops(plane_, at, to)) {
      const Link& link = graph_.link(id);
      const auto base = static_cast<std::size_t>(id) * histories_;
      const auto wanted = static_cast<int>(base + history.channel(link));
      if (held >= 0) {
        auto& after = next_[static_cast<std::size_t>(held)];
        if (std::find(after.begin(), after.end(), wanted) == after.end()) after.push_back(wanted);
      }
      const History then = history.after(link);
      int& seen = seen_[base + then.number()];
      if (seen == to) continue;
      seen = to;
      frontier.push_back({neighbour, then, wanted});
    }
  }

  // Takes away channels that nobody waits for until none is left or each has another before it (Kahn, CACM 5, 1962).
  std::vector<LinkId> find_circle() const {
    std::vector<int> waiting(next_.size());
    for (const auto& after : next_) {
      for (const int channel : after) ++waiting[static_cast<std::size_t>(channel)];
    }
    std::vector<int> free;
    for (std::size_t channel = 0; channel < next_.size(); ++channel) {
      if (waiting[channel] == 0) free.push_back(static_cast<int>(channel));
    }
    std::size_t removed = 0;
    for (; removed < free.size(); ++removed) {
      for (const int channel : next_[static_cast<std::size_t>(free[removed])]) {
        if (--waiting[static_cast<std::size_t>(channel)] == 0) free.push_back(channel);
      }
    }
    if (removed == next_.size()) return {};
    return walk(waiting);
  }

  // Backwards over channels that are waited for, until one comes again.
  std::vector<LinkId> walk(const std::vector<int>& waiting) const {
    std::vector<int> before(next_.size(), -1);
    int channel = -1;
    for (std::size_t from = 0; from < next_.size(); ++from) {
      for (const int to : next_[from]) {
        if (waiting[from] == 0 || waiting[static_cast<std::size_t>(to)] == 0) continue;
        before[static_cast<std::size_t>(to)] = channel = static_cast<int>(from);
      }
    }
    std::set<int> met;
    while (met.insert(channel).second) channel = before[static_cast<std::size_t>(channel)];
    std::vector<LinkId> loop;
    const int first = channel;
    do {
      loop.push_back(channel / static_cast<int>(histories_));
      channel = before[static_cast<std::size_t>(channel)];
    } while (channel != first);
    std::reverse(loop.begin(), loop.end());
    return loop;
  }

  Router& router_;
  const Graph& graph_;
  int plane_;
  std::size_t histories_;               // numbers of histories, which virtual channels are among
  std::vector<int> seen_;               // by link and history after it: the destination for which that was last met
  std::vector<std::vector<int>> next_;  // by channel (link and virtual channel): channels that are wanted while it is held
};

// Of endpoints on the same switches one stands for all: nothing waits behind the links of an endpoint that does not forward.
std::vector<int> without_twins(const Graph& graph, int plane, const std::vector<int>& island) {
  std::set<std::vector<VertexId>> met;
  std::vector<int> ends;
  for (const int e : island) {
    std::vector<VertexId> neighbours;
    bool forwards = false;
    graph.for_each_link(e, plane, [&](LinkId, VertexId v) {
      neighbours.push_back(v);
      forwards = forwards || graph.vertex(v).plane == no_plane;
    });
    std::sort(neighbours.begin(), neighbours.end());
    if (forwards || met.insert(std::move(neighbours)).second) ends.push_back(e);
  }
  return ends;
}

}  // namespace

CreditLoops find_credit_loops(Router& router, int plane) {
  const Graph& graph = router.topology().graph;
  Dependencies dependencies(router, plane);
  for (const std::vector<int>& island : find_islands(graph, plane).members) {
    const std::vector<int> ends = without_twins(graph, plane, island);
    for (const int to : ends) dependencies.follow(to, ends);
  }
  CreditLoops loops = dependencies.result();
  if (router.topology().planes[static_cast<std::size_t>(plane)].routing == Routing::valiant) loops.virtual_channels *= 2;
  return loops;
}

}  // namespace podsim::topology
