// Collectives as data: proof on symbols that every rank ends with exactly the right pieces, and the textbook's bytes.
#include <algorithm>
#include <numeric>

#include "collective/attention_expert.hpp"
#include "collective/schedules.hpp"
#include "support/pieces.hpp"

using namespace podsim;
using namespace podsim::collective;
using test::Contributions;

namespace {

constexpr double piece = 60;

Contributions all_once(int ranks) {
  Contributions all;
  for (int rank = 0; rank < ranks; ++rank) all[rank] = 1;
  return all;
}

// Every rank holds its own contribution to each of `pieces`.
test::Pieces own_vectors(int ranks, int pieces, double bytes) {
  test::Pieces state(ranks, Bytes(bytes / pieces));
  for (int rank = 0; rank < ranks; ++rank) {
    for (int p = 0; p < pieces; ++p) state.give(rank, p, {{rank, 1}});
  }
  return state;
}

// After `schedule` every rank holds every piece with every contribution once. Returns the state, for its volumes.
test::Pieces check_all_reduce(int ranks, int pieces, double bytes, const Schedule& schedule) {
  test::Pieces state = own_vectors(ranks, pieces, bytes);
  state.run(schedule);
  for (int rank = 0; rank < ranks; ++rank) {
    for (int p = 0; p < pieces; ++p) CHECK(state.of(rank, p) == all_once(ranks));
  }
  return state;
}

void check_volume(const test::Pieces& state, int ranks, double sent, double received) {
  for (int rank = 0; rank < ranks; ++rank) {
    CHECK(state.sent(rank) == Approx(sent).epsilon(1e-12));
    CHECK(state.received(rank) == Approx(received).epsilon(1e-12));
  }
}

// (ranks, ranks per node) of whole nodes.
std::vector<std::pair<int, int>> whole_nodes() { return {{2, 1}, {4, 2}, {6, 2}, {6, 3}, {8, 4}, {15, 5}, {24, 8}, {7, 7}, {5, 1}}; }

}  // namespace

TEST_CASE("An all-reduce leaves the whole sum on every rank, and ring and two-shot move 2(n-1)/n of the vector") {
  const int n = GENERATE(2, 3, 4, 7, 8, 17);
  const double bytes = n * piece;
  for (const Schedule& schedule : {ring_all_reduce(n, Bytes(bytes)), two_shot_all_reduce(n, Bytes(bytes))})
    check_volume(check_all_reduce(n, n, bytes, schedule), n, 2.0 * (n - 1) / n * bytes, 2.0 * (n - 1) / n * bytes);
  check_volume(check_all_reduce(n, n, bytes, one_shot_all_reduce(n, Bytes(bytes))), n, (n - 1) * bytes, (n - 1) * bytes);
}

TEST_CASE("In one switch an all-reduce moves (n+1)/n of the vector each way") {
  const int n = GENERATE(2, 3, 8, 17);
  const double bytes = n * piece;
  check_volume(check_all_reduce(n, n, bytes, nvls_all_reduce(n, Bytes(bytes))), n, (n + 1.0) / n * bytes, (n + 1.0) / n * bytes);
}

TEST_CASE("A double binary tree reduces both halves, no rank sends more than twice the vector, and all send 2(n-1)/n on average") {
  const int n = GENERATE(2, 3, 4, 5, 6, 7, 8, 9, 16, 31, 100);
  const test::Pieces state = check_all_reduce(n, 2, 1000, tree_all_reduce(n, Bytes(1000)));
  double sum = 0;
  for (int rank = 0; rank < n; ++rank) {
    CHECK(state.sent(rank) <= 2000 + 1e-9);
    CHECK(state.received(rank) <= 2000 + 1e-9);
    sum += state.sent(rank);
  }
  CHECK(sum / n == Approx(2.0 * (n - 1) / n * 1000).epsilon(1e-12));
}

TEST_CASE("A tree is as deep as the logarithm of its ranks, a ring as long as twice their number") {
  const auto [n, levels] = GENERATE(table<int, int>({{2, 1}, {4, 2}, {8, 3}, {64, 6}, {1024, 10}}));
  CHECK(latencies(tree_all_reduce(n, Bytes(1))) == 2 * levels);
  CHECK(latencies(ring_all_reduce(n, Bytes(1))) == 2 * (n - 1));
  CHECK(latencies(nvls_all_reduce(n, Bytes(1))) == 2);
}

