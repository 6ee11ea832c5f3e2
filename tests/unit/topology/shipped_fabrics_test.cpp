// The fabrics that podsim ships beside the first clusters have the published counts of chips, switches, links and hops.
#include <map>

#include "support/counts.hpp"
#include "support/distances.hpp"
#include "support/shipped.hpp"
#include "topology/statistics.hpp"

using namespace podsim;
using test::cables;
using test::plane_of;
using test::shipped_cluster;
using test::switches;
using topology::Topology;

namespace {

// One direction of what leaves an endpoint over a plane, in GB/s.
double rate_of(const Topology& cluster, const std::string& plane, int endpoint) {
  double sum = 0;
  cluster.graph.for_each_link(endpoint, plane_of(cluster, plane),
                              [&](int link, int) { sum += cluster.graph.link(link).bandwidth.value(); });
  return sum / 1e9;
}

// Cables from an endpoint to each of the switches of its node, in their order.
std::vector<int> split(const Topology& cluster, int endpoint) {
  std::map<int, int> by_switch;
  cluster.graph.for_each_link(endpoint, plane_of(cluster, "nvlink"), [&](int, int chip) { ++by_switch[chip]; });
  std::vector<int> counts;
  for (const auto& [chip, count] : by_switch) counts.push_back(count);
  return counts;
}

}  // namespace

TEST_CASE("An HGX node has the NVLinks of its generation, evenly over its NVSwitches") {
  CHECK(split(shipped_cluster("hgx-h200"), 3) == std::vector<int>{5, 4, 4, 5});
  CHECK(split(shipped_cluster("hgx-b200"), 3) == std::vector<int>{9, 9});
  CHECK(rate_of(shipped_cluster("hgx-h100"), "nvlink", 0) == Approx(450));
  CHECK(rate_of(shipped_cluster("hgx-h200"), "nvlink", 0) == Approx(450));
  CHECK(rate_of(shipped_cluster("hgx-h800"), "nvlink", 0) == Approx(200));
  CHECK(rate_of(shipped_cluster("hgx-b200"), "nvlink", 0) == Approx(900));
}

TEST_CASE("A DGX SuperPOD has the leaf, spine and core switches and the cables of its reference architecture") {
  // NVIDIA RA-11333: nodes, leaves, spines, cores, cables leaf-spine and (the same) spine-core. With 31, 63 and 95 nodes one port
  // more of each unit goes to UFM, which is no endpoint here.
  struct Row {
    int nodes, leaves, spines, cores, cables;
  };
  const auto row = GENERATE(values<Row>({{31, 8, 4, 0, 256},
                                         {63, 16, 8, 0, 512},
                                         {95, 24, 16, 0, 768},
                                         {128, 32, 16, 0, 1024},
                                         {256, 64, 32, 0, 2048},
                                         {512, 128, 128, 64, 4096},
                                         {1024, 256, 256, 128, 8192},
                                         {2048, 512, 512, 256, 16384}}));
  const Topology cluster = shipped_cluster(fmt::format("{{use: dgx-superpod-h100, nodes: {}}}", row.nodes));
  INFO(row.nodes);
  CHECK(switches(cluster, "ib", "leaf") == row.leaves);
  CHECK(switches(cluster, "ib", "spine") == row.spines);
  CHECK(switches(cluster, "ib", "core") == row.cores);
  CHECK(cables(cluster, "ib", "endpoint", "leaf") == 8 * row.nodes);
  CHECK(cables(cluster, "ib", "leaf", "spine") == row.cables);
  CHECK(cables(cluster, "ib", "spine", "core") == (row.cores > 0 ? row.cables : 0));
}

TEST_CASE("Every switch of a three-tier SuperPOD uses its 64 ports, and a path is at most six links long") {
  const Topology cluster = shipped_cluster("{use: dgx-superpod-h100, nodes: 512}");
  for (int v = cluster.shape.endpoints(); v < cluster.graph.vertex_count(); ++v) {
    if (cluster.graph.vertex(v).plane != plane_of(cluster, "ib")) continue;
    int ports = 0;
    cluster.graph.for_each_link(v, plane_of(cluster, "ib"), [&](int, int) { ++ports; });
    REQUIRE(ports == 64);
  }
  topology::Router router(cluster, 1);
  CHECK(test::eccentricity(router, plane_of(cluster, "ib"), 0) == 6);
}

TEST_CASE("A multi-plane fat tree of 2,048 nodes has 16,384 endpoints and 768 switches in 8 planes that do not meet") {
  const Topology cluster = shipped_cluster("{use: h800-multiplane, nodes: 2048}");  // arXiv 2505.09343, section 5.1
  CHECK(cluster.shape.endpoints() == 16384);
  CHECK(switches(cluster, "ib", "leaf") + switches(cluster, "ib", "spine") == 768);
  topology::Router router(cluster, 1);
  const std::vector<int> ib = {plane_of(cluster, "ib")};
  CHECK(router.plane_for(ib, 3, 8 * 2047 + 3) == ib[0]);
  CHECK(router.route(ib[0], 3, 8 * 2047 + 3).links.size() == 4);
  // From rail 3 to rail 4: over NVLink to the neighbour on rail 4, whose NIC sends on.
  const auto legs = router.legs(ib[0], 3, 8 * 2047 + 4);
  REQUIRE(legs.size() == 2);
  CHECK(legs[0].plane == plane_of(cluster, "nvlink"));
  CHECK(legs[0].to == 4);
  CHECK(legs[1].plane == ib[0]);
}

