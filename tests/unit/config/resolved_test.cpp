// The record of what a run has read: defaults and layers included, written as YAML that reads the same.
#include <yaml-cpp/yaml.h>

#include "config/node.hpp"
#include "support/files.hpp"

using podsim::Seconds;
using podsim::config::Document;
using podsim::config::Node;
using podsim::config::ResolvedTree;
using test::Yaml;

namespace {

const char* const text =
    "name: pods\n"
    "link: {bandwidth: {value: 400 Gb/s, source: a data sheet}}\n"
    "pools:\n"
    "- {name: prefill, count: 1}\n"
    "- {name: decode}\n"
    "sizes: [3, 5]\n";

// Reads everything; returns a digest of the values.
std::string read_all(Node node) {
  std::string digest = node.get<std::string>("name");
  Node link = node.at("link");
  digest += fmt::format(" {:.9g}", link.get<podsim::ByteRate>("bandwidth").value());
  digest += fmt::format(" {:.9g}", link.get<Seconds>("latency", Seconds(2e-6)).value());
  for (Node& pool : node.at("pools").items()) {
    digest += fmt::format(" {} {}", pool.get<std::string>("name"), pool.get<int>("count", 4));
    digest += fmt::format(" {}", pool.get("fast", true));
    digest += fmt::format(" {}", pool.one_of("policy", {"fifo", "lifo"}, 1));
  }
  for (const Node& size : node.at("sizes").items()) digest += fmt::format(" {}", size.as<int>());
  return digest;
}

std::string written(const Document& document) {
  YAML::Emitter out;
  document.resolved().emit(out);
  REQUIRE(out.good());
  return out.c_str();
}

}  // namespace

TEST_CASE("The record holds what was read, defaults included, lists as lists") {
  Yaml yaml(text);
  read_all(yaml.root());
  const YAML::Node record = YAML::Load(written(yaml.document()));
  CHECK(record["name"].Scalar() == "pods");
  CHECK(record["link"]["bandwidth"].Scalar() == "400 Gb/s");
  CHECK(record["link"]["latency"].Scalar() == "2 us");
  REQUIRE(record["pools"].IsSequence());
  REQUIRE(record["pools"].size() == 2);
  CHECK(record["pools"][0]["count"].as<int>() == 1);
  CHECK(record["pools"][1]["name"].Scalar() == "decode");
  CHECK(record["pools"][1]["count"].as<int>() == 4);
  CHECK(record["pools"][1]["fast"].as<bool>());
  CHECK(record["pools"][1]["policy"].Scalar() == "lifo");
  REQUIRE(record["sizes"].IsSequence());
  CHECK(record["sizes"].as<std::vector<int>>() == std::vector<int>{3, 5});
}

TEST_CASE("The record reads as the file it was made from") {
  Yaml yaml(text);
  yaml.document().add_override("pools.0.count=9");
  const std::string once = read_all(yaml.root());
  Yaml again(written(yaml.document()));
  CHECK(read_all(again.root()) == once);
  CHECK(written(again.document()) == written(yaml.document()));
}

TEST_CASE("The record shows the top layer of each value") {
  Yaml yaml(text);
  yaml.document().add_overlay({YAML::Load("{name: overlaid, link: {latency: 3 us}}"), "sweep.yaml"});
  yaml.document().add_override("link.latency=5 us");
  read_all(yaml.root());
  const YAML::Node record = YAML::Load(written(yaml.document()));
  CHECK(record["name"].Scalar() == "overlaid");
  CHECK(record["link"]["latency"].Scalar() == "5 us");
}

TEST_CASE("The record keeps what was read, not what stands in the file") {
  Yaml yaml("used: 1\nunused: 2\n");
  CHECK(yaml.document().resolved().empty());
  yaml.root().get<int>("used");
  CHECK_FALSE(yaml.document().resolved().empty());
  const YAML::Node record = YAML::Load(written(yaml.document()));
  CHECK(record["used"].as<int>() == 1);
  CHECK_FALSE(record["unused"].IsDefined());
}

TEST_CASE("A file that is referred to is recorded in place") {
  Yaml yaml("chip: {use: h100-sxm, name: mine}\n");
  Node root = yaml.root();
  Node chip = root.reference("chip", "chips");
  chip.get<std::string>("name");
  chip.at("endpoint").at("memory").get<podsim::Bytes>("capacity");
  const YAML::Node record = YAML::Load(written(yaml.document()));
  CHECK(record["chip"]["name"].Scalar() == "mine");
  CHECK(record["chip"]["endpoint"]["memory"]["capacity"].Scalar() == "85.5 GB");  // of configs/chips/h100-sxm.yaml
}

TEST_CASE("Text that YAML would misread is quoted") {
  ResolvedTree tree;
  tree.record({"a"}, "x: y");
  tree.record({"b"}, "");
  tree.record({"c"}, "# no comment");
  YAML::Emitter out;
  tree.emit(out);
  const YAML::Node record = YAML::Load(out.c_str());
  CHECK(record["a"].Scalar() == "x: y");
  CHECK(record["b"].Scalar().empty());
  CHECK(record["c"].Scalar() == "# no comment");
}

TEST_CASE("A value recorded twice stands once, as it was read last") {
  ResolvedTree tree;
  tree.record({"a", "b"}, "1");
  tree.record({"c"}, "2");
  tree.record({"a", "b"}, "3");
  YAML::Emitter out;
  tree.emit(out);
  CHECK(std::string(out.c_str()) == "a:\n  b: 3\nc: 2");
}
