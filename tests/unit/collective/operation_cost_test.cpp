// What an operation of a library costs: overheads, steps, destinations, and the fastest of several algorithms.
#include "collective/operation_cost.hpp"

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "support/clusters.hpp"

using namespace podsim;
using collective::Algorithm;
using collective::AlgorithmCost;
using collective::AlgorithmProfile;
using collective::Operation;
using collective::OperationCost;

namespace {

constexpr double rate = 100e9, path = 2e-6;  // of test::star("100 GB/s", "1 us"): two links

collective::Library library(Operation operation, std::vector<AlgorithmProfile> profiles) {
  collective::Library made;
  made.name = "made";
  made.operations[static_cast<std::size_t>(operation)] = std::move(profiles);
  return made;
}

AlgorithmProfile profile(Algorithm algorithm, double overhead, double efficiency) {
  AlgorithmProfile made{};
  made.algorithm = algorithm;
  made.overhead = Seconds(overhead);
  made.efficiency = efficiency;
  return made;
}

OperationCost cost_on(const topology::Topology& cluster, const collective::Library& made, const collective::Task& task, int members = 0) {
  topology::Router router(cluster, 1);
  std::vector<int> group(static_cast<std::size_t>(members > 0 ? members : task.ranks)), planes = {0};
  std::iota(group.begin(), group.end(), 0);
  return collective::operation_cost(router, made, task, group, planes);
}

OperationCost on_star(const collective::Library& made, const collective::Task& task) {
  return cost_on(test::star(task.ranks, "100 GB/s", "1 us"), made, task);
}

}  // namespace

TEST_CASE("An operation adds the library's overheads and reaches its share of the line rate") {
  const int n = 8;
  AlgorithmProfile p = profile(Algorithm::direct, 20e-6, 0.8);
  p.per_destination = Seconds(3e-6);
  p.copy_rate = ByteRate(1e12);
  const OperationCost cost = on_star(library(Operation::all_to_all, {p}), {.operation = Operation::all_to_all, .ranks = n});
  CHECK(cost(Bytes(1e9)).value() ==
        Approx(20e-6 + path + 3e-6 * (n - 1) + (n - 1.0) / n * 1e9 / (0.8 * rate) + 1e9 / n / 1e12).epsilon(1e-12));
}

TEST_CASE("A barrier costs the latency of the path once, a step its own and what the library adds") {
  const int n = 8;
  AlgorithmProfile p = profile(Algorithm::ring, 5e-6, 1);
  p.barriers = 1.5;
  p.per_step = Seconds(0.5e-6);
  const OperationCost cost = on_star(library(Operation::all_reduce, {p}), {.operation = Operation::all_reduce, .ranks = n});
  CHECK(cost(Bytes(0)).value() == Approx(5e-6 + 1.5 * path + 2 * (n - 1) * (path + 0.5e-6)).epsilon(1e-12));
}

TEST_CASE("Tokens for experts on ranks of their own take the busier side's links, over trampolines one step after the other") {
  const int attention = 4, experts = 12, top_k = 3;
  const collective::Task task = {
      .operation = Operation::attention_to_expert, .ranks = attention + experts, .moe = {.top_k = top_k, .attention = attention}};
  AlgorithmProfile straight = profile(Algorithm::per_expert, 10e-6, 0.5), trampoline = profile(Algorithm::trampoline, 10e-6, 0.5);
  straight.per_destination = trampoline.per_destination = Seconds(1e-6);
  const double bytes = 1e6, sent = bytes * top_k / (0.5 * rate);
  CHECK(on_star(library(task.operation, {straight}), task)(Bytes(bytes)).value() == Approx(10e-6 + path + experts * 1e-6 + sent));
  // A trampoline takes in what is for it and for two more, then sends that on.
  const double forwarded = sent * attention / experts * 2;
  CHECK(on_star(library(task.operation, {trampoline}), task)(Bytes(bytes)).value() ==
        Approx(10e-6 + 2 * path + (attention + 2) * 1e-6 + sent + forwarded));
}

TEST_CASE("One algorithm is linear in its bytes") {
  const OperationCost cost =
      on_star(library(Operation::all_gather, {profile(Algorithm::ring, 1e-6, 0.5)}), {.operation = Operation::all_gather, .ranks = 5});
  const Seconds none = cost(Bytes(0)), some = cost(Bytes(1e6)), more = cost(Bytes(3e6));
  CHECK((more - none) / (some - none) == Approx(3).epsilon(1e-9));
}

