// Communication libraries: reading their profiles, and those that podsim ships.
#include "collective/library.hpp"

#include "support/shipped.hpp"

using namespace podsim;
using collective::Algorithm;
using collective::Library;
using collective::Operation;

namespace {

std::string library_error(const std::string& text) {
  return test::Yaml(text).error_of([](config::Node node) { collective::read_library(std::move(node)); });
}

}  // namespace

TEST_CASE("Every library that is shipped reads and knows an operation") {
  const auto files = test::shipped_files("configs/libraries");
  REQUIRE(files.size() >= 8);
  for (const auto& file : files) {
    INFO(file);
    const Library library = test::shipped("configs/libraries/" + file.filename().string(), collective::read_library);
    CHECK_FALSE(library.name.empty());
    CHECK(std::any_of(library.operations.begin(), library.operations.end(), [](const auto& profiles) { return !profiles.empty(); }));
    CHECK(library.provides(Operation::dispatch) == library.provides(Operation::combine));  // who dispatches also combines
  }
}

TEST_CASE("Only the library that forwards within a node sends one copy a node") {
  const auto algorithm = [](const std::string& name) {
    return test::shipped("configs/libraries/" + name + ".yaml", collective::read_library).profiles(Operation::dispatch).back().algorithm;
  };
  CHECK(algorithm("deepep-normal") == Algorithm::per_node);  // "forwarded over NVLink": DeepEP README
  CHECK(algorithm("deepep-low-latency") == Algorithm::per_expert);
  CHECK(algorithm("cann-fused") == Algorithm::per_expert);
}

TEST_CASE("A profile is kept by its operation, what is not named is not there") {
  test::Yaml yaml(
      "name: l\n"
      "operations:\n"
      "  send: {overhead: 3 us, efficiency: 0.5}\n"
      "  dispatch: {algorithm: per_rank, overhead: 4 us, per_destination: 2 us, efficiency: 0.25}\n");
  const Library library = collective::read_library(yaml.root());
  REQUIRE(library.profiles(Operation::send).size() == 1);
  const auto& send = library.profiles(Operation::send).front();
  CHECK(send.algorithm == Algorithm::direct);
  CHECK(send.overhead.value() == Approx(3e-6));
  CHECK(send.per_destination == Seconds(0));
  CHECK(send.per_step == Seconds(0));
  CHECK(send.barriers == 0);
  CHECK(send.copy_rate == ByteRate(0));
  CHECK(send.efficiency == 0.5);
  REQUIRE(library.profiles(Operation::dispatch).size() == 1);
  CHECK(library.profiles(Operation::dispatch).front().algorithm == Algorithm::per_rank);
  CHECK(library.profiles(Operation::dispatch).front().per_destination.value() == Approx(2e-6));
  CHECK_FALSE(library.provides(Operation::combine));
  CHECK_FALSE(library.provides(Operation::all_reduce));
}

TEST_CASE("An operation may list algorithms, with protocols and sizes") {
  test::Yaml yaml(
      "name: l\n"
      "operations:\n"
      "  all_reduce:\n"
      "    - {algorithm: one_shot, overhead: 1 us, barriers: 2, efficiency: 0.5, max_size: 256 KB}\n"
      "    - {algorithm: ring, protocol: LL, overhead: 4 us, per_step: 0.5 us, efficiency: 0.3}\n"
      "    - {algorithm: nvls, overhead: 9 us, efficiency: 0.8, copy_rate: 1 TB/s, min_size: 1 MB}\n");
  const auto profiles = collective::read_library(yaml.root()).profiles(Operation::all_reduce);
  REQUIRE(profiles.size() == 3);
  CHECK(profiles[0].algorithm == Algorithm::one_shot);
  CHECK(profiles[0].barriers == 2);
  CHECK(profiles[0].max_size == 256 * units::KB);
  CHECK(profiles[1].protocol == "LL");
  CHECK(profiles[1].per_step.value() == Approx(0.5e-6));
  CHECK(profiles[2].min_size == units::MB);
  CHECK(profiles[2].copy_rate.value() == Approx(1e12));
}

