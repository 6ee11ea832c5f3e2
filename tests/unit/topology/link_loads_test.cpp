// Bytes on links: single links and runs of them add up alike, and clearing leaves nothing behind.
#include "topology/link_loads.hpp"

#include "support/clusters.hpp"

using namespace podsim;
using topology::EqualLoads;
using topology::LinkLoads;

TEST_CASE("A run adds to each of its links what adding them one by one does, whatever its length and stride") {
  const auto star = test::star(40, "100 GB/s", "1 us");
  const EqualLoads run = GENERATE(EqualLoads{3, 0, 40, 2}, EqualLoads{3, 1, 40, 2}, EqualLoads{3, 4, 5, 2}, EqualLoads{3, 2, 7, 6},
                                  EqualLoads{3, 9, 1, 0}, EqualLoads{3, 9, 4, 0}, EqualLoads{3, 10, 17, 2});
  LinkLoads by_run(star.graph), one_by_one(star.graph);
  by_run.add(12, 1.0);
  one_by_one.add(12, 1.0);
  for (const double times : {1.0, 2.0}) {
    by_run.add(run, times);
    for (int i = 0; i < run.count; ++i) one_by_one.add(run.first + i * run.stride, run.bytes * times);
  }
  for (int link = 0; link < star.graph.link_count(); ++link) CHECK(by_run[link] == one_by_one[link]);
  CHECK(by_run.busiest().link == one_by_one.busiest().link);
  CHECK(by_run.busiest().time == one_by_one.busiest().time);
  by_run.clear();
  for (int link = 0; link < star.graph.link_count(); ++link) CHECK(by_run[link] == 0);
  CHECK(by_run.busiest().link == -1);
}

TEST_CASE("The busiest link is the one that takes longest at the share of its rate that its plane reaches") {
  const auto cluster = test::cluster(1, 2,
                                     fmt::format("  fast: {{kind: full_mesh, link: {}}}\n  slow: {{kind: full_mesh, link: {}}}\n",
                                                 test::link("100 GB/s", "1 us"), test::link("50 GB/s", "1 us")));
  LinkLoads load(cluster.graph);
  load.add(0, 100e9);  // 1 s on the fast plane
  load.add(2, 40e9);   // 0.8 s on the slow one
  CHECK(load.busiest().link == 0);
  const double share[] = {0.9, 0.5};
  CHECK(load.busiest(share).link == 2);
  CHECK(load.busiest(share).time.value() == Approx(1.6).epsilon(1e-12));
}