TEST_CASE("Of several algorithms the fastest for the bytes is taken, so time is the least of their lines") {
  const int n = 8;
  const AlgorithmProfile one_shot = profile(Algorithm::one_shot, 1e-6, 0.5), ring = profile(Algorithm::ring, 10e-6, 0.8);
  const collective::Task task = {.operation = Operation::all_reduce, .ranks = n};
  const OperationCost both = on_star(library(Operation::all_reduce, {one_shot, ring}), task);
  const OperationCost first = on_star(library(Operation::all_reduce, {one_shot}), task);
  const OperationCost second = on_star(library(Operation::all_reduce, {ring}), task);
  for (const double bytes : {0.0, 1e3, 1e5, 5e5, 1e6, 1e8, 1e10})
    CHECK(both(Bytes(bytes)) == std::min(first(Bytes(bytes)), second(Bytes(bytes))));
  CHECK(both.best(Bytes(1e3))->profile.algorithm == Algorithm::one_shot);
  CHECK(both.best(Bytes(1e9))->profile.algorithm == Algorithm::ring);
}

TEST_CASE("An algorithm is used for its sizes, and beyond all sizes the fastest of all") {
  AlgorithmProfile small = profile(Algorithm::one_shot, 1e-6, 1), large = profile(Algorithm::two_shot, 2e-6, 1);
  small.max_size = Bytes(100);
  large.min_size = Bytes(101);
  large.max_size = Bytes(1000);
  const OperationCost cost = on_star(library(Operation::all_reduce, {small, large}), {.operation = Operation::all_reduce, .ranks = 4});
  CHECK(cost.best(Bytes(100))->profile.algorithm == Algorithm::one_shot);
  CHECK(cost.best(Bytes(101))->profile.algorithm == Algorithm::two_shot);
  CHECK(cost.best(Bytes(1e9))->profile.algorithm == Algorithm::two_shot);
}

TEST_CASE("Few messages reach few of the destinations, and only those are paid for") {
  const double issue = 1e-3;
  const AlgorithmCost cost = {.per_destination = Seconds(issue), .destinations = 8};
  const auto reached = [&](double messages) { return cost(Bytes(0), messages).value() / issue; };
  CHECK(reached(1) == Approx(1).epsilon(1e-12));
  CHECK(reached(2) == Approx(1 + 7.0 / 8).epsilon(1e-12));  // the second is new with 7 chances of 8
  CHECK(reached(3) == Approx(8 * (1 - std::pow(7.0 / 8, 3))).epsilon(1e-12));
  CHECK(reached(1e4) == Approx(8).epsilon(1e-12));
  CHECK(reached(0) == 8);  // unknown: all
}

TEST_CASE("One rank pays nothing, not even the overhead") {
  const auto made = library(Operation::all_reduce, {profile(Algorithm::ring, 1, 1)});
  const OperationCost cost = cost_on(test::star(2, "100 GB/s", "1 us"), made, {.operation = Operation::all_reduce, .ranks = 1});
  CHECK(cost(Bytes(1e9)) == Seconds(0));
  CHECK(cost.best(Bytes(1)) == nullptr);
}

TEST_CASE("Groups that exchange at once share the links of a tree of switches") {
  // Two leaves of two below one spine with one uplink each: pairs across leaves share it.
  const auto tree = test::cluster(
      4, 1,
      fmt::format("  net: {{kind: fat_tree, link: {0}, trunk: {0}, leaf_switch: {1}, endpoints_per_leaf: 2, uplinks: 1, spines: 1}}\n",
                  test::link("100 GB/s", "1 us"), test::any_switch));
  const auto made = library(Operation::send, {profile(Algorithm::direct, 0, 1)});
  const Seconds both = cost_on(tree, made, {.operation = Operation::send, .ranks = 4})(Bytes(1e9));  // 0 -> 2 and 1 -> 3
  CHECK(both.value() == Approx(4 * 1e-6 + 2 * 1e9 / rate).epsilon(1e-12));
}

TEST_CASE("NVLS is left out where ranks hang on different switches, and what is left is taken") {
  const auto tree = test::cluster(
      4, 1,
      fmt::format("  net: {{kind: fat_tree, link: {0}, trunk: {0}, leaf_switch: {1}, endpoints_per_leaf: 2, uplinks: 2, spines: 2}}\n",
                  test::link("100 GB/s", "1 us"), test::any_switch));
  const AlgorithmProfile nvls = profile(Algorithm::nvls, 0, 1), ring = profile(Algorithm::ring, 1e-3, 1);
  const collective::Task four = {.operation = Operation::all_reduce, .ranks = 4}, two = {.operation = Operation::all_reduce, .ranks = 2};
  CHECK(cost_on(tree, library(Operation::all_reduce, {nvls, ring}), four).algorithms().size() == 1);
  CHECK(cost_on(tree, library(Operation::all_reduce, {nvls, ring}), two).algorithms().size() == 2);
  CHECK_THROWS_WITH(cost_on(tree, library(Operation::all_reduce, {nvls}), four),
                    "made cannot do all_reduce here: its nvls needs all ranks on the same switches");
}

