// Communication libraries: reading their profiles, and those that podsim ships.
#include "collective/library.hpp"

#include "support/shipped.hpp"

using namespace podsim;
using collective::Library;
using collective::MoeCopies;
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
    CHECK(std::any_of(library.operations.begin(), library.operations.end(), [](const auto& profile) { return profile.has_value(); }));
    // Who dispatches also combines.
    CHECK(library.profile(Operation::dispatch).has_value() == library.profile(Operation::combine).has_value());
  }
}

TEST_CASE("Only the library that forwards within a node sends one copy a node") {
  const auto copies = [](const std::string& name) {
    return test::shipped("configs/libraries/" + name + ".yaml", collective::read_library).copies;
  };
  CHECK(copies("deepep-normal") == MoeCopies::per_node);  // "forwarded over NVLink": DeepEP README
  CHECK(copies("deepep-low-latency") == MoeCopies::per_expert);
  CHECK(copies("cann-fused") == MoeCopies::per_expert);
}

TEST_CASE("A profile is kept by its operation, what is not named is not there") {
  test::Yaml yaml(
      "name: l\n"
      "operations:\n"
      "  send: {overhead: 3 us, efficiency: 0.5}\n"
      "  dispatch: {overhead: 4 us, per_destination: 2 us, efficiency: 0.25}\n");
  const Library library = collective::read_library(yaml.root());
  CHECK(library.copies == MoeCopies::per_expert);
  REQUIRE(library.profile(Operation::send));
  CHECK(library.profile(Operation::send)->overhead.value() == Approx(3e-6));
  CHECK(library.profile(Operation::send)->per_destination == Seconds(0));
  CHECK(library.profile(Operation::send)->efficiency == 0.5);
  REQUIRE(library.profile(Operation::dispatch));
  CHECK(library.profile(Operation::dispatch)->per_destination.value() == Approx(2e-6));
  CHECK(library.profile(Operation::dispatch)->efficiency == 0.25);
  CHECK_FALSE(library.profile(Operation::combine).has_value());
  CHECK_FALSE(library.profile(Operation::all_reduce).has_value());
}

TEST_CASE("Every operation has the name of its place in the list") {
  const auto [operation, name] = GENERATE(table<Operation, std::string>({{Operation::all_reduce, "all_reduce"},
                                                                         {Operation::all_gather, "all_gather"},
                                                                         {Operation::reduce_scatter, "reduce_scatter"},
                                                                         {Operation::all_to_all, "all_to_all"},
                                                                         {Operation::dispatch, "dispatch"},
                                                                         {Operation::combine, "combine"},
                                                                         {Operation::send, "send"}}));
  test::Yaml yaml("name: l\noperations: {" + name + ": {overhead: 1 us, efficiency: 1}}\n");
  CHECK(collective::read_library(yaml.root()).profile(operation).has_value());
}

TEST_CASE("A library that cannot be is refused") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"operations: {allreduce: {overhead: 1 us, efficiency: 1}}",
       "operations.allreduce: is no operation; did you mean \"all_reduce\"? (allowed: all_reduce, all_gather, reduce_scatter, "
       "all_to_all, dispatch, combine, send)"},
      {"operations: {send: {overhead: 1 us}}", "operations.send: the key \"efficiency\" is missing"},
      {"operations: {send: {efficiency: 1}}", "operations.send: the key \"overhead\" is missing"},
      {"operations: {send: {overhead: 1 us, efficiency: 1.2}}", "operations.send.efficiency: must lie between 0.01 and 1, not 1.2"},
      {"operations: {send: {overhead: 1 us, efficiency: 0}}", "operations.send.efficiency: must lie between 0.01 and 1, not 0"},
      {"operations: {send: {overhead: -1 us, efficiency: 1}}", "operations.send.overhead: must lie between 0 s and 1 s, not -1 us"},
      {"operations: {send: {overhead: 1 us, efficiency: 1, per_destination: 2 ms}}",
       "operations.send.per_destination: must lie between 0 s and 1 ms, not 2 ms"},
      {"operations: {send: {overhead: 1 us, efficiency: 1, rate: 2}}",
       "operations.send.rate: unknown key \"rate\" (allowed: efficiency, overhead, per_destination)"},
      {"copies: per_rank, operations: {}", "copies: \"per_rank\" is not one of per_expert, per_node"},
  }));
  CHECK(library_error("{name: l, " + text + "}\n") == "test.yaml:1: " + message);
}
