// Links and switches: those that podsim ships against their data sheets, and what their files may not say.
#include "hardware/network.hpp"

#include "support/shipped.hpp"

using namespace podsim;

namespace {

ByteRate rate_of(const std::string& link) { return test::shipped("configs/links/" + link + ".yaml", hardware::read_link).bandwidth; }
int ports_of(const std::string& name) { return test::shipped("configs/switches/" + name + ".yaml", hardware::read_switch).ports; }

std::string link_error(const std::string& text) {
  return test::Yaml(text).error_of([](config::Node node) { hardware::read_link(std::move(node)); });
}
std::string switch_error(const std::string& text) {
  return test::Yaml(text).error_of([](config::Node node) { hardware::read_switch(std::move(node)); });
}

}  // namespace

TEST_CASE("Every link that is shipped reads, with a latency of its own") {
  const auto files = test::shipped_files("configs/links");
  REQUIRE(files.size() >= 8);
  for (const auto& file : files) {
    INFO(file);
    const auto link = test::shipped("configs/links/" + file.filename().string(), hardware::read_link);
    CHECK_FALSE(link.name.empty());
    CHECK(link.latency > Seconds(0));
  }
}

TEST_CASE("Every switch that is shipped reads, with ports, and draws power unless its file says where that is counted") {
  const auto files = test::shipped_files("configs/switches");
  REQUIRE(files.size() >= 6);
  for (const auto& file : files) {
    INFO(file);
    const auto spec = test::shipped("configs/switches/" + file.filename().string(), hardware::read_switch);
    CHECK_FALSE(spec.name.empty());
    const bool elsewhere = test::content_of(file).find("power: {value: 0 W, source:") != std::string::npos;
    CHECK((spec.power > Watts(0)) == !elsewhere);
  }
}

TEST_CASE("Links add up to the rates that vendors state for a device") {
  CHECK((18 * rate_of("nvlink4")).value() == Approx(900e9 / 2));   // H100: 900 GB/s both ways
  CHECK((18 * rate_of("nvlink5")).value() == Approx(1.8e12 / 2));  // GB200: 1.8 TB/s both ways
  CHECK((7 * rate_of("ub1")).value() == Approx(196e9));            // CloudMatrix384 paper, section 3.3.1, a die
  CHECK(rate_of("ub1-optical") == rate_of("ub1"));
  CHECK(rate_of("ib-ndr-400g").value() == Approx(400e9 / 8));
  CHECK((2 * rate_of("roce-200g")).value() == Approx(400e9 / 8));  // CloudMatrix384 paper, section 3.2, a package
}

TEST_CASE("Switches have the ports that vendors state") {
  CHECK(ports_of("qm9700") == 64);         // NVIDIA QM9700: 64 ports of 400 Gb/s
  CHECK(ports_of("nvswitch3") == 64);      // NVSwitch of the third generation: 64 NVLink 4 ports
  CHECK(ports_of("nvswitch5") == 72);      // NVL72: 1,296 links over 18 chips
  CHECK(ports_of("ub-l2") == 48);          // CloudMatrix384 paper, figure 5
  CHECK(ports_of("ub-l1") >= 8 * 2 + 16);  // the dies of a node and 16 uplinks
}

TEST_CASE("A link is copper unless it says what its transceivers draw") {
  test::Yaml copper("name: l\nbandwidth: 8 Gb/s\nlatency: 1 us\n");
  CHECK(hardware::read_link(copper.root()).power == Watts(0));
  CHECK(hardware::read_link(copper.root()).transceivers == 0);
  test::Yaml optical("name: l\nbandwidth: 8 Gb/s\nlatency: 1 us\npower: 9 W\n");
  const auto link = hardware::read_link(optical.root());
  CHECK(link.power == Watts(9));
  CHECK(link.bandwidth == ByteRate(1e9));
  CHECK(link.latency == Seconds(1e-6));
}

TEST_CASE("A link that cannot be is refused") {
  CHECK(link_error("name: l\nbandwidth: 0 GB/s\nlatency: 1 us\n") ==
        "test.yaml:2: bandwidth: must lie between 1 MB/s and 100 TB/s, not 0 B/s");
  CHECK(link_error("name: l\nbandwidth: 1 GB/s\nlatency: -1 us\n") == "test.yaml:3: latency: must lie between 0 s and 1 s, not -1 us");
  CHECK(link_error("name: l\nbandwidth: 1 GB/s\nlatency: 1 us\npower: 2 kW\n") ==
        "test.yaml:4: power: must lie between 0 W and 1 kW, not 2 kW");
  CHECK(link_error("name: l\nbandwidth: 1 GB/s\nlatency: 1 us\ntransceivers: -1\n") ==
        "test.yaml:4: transceivers: must lie between 0 and 16, not -1");
  CHECK(link_error("name: l\nbandwidth: 1 GB/s\n") == "test.yaml:1: the key \"latency\" is missing");
  CHECK(link_error("name: l\nbandwidth: 1 GB/s\nlatency: 1 us\nports: 4\n") ==
        "test.yaml:4: ports: unknown key \"ports\" (allowed: bandwidth, latency, name, power, transceivers)");
}

TEST_CASE("A switch that cannot be is refused") {
  CHECK(switch_error("name: s\nports: 0\npower: 1 W\n") == "test.yaml:2: ports: must lie between 1 and 100000, not 0");
  CHECK(switch_error("name: s\nports: 4\npower: 1 MW\n") == "test.yaml:3: power: must lie between 0 W and 100 kW, not 1 MW");
  CHECK(switch_error("name: s\nports: 4\n") == "test.yaml:1: the key \"power\" is missing");
  CHECK(switch_error("name: s\nports: 4\npower: 1 W\nlatency: 1 us\n") ==
        "test.yaml:4: latency: unknown key \"latency\" (allowed: name, ports, power)");
}