TEST_CASE("Hierarchical algorithms need whole nodes, more than one") {
  const auto star = test::star(8, "100 GB/s", "1 us");
  const auto made = library(Operation::all_reduce, {profile(Algorithm::hierarchical, 0, 1)});
  const auto task = [](int ranks, int per_node) {
    return collective::Task{.operation = Operation::all_reduce, .ranks = ranks, .ranks_per_node = per_node};
  };
  CHECK_NOTHROW(cost_on(star, made, task(8, 4)));
  for (const auto& [ranks, per_node] : {std::pair{8, 8}, {6, 4}, {2, 4}})
    CHECK_THROWS_WITH(
        cost_on(star, made, task(ranks, per_node)),
        fmt::format("made cannot do all_reduce here: its hierarchical needs whole nodes of {} ranks, more than one", per_node));
}

TEST_CASE("Bus bytes are those of nccl-tests") {
  const auto bus = [](Operation operation) { return collective::bus_bytes({.operation = operation, .ranks = 8}, Bytes(800)); };
  CHECK(bus(Operation::all_reduce)->value() == Approx(2 * 7.0 / 8 * 800));
  CHECK(bus(Operation::reduce_scatter)->value() == Approx(7.0 / 8 * 800));
  CHECK(bus(Operation::all_to_all)->value() == Approx(7.0 / 8 * 800));
  CHECK(bus(Operation::all_gather)->value() == Approx(7 * 800));  // bytes is what each rank holds: 7/8 of the 6400 gathered
  CHECK(bus(Operation::broadcast)->value() == Approx(800));
  CHECK_FALSE(bus(Operation::dispatch));
}

namespace {

// Two nodes of four: a switch of 400 GB/s in each, one of 100 GB/s over all.
topology::Topology two_planes() {
  return test::cluster(2, 4,
                       fmt::format("  fast: {{kind: single_switch, within: node, links_to_switch: [1], switch: {0}, link: {1}}}\n"
                                   "  slow: {{kind: single_switch, links_to_switch: [1], switch: {0}, link: {2}}}\n",
                                   test::any_switch, test::link("400 GB/s", "1 us"), test::link("100 GB/s", "1 us")));
}

}  // namespace

TEST_CASE("A profile can be for groups in one node or across nodes") {
  AlgorithmProfile within = profile(Algorithm::direct, 1e-6, 0.5), across = profile(Algorithm::direct, 2e-6, 0.9);
  within.scope = collective::Scope::one_node;
  across.scope = collective::Scope::several_nodes;
  const auto cluster = two_planes();
  topology::Router router(cluster, 1);
  const std::vector<int> group = {0, 1, 2, 3, 4, 5, 6, 7}, planes = {0, 1};
  const auto efficiency = [&](int ranks, const std::vector<AlgorithmProfile>& profiles) {
    const collective::Task task = {.operation = Operation::all_to_all, .ranks = ranks, .ranks_per_node = 4};
    return collective::operation_cost(router, library(Operation::all_to_all, profiles), task,
                                      std::span(group).first(static_cast<std::size_t>(ranks)), planes)
        .best(Bytes(1))
        ->profile.efficiency;
  };
  CHECK(efficiency(4, {within, across}) == 0.5);
  CHECK(efficiency(8, {within, across}) == 0.9);
  CHECK_THROWS_WITH(efficiency(8, {within}), "made cannot do all_to_all here: its direct is for groups in one node");
  CHECK_THROWS_WITH(efficiency(4, {across}), "made cannot do all_to_all here: its direct is for groups of several nodes");
}

