// Layers: --set and overlays over what a file says, and where an error then points.
#include "base/error.hpp"
#include "config/node.hpp"
#include "support/files.hpp"

using podsim::ByteRate;
using podsim::config::Node;
using test::Yaml;

namespace {

// A cluster with a nested map and a list of maps.
const char* const text =
    "nodes: 4\n"
    "link:\n"
    "  bandwidth: 1 GB/s\n"
    "  lanes: 2\n"
    "pools:\n"
    "- {name: prefill, count: 1}\n"
    "- {name: decode, count: 2}\n";

struct Cluster {
  int nodes = 0;
  ByteRate bandwidth;
  int lanes = 0;
  std::vector<std::string> names;
  std::vector<int> counts;
};

Cluster read_cluster(Node node) {
  Cluster cluster;
  cluster.nodes = node.get<int>("nodes");
  Node link = node.at("link");
  cluster.bandwidth = link.get<ByteRate>("bandwidth");
  cluster.lanes = link.get<int>("lanes");
  link.done();
  for (Node& pool : node.at("pools").items()) {
    cluster.names.push_back(pool.get<std::string>("name"));
    cluster.counts.push_back(pool.get<int>("count"));
    pool.done();
  }
  node.done();
  return cluster;
}

Cluster read_with(const std::vector<std::string>& assignments) {
  Yaml yaml(text);
  for (const std::string& assignment : assignments) yaml.document().add_override(assignment);
  return read_cluster(yaml.root());
}

std::string error_with(const std::vector<std::string>& assignments) {
  Yaml yaml(text);
  for (const std::string& assignment : assignments) yaml.document().add_override(assignment);
  return yaml.error_of(read_cluster);
}

podsim::config::Overlay overlay(const std::string& yaml) { return {YAML::Load(yaml), "sweep.yaml"}; }

}  // namespace

TEST_CASE("What is set replaces the file's plain value and leaves the others") {
  const Cluster cluster = read_with({"nodes=8"});
  CHECK(cluster.nodes == 8);
  CHECK(cluster.lanes == 2);
  CHECK(cluster.counts == std::vector<int>{1, 2});
}

TEST_CASE("What is set in a nested map leaves the keys beside it") {
  const Cluster cluster = read_with({"link.bandwidth=400 Gb/s"});
  CHECK(cluster.bandwidth == ByteRate(50e9));
  CHECK(cluster.lanes == 2);
  const Cluster whole = read_with({"link={lanes: 5}"});
  CHECK(whole.bandwidth == ByteRate(1e9));
  CHECK(whole.lanes == 5);
}

TEST_CASE("An item of a list is set by its index, counted from 0") {
  const Cluster cluster = read_with({"pools.1.count=7"});
  CHECK(cluster.names == std::vector<std::string>{"prefill", "decode"});
  CHECK(cluster.counts == std::vector<int>{1, 7});
}

TEST_CASE("A list that is set replaces the file's list as a whole") {
  const Cluster cluster = read_with({"pools=[{name: only, count: 9}]"});
  CHECK(cluster.names == std::vector<std::string>{"only"});
  CHECK(cluster.counts == std::vector<int>{9});
}

TEST_CASE("An unknown key that is set is refused with a suggestion") {
  CHECK(error_with({"ndoes=8"}) == "--set ndoes: unknown key \"ndoes\"; did you mean \"nodes\"? (allowed: link, nodes, pools)");
  CHECK(error_with({"link.lane=8"}) == "--set link.lane: unknown key \"lane\"; did you mean \"lanes\"? (allowed: bandwidth, lanes)");
  CHECK(error_with({"pools.1.cuont=8"}) == "--set pools.1.cuont: unknown key \"cuont\"; did you mean \"count\"? (allowed: count, name)");
}

TEST_CASE("A key set below a plain value is refused") {
  CHECK(error_with({"nodes.more=8"}) == "--set nodes: must be a whole number");
  CHECK(error_with({"link.lanes.more=8"}) == "--set link.lanes: must be a whole number");
}

TEST_CASE("A plain value set in place of a map or a list is refused") {
  CHECK(error_with({"link=fast"}) == "--set link: must be a map of keys");
  CHECK(error_with({"pools=3"}) == "--set pools: must be a list");
}

TEST_CASE("An index beyond the list, or a word, is refused") {
  CHECK(error_with({"pools.2.count=8"}) == "--set pools.2: this is a list of 2 items, counted from 0");
  CHECK(error_with({"pools.decode.count=8"}) == "--set pools.decode: this is a list of 2 items, counted from 0");
}

TEST_CASE("A wrong value that is set is blamed on the command line, a wrong value of the file on its line") {
  CHECK(error_with({"nodes=many"}) == "--set nodes: \"many\" is not a whole number");
  Yaml yaml("nodes: 4\nlink: {bandwidth: fast, lanes: 1}\npools: []\n");
  yaml.document().add_override("link.lanes=2");
  CHECK(yaml.error_of(read_cluster) ==
        "test.yaml:2: link.bandwidth: \"fast\" is not a number with a unit (B/s, MB/s, GB/s, TB/s, Gb/s, Tb/s)");
}

TEST_CASE("An overlay lies over the file, and a later overlay over an earlier one") {
  Yaml yaml(text);
  yaml.document().add_overlay(overlay("nodes: 8\nlink: {lanes: 3}\n"));
  yaml.document().add_overlay(overlay("link: {lanes: 4}\n"));
  const Cluster cluster = read_cluster(yaml.root());
  CHECK(cluster.nodes == 8);
  CHECK(cluster.lanes == 4);
  CHECK(cluster.bandwidth == ByteRate(1e9));
}

TEST_CASE("What is set lies over every overlay") {
  Yaml yaml(text);
  yaml.document().add_override("nodes=16");
  yaml.document().add_overlay(overlay("nodes: 8\nlink: {lanes: 3}\n"));
  const Cluster cluster = read_cluster(yaml.root());
  CHECK(cluster.nodes == 16);
  CHECK(cluster.lanes == 3);
}

TEST_CASE("A mistake in an overlay is blamed on the overlay's file and line") {
  Yaml yaml(text);
  yaml.document().add_overlay(overlay("nodes: 8\nlink: {lanse: 3}\n"));
  CHECK(yaml.error_of(read_cluster) ==
        "sweep.yaml:2: link.lanse: unknown key \"lanse\"; did you mean \"lanes\"? (allowed: bandwidth, lanes)");
}

TEST_CASE("A map of one file can be laid over another file") {
  Yaml sweep("point: {nodes: 12, link: {lanes: 6}}\n");
  Yaml yaml(text);
  yaml.document().add_overlay(sweep.root().at("point").as_overlay());
  const Cluster cluster = read_cluster(yaml.root());
  CHECK(cluster.nodes == 12);
  CHECK(cluster.lanes == 6);
  CHECK(cluster.counts == std::vector<int>{1, 2});
}
