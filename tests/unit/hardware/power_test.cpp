// Electrical power of a chip: linear in what it does, capped by its limit.
#include "hardware/power.hpp"

#include "support/files.hpp"

using namespace podsim;
using hardware::PowerSpec;

namespace {

constexpr PowerSpec chip = {
    .idle = Watts(70), .active = Watts(100), .compute = Watts(560), .memory = Watts(300), .link = Watts(30), .limit = Watts(700)};

std::string power_error(const std::string& changed) {
  test::Yaml yaml("{idle: 70 W, active: 100 W, compute: 560 W, memory: 300 W, link: 30 W, limit: 700 W}\n");
  yaml.document().add_override(changed);
  return yaml.error_of([](config::Node node) { hardware::read_power(std::move(node)); });
}

}  // namespace

TEST_CASE("A chip that does nothing draws its idle power") { CHECK(chip.at({}) == chip.idle); }

TEST_CASE("Each use adds its own power in full") {
  CHECK(chip.at({.busy = 1}) == chip.idle + chip.active);
  CHECK(chip.at({.compute = 1}) == chip.idle + chip.compute);
  CHECK(chip.at({.memory = 1}) == chip.idle + chip.memory);
  CHECK(chip.at({.link = 1}) == chip.idle + chip.link);
}

TEST_CASE("Below the limit power is linear in every use") {
  const hardware::Utilisation use = {.busy = 0.5, .compute = 0.25, .memory = 0.125, .link = 1};
  CHECK(chip.at(use).value() == Approx(70 + 100 * 0.5 + 560 * 0.25 + 300 * 0.125 + 30 * 1).epsilon(1e-12));
  const hardware::Utilisation half = {.busy = 0.25, .compute = 0.125, .memory = 0.0625, .link = 0.5};
  CHECK((chip.at(use) - chip.idle) / (chip.at(half) - chip.idle) == Approx(2).epsilon(1e-12));
}

TEST_CASE("A chip never draws more than its limit") {
  CHECK(chip.at({1, 1, 1, 1}) == chip.limit);
  CHECK(chip.at({.busy = 1, .compute = 1}) == chip.limit);
  CHECK(chip.at({.compute = 1}) < chip.limit);
}

TEST_CASE("A power that is read keeps each part apart") {
  test::Yaml yaml("{idle: 1 W, active: 2 W, compute: 3 W, memory: 4 W, link: 5 W, limit: 0.006 kW}\n");
  const PowerSpec power = hardware::read_power(yaml.root());
  CHECK(power.idle == Watts(1));
  CHECK(power.active == Watts(2));
  CHECK(power.compute == Watts(3));
  CHECK(power.memory == Watts(4));
  CHECK(power.link == Watts(5));
  CHECK(power.limit == Watts(6));
}

TEST_CASE("Every part of a power must be there") {
  const std::string part = GENERATE("idle", "active", "compute", "memory", "link", "limit");
  std::string text;
  for (const std::string other : {"idle", "active", "compute", "memory", "link", "limit"}) {
    if (other != part) text += other + ": 1 W\n";
  }
  CHECK(test::Yaml(text).error_of([](config::Node node) { hardware::read_power(std::move(node)); }) ==
        fmt::format("test.yaml:1: the key \"{}\" is missing", part));
}

TEST_CASE("Negative powers and a limit below idle are refused") {
  const std::string part = GENERATE("idle", "active", "compute", "memory", "link");
  CHECK(power_error(part + "=-1 W") == "test.yaml:1: powers must not be negative");
  CHECK(power_error("limit=69 W") == "--set limit: must not lie below idle");
  CHECK(power_error("limit=70 W").empty());
}

TEST_CASE("A power in another unit and an unknown part are refused") {
  CHECK(power_error("idle=70 J") == "--set idle: \"70 J\" is not a number with a unit (W, kW, MW)");
  CHECK(power_error("fans=5 W") == "--set fans: unknown key \"fans\" (allowed: active, compute, idle, limit, link, memory)");
}