TEST_CASE("A library that includes another has the algorithms of both, its own first") {
  test::Yaml yaml("name: l\nincludes: hccl\noperations: {send: {overhead: 1 us, efficiency: 1}}\n");
  const Library library = collective::read_library(yaml.root());
  CHECK(library.profiles(Operation::send).size() == 2);
  CHECK(library.profiles(Operation::send).front().efficiency == 1);
  CHECK(library.provides(Operation::all_reduce));
}

TEST_CASE("The first algorithm of an operation is the one that is meant where none is named, and no two operations share all") {
  CHECK(collective::algorithms_of(Operation::all_reduce).front() == Algorithm::ring);
  CHECK(collective::algorithms_of(Operation::all_to_all).front() == Algorithm::direct);
  CHECK(collective::algorithms_of(Operation::dispatch) == collective::algorithms_of(Operation::combine));
  for (std::size_t i = 0; i < collective::operation_names.size(); ++i)
    CHECK_FALSE(collective::algorithms_of(static_cast<Operation>(i)).empty());
}

TEST_CASE("Every operation has the name of its place in the list") {
  const auto [operation, name] = GENERATE(table<Operation, std::string>({{Operation::all_reduce, "all_reduce"},
                                                                         {Operation::all_gather, "all_gather"},
                                                                         {Operation::reduce_scatter, "reduce_scatter"},
                                                                         {Operation::all_to_all, "all_to_all"},
                                                                         {Operation::broadcast, "broadcast"},
                                                                         {Operation::dispatch, "dispatch"},
                                                                         {Operation::combine, "combine"},
                                                                         {Operation::send, "send"}}));
  test::Yaml yaml("name: l\noperations: {" + name + ": {overhead: 1 us, efficiency: 1}}\n");
  CHECK(collective::read_library(yaml.root()).provides(operation));
}

TEST_CASE("A library that cannot be is refused") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"operations: {allreduce: {overhead: 1 us, efficiency: 1}}",
       "operations.allreduce: is no operation; did you mean \"all_reduce\"? (allowed: all_reduce, all_gather, reduce_scatter, "
       "all_to_all, broadcast, dispatch, combine, attention_to_expert, expert_to_attention, send)"},
      {"operations: {send: {overhead: 1 us}}", "operations.send: the key \"efficiency\" is missing"},
      {"operations: {send: {efficiency: 1}}", "operations.send: the key \"overhead\" is missing"},
      {"operations: {send: {overhead: 1 us, efficiency: 1.2}}", "operations.send.efficiency: must lie between 0.01 and 1, not 1.2"},
      {"operations: {send: {overhead: 1 us, efficiency: 0}}", "operations.send.efficiency: must lie between 0.01 and 1, not 0"},
      {"operations: {send: {overhead: -1 us, efficiency: 1}}", "operations.send.overhead: must lie between 0 s and 1 s, not -1 us"},
      {"operations: {send: {overhead: 1 us, efficiency: 1, per_destination: 2 ms}}",
       "operations.send.per_destination: must lie between 0 s and 1 ms, not 2 ms"},
      {"operations: {send: {overhead: 1 us, efficiency: 1, rate: 2}}",
       "operations.send.rate: unknown key \"rate\" (allowed: algorithm, barriers, copy_rate, efficiency, forward_rate, max_size, min_size, "
       "node_efficiency, overhead, per_destination, per_step, protocol, scope)"},
      {"operations: {send: {algorithm: ring, overhead: 1 us, efficiency: 1}}", "operations.send.algorithm: \"ring\" is not one of direct"},
      {"operations: {send: []}", "operations.send: lists no algorithm"},
      {"operations: {all_reduce: [{algorithm: rnig, overhead: 1 us, efficiency: 1}]}",
       "operations.all_reduce.0.algorithm: \"rnig\" is not one of ring, tree, one_shot, two_shot, nvls, hierarchical, sharp, "
       "hierarchical_nvls; did you mean "
       "\"ring\"?"},
      {"operations: {send: {overhead: 1 us, efficiency: 1, barriers: -1}}", "operations.send.barriers: must lie between 0 and 100, not -1"},
  }));
  CHECK(library_error("{name: l, " + text + "}\n") == "test.yaml:1: " + message);
}
