// The clusters that podsim ships have the switches and links that their vendors describe, at every size.
#include <map>
#include <set>

#include "support/counts.hpp"
#include "support/shipped.hpp"

using namespace podsim;
using test::links;
using test::plane_of;
using test::shipped_cluster;
using test::switches;
using topology::Topology;

TEST_CASE("A CloudMatrix384 joins 768 dies over 336 L1 and 112 L2 switches") {
  const Topology cluster = shipped_cluster("cloudmatrix384");
  CHECK(cluster.shape.endpoints() == 48 * 8 * 2);
  CHECK(cluster.shape.packages() == 384);
  CHECK(cluster.shape.racks() == 1);
  // CloudMatrix384 paper (arXiv 2506.12708), section 3.3: 7 sub-planes of 48 L1 chips (one a node) and 16 L2 chips.
  CHECK(switches(cluster, "ub", "leaf") == 7 * 48);
  CHECK(switches(cluster, "ub", "spine") == 7 * 16);
  const auto uplinks = links(cluster, "ub", "leaf", "spine");
  CHECK(uplinks.size() == 7 * 48 * 16);  // 5,376, each of 28 GB/s
  for (const int id : uplinks) REQUIRE(cluster.graph.link(id).bandwidth == ByteRate(28e9));
  CHECK(cluster.planes[0].links == 7 * 48 * 16 + 7 * 768 + 7 * 48 * 4);  // dies to L1, L1 to L2, CPUs to L1
}

TEST_CASE("Every die of a CloudMatrix384 has one link to each of the seven L1 switches of its node") {
  const Topology cluster = shipped_cluster("cloudmatrix384");
  std::map<int, std::set<int>> leaves_of_node;
  for (int die = 0; die < cluster.shape.endpoints(); ++die) {
    std::set<int> leaves;
    cluster.graph.for_each_link(die, plane_of(cluster, "ub"), [&](int, int leaf) { REQUIRE(leaves.insert(leaf).second); });
    REQUIRE(leaves.size() == 7);
    leaves_of_node[cluster.shape.node_of(die)].insert(leaves.begin(), leaves.end());
  }
  std::set<int> all;
  for (const auto& [node, leaves] : leaves_of_node) {
    CHECK(leaves.size() == 7);
    all.insert(leaves.begin(), leaves.end());
  }
  CHECK(all.size() == 7 * leaves_of_node.size());  // no switch serves two nodes
}

TEST_CASE("A UB sub-plane has one L2 switch for every three nodes, and full bandwidth between the tiers") {
  const int nodes = GENERATE(12, 24, 36, 48);
  const Topology cluster = shipped_cluster(fmt::format("{{use: cloudmatrix384, nodes: {}}}", nodes));
  CHECK(switches(cluster, "ub", "leaf") == 7 * nodes);
  CHECK(switches(cluster, "ub", "spine") == 7 * (nodes * 16 / 48));  // 56 at 24 nodes, 84 at 36
  CHECK(links(cluster, "ub", "leaf", "spine").size() == links(cluster, "ub", "endpoint", "leaf").size());
}

TEST_CASE("An L1 switch of a CloudMatrix384 reaches every L2 switch of its sub-plane evenly, and no other") {
  const int nodes = GENERATE(24, 36, 48);
  const Topology cluster = shipped_cluster(fmt::format("{{use: cloudmatrix384, nodes: {}}}", nodes));
  const std::size_t spines = static_cast<std::size_t>(nodes) / 3;
  std::map<int, std::map<int, int>> cables;
  std::map<int, std::set<int>> by_spine;
  for (const int id : links(cluster, "ub", "leaf", "spine")) {
    const auto& link = cluster.graph.link(id);
    ++cables[link.from][link.to];
    by_spine[link.to].insert(link.from);
  }
  for (const auto& [leaf, to] : cables) {
    REQUIRE(to.size() == spines);
    for (const auto& [spine, count] : to) {
      CHECK(count >= 16 / static_cast<int>(spines));
      CHECK(count <= (16 + static_cast<int>(spines) - 1) / static_cast<int>(spines));
    }
  }
  for (const auto& [spine, leaves] : by_spine) REQUIRE(leaves.size() == static_cast<std::size_t>(nodes));
}