TEST_CASE("Two pods of Alibaba HPN 7.0 are joined by core switches 15 : 1") {
  const Topology cluster = shipped_cluster("{use: hpn-7, nodes: 3840}");
  CHECK(switches(cluster, "roce", "leaf") == 2 * 240);
  CHECK(switches(cluster, "roce", "spine") == 2 * 120);
  CHECK(cables(cluster, "roce", "leaf", "spine") == 15 * cables(cluster, "roce", "spine", "core"));
  CHECK(switches(cluster, "roce", "core") == 120);  // one for each spine of a pod, up to 16 pods
}

TEST_CASE("A CloudMatrix384 has CPUs on UB, 200 Gb/s a die on RDMA, and a port of 400 Gb/s a node on the VPC plane, which adds no power") {
  const Topology cluster = shipped_cluster("cloudmatrix384");
  const auto& ub = cluster.planes[static_cast<std::size_t>(plane_of(cluster, "ub"))];
  REQUIRE(ub.attached.size() == 1);
  CHECK(ub.attached[0].count == 4 * 48);
  double cpu = 0;
  for (const int id : test::links(cluster, "ub", "cpu", "leaf")) cpu += cluster.graph.link(id).bandwidth.value() / (4 * 48);
  CHECK(cpu == Approx(160e9).epsilon(0.01));  // figure 2
  const auto& vpc = cluster.planes[static_cast<std::size_t>(plane_of(cluster, "vpc"))];
  CHECK(switches(cluster, "vpc", "leaf") == 48);
  for (const int id : test::links(cluster, "vpc", "leaf", "spine")) CHECK(cluster.graph.link(id).bandwidth == ByteRate(50e9));
  CHECK(vpc.power == Watts(0));
  CHECK_FALSE(vpc.can_carry(topology::TrafficClass::kv));
  const auto ports = test::links(cluster, "rdma", "endpoint", "leaf");
  CHECK(ports.size() == 768);  // 200 Gb/s a die
  for (const int id : ports) REQUIRE(cluster.graph.link(id).bandwidth == ByteRate(200e9 / 8));
  CHECK(ub.can_carry(topology::TrafficClass::expert));
}

TEST_CASE("A CloudMatrix384 has 6,912 transceivers of 400G: of each package 14 on UB and 4 on RDMA") {
  const Topology cluster = shipped_cluster("cloudmatrix384");  // reportify.ai, qsfptek.com
  CHECK(cluster.transceivers() == 6912);
  CHECK(cluster.planes[static_cast<std::size_t>(plane_of(cluster, "ub"))].transceivers == 384 * 14);
  CHECK(cluster.planes[static_cast<std::size_t>(plane_of(cluster, "rdma"))].transceivers == 384 * 4);
  CHECK(shipped_cluster("{use: gb200-nvl72, nodes: 18}").planes[0].transceivers == 0);  // copper within the rack
}

TEST_CASE("A GB300 NVL72 rack has 18 switch chips and 1,296 links of 50 GB/s, and 800 Gb/s a GPU beyond") {
  const Topology cluster = shipped_cluster("{use: gb300-nvl72, nodes: 18}");
  CHECK(cluster.shape.endpoints() == 72);
  CHECK(switches(cluster, "nvlink", "switch") == 18);
  CHECK(cables(cluster, "nvlink", "endpoint", "switch") == 1296);
  CHECK(rate_of(cluster, "nvlink", 0) == Approx(18 * 50));
  CHECK(rate_of(cluster, "ib", 0) == Approx(100));
  CHECK(rate_of(shipped_cluster("{use: gb200-nvl72, nodes: 18}"), "ib", 0) == Approx(50));
}

TEST_CASE("A pod of Alibaba HPN 7.0 has 15,360 GPUs on 240 ToR and 120 aggregation switches, 1.067:1") {
  const Topology cluster = shipped_cluster("hpn-7");
  CHECK(cluster.shape.endpoints() == 15360);
  CHECK(switches(cluster, "roce", "leaf") == 240);
  CHECK(switches(cluster, "roce", "spine") == 120);
  const double down = cables(cluster, "roce", "endpoint", "leaf") * 200.0, up = cables(cluster, "roce", "leaf", "spine") * 400.0;
  CHECK(down / up == Approx(1.067).epsilon(0.001));
  CHECK(rate_of(cluster, "roce", 0) == Approx(2 * 25));
}