TEST_CASE("Links within a node may reach another share of their rate, where an operation also crosses nodes") {
  const auto cluster = two_planes();
  topology::Router router(cluster, 1);
  const std::vector<int> group = {0, 1, 2, 3, 4, 5, 6, 7}, planes = {0, 1};
  AlgorithmProfile p = profile(Algorithm::direct, 0, 0.8);
  const auto slope = [&](int ranks, double node_efficiency) {
    p.node_efficiency = node_efficiency;
    const collective::Task task = {.operation = Operation::all_to_all, .ranks = ranks, .ranks_per_node = 4};
    return collective::operation_cost(router, library(Operation::all_to_all, {p}), task,
                                      std::span(group).first(static_cast<std::size_t>(ranks)), planes)
        .best(Bytes(1))
        ->seconds_per_byte;
  };
  const double between = 4.0 / 8 / 100e9, within = 3.0 / 8 / 400e9;  // of each byte of a rank, over its links
  CHECK(slope(8, 0.8) == Approx(between / 0.8).epsilon(1e-12));
  CHECK(slope(8, 0.05) == Approx(within / 0.05).epsilon(1e-12));
  CHECK(slope(4, 0.05) == Approx(3.0 / 4 / 400e9 / 0.8).epsilon(1e-12));  // alone in a node: the efficiency itself
}

TEST_CASE("What cores forward within a node takes its time in them and on the wire, one after the other") {
  const auto cluster = two_planes();
  topology::Router router(cluster, 1);
  const std::vector<int> group = {0, 1, 2, 3, 4, 5, 6, 7}, planes = {0, 1};
  const collective::Task task = {
      .operation = Operation::dispatch, .ranks = 8, .ranks_per_node = 4, .moe = {.ranks = 8, .ranks_per_node = 4, .top_k = 8}};
  AlgorithmProfile p = profile(Algorithm::per_node, 0, 0.9);
  p.node_efficiency = 0.5;
  const auto slope = [&](double forward_rate) {
    p.forward_rate = ByteRate(forward_rate);
    return collective::operation_cost(router, library(Operation::dispatch, {p}), task, group, planes).best(Bytes(1))->seconds_per_byte;
  };
  const double copies = 8 * (1 - std::pow(7.0 / 8, 8));  // ranks of a token, of which a rank forwards to the three others of its node
  const double forwarded = copies / 4 * 3;
  CHECK(slope(100e9) == Approx(forwarded * (1 / (0.5 * 400e9) + 1 / 100e9)).epsilon(1e-12));
  CHECK(slope(0) == Approx(forwarded / (0.5 * 400e9)).epsilon(1e-12));
}

TEST_CASE("NVLS within nodes needs the ranks of each on the same switches, and rings between them") {
  const auto cluster = two_planes();
  topology::Router router(cluster, 1);
  const std::vector<int> group = {0, 1, 2, 3, 4, 5, 6, 7}, planes = {0, 1};
  const auto made = library(Operation::all_reduce, {profile(Algorithm::hierarchical_nvls, 0, 1)});
  const collective::Task task = {.operation = Operation::all_reduce, .ranks = 8, .ranks_per_node = 4};
  const auto cost = collective::operation_cost(router, made, task, group, planes);
  // Within: 5/4 of the vector over 400 GB/s. Between: of a quarter of it 2(m-1)/m over 100 GB/s.
  CHECK(cost.best(Bytes(1))->wire_seconds_per_byte == Approx(std::max(1.25 / 400e9, 0.25 / 100e9)).epsilon(1e-12));
  const auto tree = test::cluster(
      4, 2,
      fmt::format("  net: {{kind: fat_tree, link: {0}, trunk: {0}, leaf_switch: {1}, endpoints_per_leaf: 1, uplinks: 2, spines: 2}}\n",
                  test::link("100 GB/s", "1 us"), test::any_switch));
  CHECK_THROWS_WITH(cost_on(tree, made, {.operation = Operation::all_reduce, .ranks = 8, .ranks_per_node = 2}),
                    "made cannot do all_reduce here: its hierarchical_nvls needs the ranks of a node on the same switches");
}

TEST_CASE("Flows at achieved rates carry as much more as their planes fall short of the line rate") {
  const auto cluster = two_planes();
  topology::Router router(cluster, 1);
  const std::vector<int> group = {0, 1, 2, 3, 4, 5, 6, 7}, planes = {0, 1};
  AlgorithmProfile p = profile(Algorithm::direct, 0, 0.8);
  p.node_efficiency = 0.4;
  const collective::Task task = {.operation = Operation::all_to_all, .ranks = 8, .ranks_per_node = 4};
  for (const auto& step : collective::schedule_at_achieved_rates(router, p, task, group, planes, Bytes(800))) {
    for (const auto& flow : step.flows)
      CHECK(flow.bytes.value() == Approx(flow.from / 4 == flow.to / 4 ? 100 / 0.4 : 100 / 0.8).epsilon(1e-12));
  }
}