TEST_CASE("A GB200 rack has 18 NVLink switches and 1,296 links, one from every GPU to every switch") {
  const Topology cluster = shipped_cluster("gb200-nvl72");
  const int racks = 4;
  CHECK(cluster.shape.racks() == racks);
  CHECK(cluster.shape.endpoints() == racks * 72);
  CHECK(switches(cluster, "nvlink", "switch") == racks * 18);
  CHECK(links(cluster, "nvlink", "endpoint", "switch").size() == racks * 1296);
  std::map<int, std::set<int>> gpus;  // by switch
  for (const int id : links(cluster, "nvlink", "endpoint", "switch")) {
    const auto& link = cluster.graph.link(id);
    REQUIRE(gpus[link.to].insert(link.from).second);
  }
  for (const auto& [chip, from] : gpus) {
    CHECK(from.size() == 72);
    CHECK(*from.begin() / 72 == *from.rbegin() / 72);  // all of one rack
  }
}

TEST_CASE("An HGX H100 node has four NVSwitches with 5, 4, 4 and 5 links from every GPU") {
  const Topology cluster = shipped_cluster("hgx-h100");
  const int nodes = 2;
  CHECK(cluster.shape.nodes == nodes);
  CHECK(switches(cluster, "nvlink", "switch") == nodes * 4);
  for (int gpu = 0; gpu < cluster.shape.endpoints(); ++gpu) {
    std::map<int, int> cables;  // by switch, in order of the switches
    cluster.graph.for_each_link(gpu, plane_of(cluster, "nvlink"), [&](int, int chip) { ++cables[chip]; });
    std::vector<int> counts;
    for (const auto& [chip, count] : cables) counts.push_back(count);
    CHECK(counts == std::vector<int>{5, 4, 4, 5});  // NVIDIA Fabric Manager guide
  }
}

TEST_CASE("A rail-optimised network of units of 32 nodes has the leaves and spines of the DGX SuperPOD") {
  // NVIDIA DGX SuperPOD H100 reference architecture (RA-11333): 8/4, 16/8 and 32/16 leaf and spine switches for 1, 2 and 4 units.
  const auto [units, leaves, spines] = GENERATE(table<int, int, int>({{1, 8, 4}, {2, 16, 8}, {4, 32, 16}}));
  const Topology cluster = shipped_cluster(fmt::format("{{use: hgx-h100, nodes: {}}}", 32 * units));
  CHECK(switches(cluster, "ib", "leaf") == leaves);
  CHECK(switches(cluster, "ib", "spine") == spines);
  CHECK(links(cluster, "ib", "leaf", "spine").size() == links(cluster, "ib", "endpoint", "leaf").size());
}

TEST_CASE("On a rail the r-th GPUs of a unit share a leaf, and no other GPU has it") {
  const Topology cluster = shipped_cluster("{use: hgx-h100, nodes: 64}");
  std::map<int, std::set<std::pair<int, int>>> members;  // unit and rail, by leaf
  for (const int id : links(cluster, "ib", "endpoint", "leaf")) {
    const auto& link = cluster.graph.link(id);
    members[link.to].insert({link.from / 8 / 32, link.from % 8});
  }
  std::set<std::pair<int, int>> all;
  for (const auto& [leaf, which] : members) {
    CHECK(which.size() == 1);
    all.insert(which.begin(), which.end());
  }
  CHECK(all.size() == 2 * 8);
}

TEST_CASE("Every cluster that is shipped reads and has a network that draws power") {
  const auto files = test::shipped_files("topologies");
  REQUIRE(files.size() >= 4);
  for (const auto& file : files) {
    INFO(file);
    const Topology cluster = shipped_cluster(file.stem().string());
    int switch_count = 0, device_count = 0, link_count = 0;
    for (const auto& plane : cluster.planes) {
      switch_count += plane.switches;
      link_count += plane.links;
      for (const auto& devices : plane.attached) device_count += devices.count;
    }
    CHECK(cluster.graph.vertex_count() == cluster.shape.endpoints() + switch_count + device_count);
    CHECK(cluster.graph.link_count() == 2 * link_count);
    CHECK(cluster.network_power() > Watts(0));
  }
}