TEST_CASE("A hierarchical all-reduce leaves the whole sum; between nodes a rank sends 2(m-1)/m of its share, in the switches once") {
  for (const auto& [n, per_node] : whole_nodes()) {
    CAPTURE(n, per_node);
    const double bytes = n * piece, m = n / per_node, share = bytes / per_node;
    const double within = 2.0 * (per_node - 1) / per_node * bytes;
    const double ring = within + 2 * (m - 1) / m * share;
    check_volume(check_all_reduce(n, n, bytes, hierarchical_all_reduce(n, per_node, Bytes(bytes))), n, ring, ring);
    const double sharp = within + (m > 1 ? share : 0);
    check_volume(check_all_reduce(n, n, bytes, sharp_all_reduce(n, per_node, Bytes(bytes))), n, sharp, sharp);
    const double nvls = (per_node > 1 ? (per_node + 1.0) / per_node * bytes : 0) + 2 * (m - 1) / m * share;
    check_volume(check_all_reduce(n, n, bytes, hierarchical_nvls_all_reduce(n, per_node, Bytes(bytes))), n, nvls, nvls);
  }
}

TEST_CASE("A reduce-scatter leaves the sum of piece r on rank r and moves (n-1)/n of the vector") {
  const int n = GENERATE(2, 3, 4, 7, 17);
  for (const Schedule& schedule : {ring_reduce_scatter(n, Bytes(n * piece)), direct_reduce_scatter(n, Bytes(n * piece))}) {
    test::Pieces state = own_vectors(n, n, n * piece);
    state.run(schedule);
    for (int rank = 0; rank < n; ++rank) CHECK(state.of(rank, rank) == all_once(n));
    check_volume(state, n, (n - 1) * piece, (n - 1) * piece);
  }
}

TEST_CASE("An all-gather leaves every rank's piece on every rank and moves n-1 pieces") {
  const int n = GENERATE(2, 3, 4, 7, 17);
  for (const Schedule& schedule : {ring_all_gather(n, Bytes(piece)), direct_all_gather(n, Bytes(piece))}) {
    test::Pieces state(n, Bytes(piece));
    for (int rank = 0; rank < n; ++rank) state.give(rank, rank, {{rank, 1}});
    state.run(schedule);
    for (int rank = 0; rank < n; ++rank) {
      for (int p = 0; p < n; ++p) CHECK(state.of(rank, p) == Contributions{{p, 1}});
    }
    check_volume(state, n, (n - 1) * piece, (n - 1) * piece);
  }
}

namespace {

// Piece r * n + t goes from rank r to rank t, once.
test::Pieces check_all_to_all(int n, const Schedule& schedule) {
  test::Pieces state(n, Bytes(piece));
  for (int from = 0; from < n; ++from) {
    for (int to = 0; to < n; ++to) state.give(from, from * n + to, {{from, 1}});
  }
  state.run(schedule);
  for (int from = 0; from < n; ++from) {
    for (int to = 0; to < n; ++to) CHECK(state.of(to, from * n + to) == Contributions{{from, 1}});
  }
  return state;
}

}  // namespace

TEST_CASE("A direct all-to-all brings every piece to its rank and moves (n-1)/n of what a rank holds, in one step") {
  const int n = GENERATE(2, 3, 4, 7, 17);
  const Schedule schedule = direct_all_to_all(n, Bytes(n * piece));
  check_volume(check_all_to_all(n, schedule), n, (n - 1) * piece, (n - 1) * piece);
  CHECK(latencies(schedule) == 1);
}

TEST_CASE("A hierarchical all-to-all brings every piece to its rank over two levels") {
  for (const auto& [n, per_node] : whole_nodes()) {
    CAPTURE(n, per_node);
    const int nodes = n / per_node;
    // Within the node all but what stays at its position, between nodes all but what stays in the node.
    const double moved = (per_node - 1) * nodes * piece + (nodes - 1) * per_node * piece;
    check_volume(check_all_to_all(n, hierarchical_all_to_all(n, per_node, Bytes(n * piece))), n, moved, moved);
  }
}

