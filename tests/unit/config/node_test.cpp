// Strict reading: every way a user can be wrong gets one line with file, line and key.
#include "config/node.hpp"

#include "base/error.hpp"
#include "support/files.hpp"

using podsim::ByteRate;
using podsim::Seconds;
using podsim::config::Node;
using test::Yaml;

namespace {

void read_link(Node node) {
  node.get<std::string>("name");
  node.get<ByteRate>("bandwidth");
  node.get<Seconds>("latency", Seconds(0));
  node.done();
}

}  // namespace

TEST_CASE("A file that says what is asked for is read") {
  Yaml yaml("name: x\nbandwidth: 400 Gb/s\nlatency: 2 us\nsource: a data sheet\n");
  Node node = yaml.root();
  CHECK(node.get<std::string>("name") == "x");
  CHECK(node.get<ByteRate>("bandwidth").value() == Approx(50e9));
  CHECK(node.get<Seconds>("latency", Seconds(0)).value() == Approx(2e-6));
  CHECK_NOTHROW(node.done());
}

TEST_CASE("Each mistake is one line with file, line and key") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"name: x\nbandwith: 1 GB/s\n", "test.yaml:1: the key \"bandwidth\" is missing"},
      {"name: x\nbandwidth: 1 GB/s\nlatnecy: 2 us\n",
       "test.yaml:3: latnecy: unknown key \"latnecy\"; did you mean \"latency\"? (allowed: bandwidth, latency, name)"},
      {"name: x\nbandwidth: 1 GB\n", "test.yaml:2: bandwidth: \"1 GB\" is not a number with a unit (B/s, MB/s, GB/s, TB/s, Gb/s, Tb/s)"},
      {"name: x\nbandwidth: 25\n", "test.yaml:2: bandwidth: \"25\" is not a number with a unit (B/s, MB/s, GB/s, TB/s, Gb/s, Tb/s)"},
      {"name: x\nbandwidth: [1, 2]\n", "test.yaml:2: bandwidth: must be a number with a unit (B/s, MB/s, GB/s, TB/s, Gb/s, Tb/s)"},
      {"name: x\nbandwidth: 1 GB/s\nname: y\n", "test.yaml:3: name: this key stands here twice"},
      {"name: x\nbandwidth: {value: 1 GB/s, range: [2 GB/s, 3 GB/s]}\n", "test.yaml:2: bandwidth: the value 1 GB/s lies outside its range"},
      {"name: x\nbandwidth: {value: 1 GB/s, rnage: 1}\n",
       "test.yaml:2: bandwidth: unknown key \"rnage\" beside value (allowed: value, range, source, note)"},
  }));
  Yaml yaml(text);
  CHECK(yaml.error_of(read_link) == message);
}