TEST_CASE("An Atlas 950 SuperPoD has 8,192 chips of 1,008 GB/s each direction in 128 racks, 16.3 PB/s in all") {
  const Topology cluster = shipped_cluster("atlas-950");
  CHECK(cluster.shape.endpoints() == 8192);
  CHECK(cluster.shape.racks() == 128);
  CHECK(rate_of(cluster, "ub-rack", 77) == Approx(14 * 56));
  CHECK(rate_of(cluster, "ub-pod", 77) == Approx(4 * 56));
  CHECK(2 * 8192 * (rate_of(cluster, "ub-rack", 0) + rate_of(cluster, "ub-pod", 0)) * 1e-6 == Approx(16.3).epsilon(0.02));
  CHECK(cluster.planes[0].links == 128 * 64 * 14 / 2);
  topology::Router router(cluster, 1);
  CHECK(test::eccentricity(router, plane_of(cluster, "ub-pod"), 0) == 4);
}

TEST_CASE("A UB-Mesh pod is a full mesh in four dimensions: 1,024 chips of 20 neighbours, diameter 4") {
  const Topology cluster = shipped_cluster("ub-mesh");
  CHECK(cluster.shape.endpoints() == 1024);
  CHECK(cluster.planes[0].links == 1024 * (7 + 7 + 3 + 3) / 2);
  CHECK(rate_of(cluster, "ub", 5) == Approx(72 * 14).epsilon(0.001));  // x72 lanes
  topology::Router router(cluster, 1);
  CHECK(test::eccentricity(router, 0, 0) == 4);  // every chip sees the same
}

TEST_CASE("A Groq dragonfly of 33 nodes has 264 chips and diameter 3") {
  const Topology cluster = shipped_cluster("groq-264");
  CHECK(cluster.shape.endpoints() == 264);
  CHECK(cluster.planes[0].links == 33 * 28 + 33 * 32 / 2);
  CHECK(test::diameter(cluster, 0) == 3);
  topology::Router router(cluster, 1);
  CHECK(topology::plane_statistics(router, 0).router_diameter == 3);
}

TEST_CASE("The largest Groq dragonfly has 10,440 chips of 11 links; through virtual routers of 8 chips its diameter is 5") {
  const Topology cluster = shipped_cluster("groq-10440");
  CHECK(cluster.shape.endpoints() == 10440);
  CHECK(cluster.planes[0].links == 1305 * 28 + 145 * 36 * 2 + 145 * 144 / 2);
  CHECK(2 * cluster.planes[0].links == 11 * 10440);
  // The paper's "two in the source-rack, one global hop, and two in the destination-rack" count a node as one router. From chip to chip
  // two hops cannot do: a chip has 7 links in its node and at most 4 to other nodes, and of its node's ports 16 stay in the rack, so
  // within two hops it reaches no more than 7 + 16 + 4 * 7 + 4 * 3 = 63 of the 71 others.
  topology::Router router(cluster, 1);
  const topology::PlaneStatistics statistics = topology::plane_statistics(router, 0);
  CHECK(statistics.router_diameter == 5);
  CHECK(statistics.diameter == 7);
}

TEST_CASE("A TPU pod has three links a chip and the bisection of its longest dimension") {
  struct Pod {
    std::string name;
    int chips, longest, bisection;  // GB/s each direction
  };
  const auto pod = GENERATE(values<Pod>({{"tpu-v5p-pod", 8960, 28, 64000}, {"tpu7x-pod", 9216, 24, 76800}}));
  const Topology cluster = shipped_cluster(pod.name);
  CHECK(cluster.shape.endpoints() == pod.chips);
  CHECK(cluster.planes[0].links == 3 * pod.chips);
  CHECK(rate_of(cluster, "ici", 1) == Approx(600));
  const int half = pod.chips / 2;
  CHECK(test::cut(cluster, 0, [&](int e) { return e < half; }) * 100 == pod.bisection);
}

TEST_CASE("An MI300X node has 28 links of 64 GB/s, 448 GB/s a GPU") {
  const Topology cluster = shipped_cluster("{use: mi300x, nodes: 1}");
  CHECK(cluster.planes[0].links == 8 * 7 / 2);
  CHECK(rate_of(cluster, "xgmi", 0) == Approx(448));
  CHECK(test::cut(cluster, 0, [](int e) { return e < 4; }) == 4 * 4);
}

TEST_CASE("A Trn2 UltraServer is a 4 x 4 x 4 torus of 64 chips of 640 GB/s") {
  const Topology cluster = shipped_cluster("trn2-ultraserver");
  CHECK(cluster.shape.endpoints() == 64);
  CHECK(cluster.planes[0].links == 3 * 64);
  CHECK(rate_of(cluster, "neuronlink", 9) == Approx(4 * 128 + 2 * 64));
  CHECK(test::cut(cluster, 0, [](int e) { return e < 32; }) * 64 == 2048);  // between the instances, GB/s
  CHECK(test::diameter(cluster, 0) == 6);
}
