// Runs a schedule on symbols: which rank holds which piece, made of whose contributions, and how many bytes each rank has sent.
#pragma once

#include <map>
#include <vector>

#include "collective/schedule.hpp"

namespace test {

// How often each rank's contribution is in what is held of a piece.
using Contributions = std::map<int, int>;

class Pieces {
 public:
  Pieces(int ranks, podsim::Bytes piece)
      : piece_(piece), held_(static_cast<std::size_t>(ranks)), sent_(held_.size()), received_(held_.size()) {}

  void give(int rank, int piece, Contributions what) { held_[static_cast<std::size_t>(rank)][piece] = std::move(what); }
  // Nothing where the rank does not hold the piece.
  Contributions of(int rank, int piece) const {
    const auto& held = held_[static_cast<std::size_t>(rank)];
    return held.contains(piece) ? held.at(piece) : Contributions();
  }
  double sent(int rank) const { return sent_[static_cast<std::size_t>(rank)]; }
  double received(int rank) const { return received_[static_cast<std::size_t>(rank)]; }

  void run(const podsim::collective::Schedule& schedule) {
    for (const auto& step : schedule) {
      for (int i = 0; i < step.repeat; ++i) run(step, i);
    }
  }

 private:
  using Held = std::vector<std::map<int, Contributions>>;

  // The flows of a step see what was there before it; those of a pipeline what the ones before them brought.
  void run(const podsim::collective::Step& step, int repetition) {
    const Held before = held_;
    const Held& source = step.depth > 1 ? held_ : before;
    for (const auto& flow : step.flows) {
      const auto pieces = podsim::collective::pieces_of(step, flow.pieces, repetition);
      REQUIRE(flow.bytes.value() == Approx(pieces.count * piece_.value()).epsilon(1e-12));
      count(flow.from, flow.to, flow.bytes);
      each(pieces, [&](int piece) {
        const bool adds = step.arrival == podsim::collective::Arrival::adds;
        arrive(flow.to, piece, held(source, flow.from, piece), adds);
      });
    }
    for (const auto& tree : step.trees) run(tree, source);
  }

  void run(const podsim::collective::Tree& tree, const Held& source) {
    using Kind = podsim::collective::Tree::Kind;
    REQUIRE(tree.bytes.value() == Approx(tree.pieces.count * piece_.value()).epsilon(1e-12));
    each(tree.pieces, [&](int piece) {
      Contributions result;
      if (tree.kind == Kind::multicast) result = held(source, tree.root, piece);
      else each(tree.members, [&](int member) { add(result, held(source, member, piece)); });
      if (tree.kind == Kind::reduce) arrive(tree.root, piece, result, false);
      else each(tree.members, [&](int member) { arrive(member, piece, result, false); });
    });
    // One copy up and down each member's link; a reduction comes down at its root only, a multicast goes up there only.
    each(tree.members, [&](int member) {
      if (tree.kind != Kind::multicast || member == tree.root) sent_[static_cast<std::size_t>(member)] += tree.bytes.value();
      if (tree.kind != Kind::reduce || member == tree.root) received_[static_cast<std::size_t>(member)] += tree.bytes.value();
    });
  }

  static Contributions held(const Held& source, int rank, int piece) {
    const auto& of_rank = source[static_cast<std::size_t>(rank)];
    INFO("rank " << rank << " sends piece " << piece);
    REQUIRE(of_rank.contains(piece));  // nobody sends what it does not have
    return of_rank.at(piece);
  }
  void arrive(int rank, int piece, const Contributions& what, bool adds) {
    Contributions& here = held_[static_cast<std::size_t>(rank)][piece];
    if (!adds) here.clear();
    add(here, what);
  }
  static void add(Contributions& sum, const Contributions& what) {
    for (const auto& [origin, times] : what) sum[origin] += times;
  }
  void count(int from, int to, podsim::Bytes bytes) {
    sent_[static_cast<std::size_t>(from)] += bytes.value();
    received_[static_cast<std::size_t>(to)] += bytes.value();
  }
  template <class Visit>
  static void each(const podsim::collective::Pieces& pieces, Visit visit) {
    for (int i = 0; i < pieces.count; ++i) visit(pieces.first + i * pieces.stride);
  }

  podsim::Bytes piece_;
  Held held_;
  std::vector<double> sent_, received_;
};

}  // namespace test