namespace {

// Piece a * E + e is what attention rank a has for expert rank e, which is rank A + e. Runs there, and what came of it back.
struct BothWays {
  test::Pieces there;
  test::Pieces back;
};

BothWays check_expert_exchange(int attention, int experts, const Schedule& there, const Schedule& back) {
  const int n = attention + experts;
  BothWays states{{n, Bytes(piece)}, {n, Bytes(piece)}};
  for (int a = 0; a < attention; ++a) {
    for (int e = 0; e < experts; ++e) {
      states.there.give(a, a * experts + e, {{a, 1}});
      states.back.give(attention + e, a * experts + e, {{attention + e, 1}});
    }
  }
  states.there.run(there);
  states.back.run(back);
  for (int a = 0; a < attention; ++a) {
    for (int e = 0; e < experts; ++e) {
      CHECK(states.there.of(attention + e, a * experts + e) == Contributions{{a, 1}});
      CHECK(states.back.of(a, a * experts + e) == Contributions{{attention + e, 1}});
    }
  }
  return states;
}

}  // namespace

TEST_CASE("Between attention and expert ranks every token copy reaches its expert and comes back, and travels once") {
  const auto [attention, experts] = GENERATE(table<int, int>({{1, 1}, {1, 5}, {3, 4}, {4, 4}, {5, 3}, {4, 11}}));
  const MoeTraffic traffic = {.ranks = attention + experts, .top_k = 3, .attention = attention};
  const Bytes tokens(experts * piece / traffic.top_k);  // of an attention rank, so that a piece goes to each expert rank
  const BothWays moved = check_expert_exchange(attention, experts, attention_to_expert(traffic, MoeCopies::per_expert, tokens),
                                               expert_to_attention(traffic, MoeCopies::per_expert, tokens));
  for (int a = 0; a < attention; ++a) {
    CHECK(moved.there.sent(a) == Approx(experts * piece));
    CHECK(moved.there.received(a) == 0);
    CHECK(moved.back.received(a) == Approx(experts * piece));
  }
  for (int e = attention; e < attention + experts; ++e) {
    CHECK(moved.there.received(e) == Approx(attention * piece));
    CHECK(moved.there.sent(e) == 0);
    CHECK(moved.back.sent(e) == Approx(attention * piece));
  }
}

TEST_CASE("Over trampolines attention ranks reach as many expert ranks as they are, and those forward what is not theirs") {
  const auto [attention, experts] = GENERATE(table<int, int>({{1, 1}, {1, 5}, {3, 4}, {4, 4}, {5, 3}, {4, 11}, {4, 12}}));
  const MoeTraffic traffic = {.ranks = attention + experts, .top_k = 3, .attention = attention};
  const Bytes tokens(experts * piece / traffic.top_k);
  const Schedule there = trampoline_to_expert(traffic, tokens), back = trampoline_to_attention(traffic, tokens);
  const BothWays moved = check_expert_exchange(attention, experts, there, back);
  CHECK(latencies(there) == (experts > attention ? 2 : 1));
  CHECK(latencies(back) == latencies(there));
  for (int a = 0; a < attention; ++a) CHECK(moved.there.sent(a) == Approx(experts * piece));
  const int trampolines = std::min(attention, experts);
  int most = 0;
  for (int e = 0; e < experts; ++e) {
    const int behind = e < trampolines ? (experts - 1 - e) / trampolines : 0;
    CHECK(moved.there.received(attention + e) == Approx(attention * piece * (1 + behind)));
    CHECK(moved.there.sent(attention + e) == Approx(attention * piece * behind));
    CHECK(moved.back.sent(attention + e) == Approx(attention * piece * (1 + behind)));
    most = std::max(most, behind);
  }
  CHECK(attention_expert_destinations(traffic, true, true) == trampolines + most);
  CHECK(attention_expert_destinations(traffic, false, true) == attention + (most > 0 ? 1 : 0));
}

