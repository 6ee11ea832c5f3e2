// How long prompts wait before a step.
#include "serving/prompt_gate.hpp"

#include "support/files.hpp"

using namespace podsim;
using serving::GatePolicy;
using serving::PromptGate;

namespace {

PromptGate::Queue queue(int groups, int with_prompts, int decoding, double fill = 0) {
  return {groups, with_prompts, decoding, true, fill};
}

// Steps, one at a time, until the gate lets prompts in.
int steps_until_open(PromptGate& gate, const PromptGate::Queue& waiting) {
  int steps = 0;
  while (!gate.opens(waiting)) {
    gate.pass(1);
    ++steps;
  }
  gate.pass(1);
  return steps;
}

GatePolicy read(const std::string& text) {
  test::Yaml yaml(text);
  config::Node node = yaml.root();
  const GatePolicy policy = serving::read_gate_policy(node);
  node.done();
  return policy;
}

}  // namespace

TEST_CASE("Without a policy prompts start at once") {
  CHECK(GatePolicy().always_open());
  PromptGate gate{GatePolicy()};
  CHECK(gate.opens(queue(4, 1, 4)));
}

TEST_CASE("The queue is looked at every so many steps, and on while prompts come") {
  const int interval = GENERATE(2, 10, 30);
  PromptGate gate({.receive_interval = interval});
  const int before = GENERATE(0, 1, 7);
  for (int i = 0; i < before; ++i) {
    CHECK(gate.opens(queue(1, 0, 1)));
    gate.pass(1);
  }
  CHECK(steps_until_open(gate, queue(1, 1, 1)) == (interval - before % interval) % interval);
  CHECK(gate.opens(queue(1, 1, 1)));  // they are still coming
  CHECK(gate.opens(queue(1, 0, 1)));
  gate.pass(1);
  CHECK(gate.opens(queue(1, 1, 0)));  // nobody would be kept waiting
}

TEST_CASE("Attention groups wait for each other, up to a limit") {
  const int limit = GENERATE(1, 50);
  PromptGate gate({.balance_wait = limit});
  CHECK(steps_until_open(gate, queue(8, 7, 8)) == limit);
  CHECK(steps_until_open(gate, queue(8, 7, 8)) == limit);  // again
  CHECK(steps_until_open(gate, queue(8, 8, 8)) == 0);
  CHECK(steps_until_open(gate, queue(8, 1, 7)) == 0);  // a group is idle
  PromptGate::Queue full = queue(8, 8, 8);
  full.room = false;
  CHECK(steps_until_open(gate, full) == limit);
}

TEST_CASE("A batch of prompts fills the step or waits its time") {
  PromptGate gate({.batch_wait = 20, .batch_fill = 0.9});
  CHECK(steps_until_open(gate, queue(1, 1, 1, 0.89)) == 20);
  CHECK(steps_until_open(gate, queue(1, 1, 1, 0.9)) == 0);
  CHECK(steps_until_open(gate, queue(1, 1, 0, 0)) == 0);
}

TEST_CASE("Many steps at once pass as one by one") {
  const GatePolicy policy = {.receive_interval = GENERATE(1, 4), .balance_wait = 13};
  PromptGate single(policy), several(policy);
  const int steps = steps_until_open(single, queue(2, 1, 2));
  int passed = 0;
  while (!several.opens(queue(2, 1, 2))) {
    const auto left = several.steps_left();
    REQUIRE(left > 0);
    several.pass(left);
    passed += static_cast<int>(left);
  }
  CHECK(passed == steps);
}

TEST_CASE("Waits are read from an engine profile and refused when they cannot be") {
  const GatePolicy policy = read("receive_interval: 10\nbalance_wait: 60\nbatch_wait: {steps: 20, fill: 0.9}\n");
  CHECK(policy.receive_interval == 10);
  CHECK(policy.balance_wait == 60);
  CHECK(policy.batch_wait == 20);
  CHECK(policy.batch_fill == 0.9);
  CHECK(read("{}").always_open());
  test::Yaml wrong("batch_wait: {steps: 20, fill: 1.5}\n");
  CHECK(wrong.error_of([](config::Node node) { serving::read_gate_policy(node); }) ==
        "test.yaml:1: batch_wait.fill: must lie between 0 and 1, not 1.5");
}
