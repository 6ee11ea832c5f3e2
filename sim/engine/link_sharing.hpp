// Links that the exchanges inside instances share with transfers between instances, and what that costs both.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "engine/replica.hpp"
#include "platform/fabric.hpp"

namespace podsim::engine {

// Max-min sharing in the mean over a step: an exchange moves its bytes in any case, so transfers get what is left of a link's bandwidth;
// while k transfers use a link, an exchange of n flows there has n / (n + k) of it, and a step waits for its slowest link.
// A transfer keeps the share of the moment at which it began.
class LinkSharing {
 public:
  explicit LinkSharing(std::deque<Replica>& replicas) : replicas_(replicas) {}

  // What the exchanges of an instance put on links, whose numbers in the whole cluster begin with `first_link`.
  void add(std::size_t instance, const std::vector<collective::LinkUse>& uses, topology::LinkId first_link);
  bool empty() const { return uses_.empty(); }
  // For the fabric; this object outlives it.
  platform::CrossTraffic cross_traffic();

 private:
  struct Use {
    std::size_t instance;
    double share;
    double flows;
  };

  double leaves(const topology::LinkShare& transfer) const;
  void pass(const topology::Route& route, int change);
  double stretch_of(std::size_t instance) const;

  std::deque<Replica>& replicas_;
  std::unordered_map<topology::LinkId, std::vector<Use>> uses_;
  // Of an instance's links those that carry transfers, in flows.
  struct Carried {
    topology::LinkId link;
    double flows;
  };
  std::vector<std::vector<Carried>> transfers_;  // by instance; few at a time
  std::vector<std::size_t> touched_;             // scratch
};

}  // namespace podsim::engine