TEST_CASE("The first expert rank gets its excess over the mean, and the whole stays the same") {
  const MoeTraffic traffic = {.ranks = 7, .top_k = 2, .imbalance = 1.6, .attention = 3};
  for (const Schedule& schedule :
       {attention_to_expert(traffic, MoeCopies::per_expert, Bytes(400)), trampoline_to_expert(traffic, Bytes(400))}) {
    double kept[4] = {};  // of what an expert rank received, less what it forwarded
    for (const Step& step : schedule) {
      for (const Flow& flow : step.flows) {
        kept[flow.to - 3] += flow.bytes.value();
        if (flow.from >= 3) kept[flow.from - 3] -= flow.bytes.value();
      }
    }
    CHECK(kept[0] == Approx(1.6 * 3 * 400 * 2 / 4));
    for (int e = 1; e < 4; ++e) CHECK(kept[e] == Approx(0.8 * 3 * 400 * 2 / 4));
  }
}

TEST_CASE("A broadcast brings the vector of rank 0 to all, and each of the others receives it once") {
  const int n = GENERATE(2, 3, 4, 7, 8, 17);
  for (const Schedule& schedule : {chain_broadcast(n, Bytes(piece)), tree_broadcast(n, Bytes(piece)), direct_broadcast(n, Bytes(piece)),
                                   nvls_broadcast(n, Bytes(piece))}) {
    test::Pieces state(n, Bytes(piece));
    state.give(0, 0, {{0, 1}});
    state.run(schedule);
    for (int rank = 0; rank < n; ++rank) CHECK(state.of(rank, 0) == Contributions{{0, 1}});
    for (int rank = 1; rank < n; ++rank) CHECK(state.received(rank) == Approx(piece).epsilon(1e-12));
  }
}

TEST_CASE("A send goes from the first half of the ranks to their counterparts") {
  const int n = GENERATE(2, 4, 10);
  test::Pieces state(n, Bytes(piece));
  for (int rank = 0; rank < n / 2; ++rank) state.give(rank, rank, {{rank, 1}});
  state.run(direct_send(n, Bytes(piece)));
  for (int rank = 0; rank < n / 2; ++rank) CHECK(state.of(n / 2 + rank, rank) == Contributions{{rank, 1}});
}

TEST_CASE("One rank has nothing to send") {
  const int n = GENERATE(0, 1);
  const Bytes bytes(8);
  for (const Schedule& schedule :
       {ring_all_reduce(n, bytes), ring_reduce_scatter(n, bytes), ring_all_gather(n, bytes), chain_broadcast(n, bytes),
        tree_all_reduce(n, bytes), tree_broadcast(n, bytes), one_shot_all_reduce(n, bytes), two_shot_all_reduce(n, bytes),
        direct_reduce_scatter(n, bytes), direct_all_gather(n, bytes), direct_all_to_all(n, bytes), direct_broadcast(n, bytes),
        direct_send(n, bytes), nvls_all_reduce(n, bytes), nvls_broadcast(n, bytes), hierarchical_all_reduce(n, 1, bytes),
        sharp_all_reduce(n, 1, bytes), hierarchical_nvls_all_reduce(n, 1, bytes), hierarchical_all_to_all(n, 1, bytes)})
    CHECK(schedule.empty());
}

TEST_CASE("Groups side by side run the same schedule, each among its own ranks") {
  const Schedule schedule = side_by_side(hierarchical_all_reduce(4, 2, Bytes(4 * piece)), 4, 12);
  test::Pieces state = own_vectors(12, 4, 4 * piece);
  state.run(schedule);
  for (int rank = 0; rank < 12; ++rank) {
    Contributions group;
    for (int i = 0; i < 4; ++i) group[rank / 4 * 4 + i] = 1;
    for (int p = 0; p < 4; ++p) CHECK(state.of(rank, p) == group);
  }
  const Schedule trees = side_by_side(nvls_all_reduce(3, Bytes(3 * piece)), 3, 6);
  test::Pieces other = own_vectors(6, 3, 3 * piece);
  other.run(trees);
  CHECK(other.of(4, 1) == Contributions{{3, 1}, {4, 1}, {5, 1}});
}
