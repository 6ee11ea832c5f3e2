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

namespace {

// The message that reading `key` of `text` as a T ends in.
template <class T>
std::string read_error(const std::string& text, const std::string& key = "x") {
  return Yaml(text).error_of([&](Node node) { node.get<T>(key); });
}

}  // namespace

TEST_CASE("A number with its origin is the number") {
  Yaml yaml("x: {value: 28 GB/s, source: a paper, range: [26 GB/s, 30 GB/s], note: measured}\ny: {value: 3, source: a table}\n");
  CHECK(yaml.root().get<ByteRate>("x") == ByteRate(28e9));
  CHECK(yaml.root().get<int>("y") == 3);
}

TEST_CASE("The ends of a range are inside, and a range has two ends in order") {
  CHECK(read_error<double>("x: {value: 2, range: [2, 3]}\n").empty());
  CHECK(read_error<double>("x: {value: 3, range: [2, 3]}\n").empty());
  CHECK(read_error<double>("x: {value: 3.01, range: [2, 3]}\n") == "test.yaml:1: x: the value 3.01 lies outside its range");
  CHECK(read_error<int>("x: {value: 1, range: [2, 3]}\n") == "test.yaml:1: x: the value 1 lies outside its range");
  for (const char* range : {"[3, 2]", "[2]", "[1, 2, 3]", "2", "[]"}) {
    INFO(range);
    CHECK(read_error<double>(fmt::format("x: {{value: 2, range: {}}}\n", range)) == "test.yaml:1: x: range must be [low, high]");
  }
  CHECK(read_error<double>("x: {value: 2, range: [low, 3]}\n") == "test.yaml:1: x: \"low\" is not a number");
}

TEST_CASE("A value must be of the kind that is asked for") {
  CHECK(read_error<int>("x: 1.5\n") == "test.yaml:1: x: \"1.5\" is not a whole number");
  CHECK(read_error<int>("x: 99999999999\n") == "test.yaml:1: x: \"99999999999\" is not a whole number");
  CHECK(read_error<bool>("x: maybe\n") == "test.yaml:1: x: \"maybe\" is not true or false");
  CHECK(read_error<podsim::NumberFormat>("x: fp16\n") ==
        "test.yaml:1: x: \"fp16\" is not one of fp32, bf16, fp8, fp8_block, int8, int4, fp4, nvfp4, mxfp4");
  CHECK(read_error<std::string>("x: ~\n") == "test.yaml:1: x: must be a text");
  CHECK(read_error<std::string>("x: {a: b}\n") == "test.yaml:1: x: must be a text");
}

TEST_CASE("A word must be one of those allowed") {
  Yaml yaml("x: spray\ny: spary\nz: both\n");
  const std::vector<std::string> allowed = {"ecmp", "spray"};
  CHECK(yaml.root().one_of("x", allowed) == 1);
  CHECK(yaml.root().one_of("x", allowed, 0) == 1);
  CHECK(yaml.root().one_of("missing", allowed, 0) == 0);
  CHECK(yaml.error_of([&](Node node) { node.one_of("y", allowed); }) ==
        "test.yaml:2: y: \"spary\" is not one of ecmp, spray; did you mean \"spray\"?");
  CHECK(yaml.error_of([&](Node node) { node.one_of("z", allowed, 0); }) == "test.yaml:3: z: \"both\" is not one of ecmp, spray");
  CHECK(yaml.error_of([&](Node node) { node.one_of("missing", allowed); }) == "test.yaml:1: the key \"missing\" is missing");
}

TEST_CASE("A number must lie within its bounds, which are inside") {
  Yaml yaml("n: 4\nt: 2 s\n");
  CHECK(yaml.root().get_within("n", 4, 5) == 4);
  CHECK(yaml.root().get_within("n", 3, 4, 1) == 4);
  CHECK(yaml.root().get_within("missing", 3, 4, 3) == 3);
  CHECK(yaml.error_of([](Node node) { node.get_within("n", 5, 9); }) == "test.yaml:1: n: must lie between 5 and 9, not 4");
  CHECK(yaml.error_of([](Node node) { node.get_within("n", 1, 3, 2); }) == "test.yaml:1: n: must lie between 1 and 3, not 4");
  CHECK(yaml.error_of([](Node node) { node.get_within("t", Seconds(0), Seconds(1)); }) ==
        "test.yaml:2: t: must lie between 0 s and 1 s, not 2 s");
}

TEST_CASE("Optional values are there or not") {
  Yaml yaml("x: 1\nnothing: ~\n");
  Node node = yaml.root();
  CHECK(node.find_as<int>("x") == 1);
  CHECK_FALSE(node.find_as<int>("y").has_value());
  CHECK(node.has("nothing"));
  CHECK_FALSE(node.has("y"));
  CHECK(node.is_null("nothing"));
  CHECK_FALSE(node.is_null("x"));
  CHECK_FALSE(node.is_null("y"));
}

TEST_CASE("The entries of a map come in file order, without remarks") {
  Yaml yaml("zeta: 1\nsource: a paper\nalpha: 2\nnote: none\nmiddle: 3\n");
  yaml.document().add_override("omega=4");
  yaml.document().add_override("alpha=5");
  Node node = yaml.root();
  std::string read;
  for (const auto& [key, value] : node.entries()) read += fmt::format("{}={} ", key, value.as<int>());
  CHECK(read == "zeta=1 alpha=5 middle=3 omega=4 ");
  CHECK_NOTHROW(node.done());
}

TEST_CASE("The items of a list come in order, and only a list has items") {
  Yaml yaml("list: [3, 1, 2]\nempty: []\nword: 3\n");
  Node node = yaml.root();
  std::vector<int> read;
  for (const Node& item : node.at("list").items()) read.push_back(item.as<int>());
  CHECK(read == std::vector<int>{3, 1, 2});
  CHECK(node.at("empty").items().empty());
  CHECK(node.at("list").is_list());
  CHECK_FALSE(node.at("word").is_list());
  CHECK(yaml.error_of([](Node root) { root.at("word").items(); }) == "test.yaml:3: word: must be a list");
  CHECK(yaml.error_of([](Node root) { root.at("list").items()[1].as<bool>(); }) == "test.yaml:1: list.1: \"1\" is not true or false");
}

TEST_CASE("Keys that nobody asked for are refused unless the file is another's") {
  Yaml yaml("x: 1\ny: 2\n");
  Node strict = yaml.root();
  strict.get<int>("x");
  CHECK_THROWS_AS(strict.done(), podsim::InputError);
  strict.has("y");  // looking is not asking
  CHECK_THROWS_AS(strict.done(), podsim::InputError);
  Node lenient = yaml.root();
  lenient.ignore_unknown_keys();
  CHECK_NOTHROW(lenient.done());
}

TEST_CASE("A later check can point at the map or at one key of it") {
  Yaml yaml("a: 1\nmap:\n  x: 1\n  y: 2\n");
  CHECK(yaml.error_of([](Node node) { node.at("map").fail("is wrong"); }) == "test.yaml:3: map: is wrong");
  CHECK(yaml.error_of([](Node node) { node.at("map").fail("y", "is wrong"); }) == "test.yaml:4: map.y: is wrong");
  CHECK(yaml.error_of([](Node node) { node.at("map").fail("z", "is needed"); }) == "test.yaml:3: map: z: is needed");
}

TEST_CASE("A key that stands twice in a nested map is refused where it is read") {
  Yaml yaml("outer:\n  x: 1\n  x: 2\n");
  CHECK(yaml.error_of([](Node node) { node.at("outer"); }) == "test.yaml:3: outer.x: this key stands here twice");
}
