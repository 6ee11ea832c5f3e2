// Failed links and switches: routes go around them, and a plane that they cut in two is refused.
#include "support/clusters.hpp"
#include "topology/router.hpp"

using namespace podsim;

namespace {

// Two leaves of four endpoints under two spines, two cables between each leaf and spine.
std::string tree(const std::string& failed) {
  return fmt::format(
      "  net: {{kind: fat_tree, spread: spray, endpoints_per_leaf: 4, uplinks: 4, spines: 2, link: {}, leaf_switch: {}, failed: {}}}\n",
      test::link("10 GB/s", "1 us"), test::any_switch, failed);
}

// The cables that a flow from endpoint 0 to 7 uses on its second hop.
std::size_t cables_up(const std::string& failed) {
  const auto cluster = test::cluster(1, 8, tree(failed));
  topology::Router router(cluster, 1);
  const auto route = router.route(0, 0, 7);
  return static_cast<std::size_t>(std::count_if(route.links.begin(), route.links.end(), [](const auto& l) { return l.hop == 1; }));
}

std::string error_of(const std::string& failed) {
  try {
    test::cluster(1, 8, tree(failed));
  } catch (const std::exception& error) {
    const std::string message = error.what();
    return message.substr(message.find("planes.net"));
  }
  return "";
}

}  // namespace

TEST_CASE("A failed cable or switch carries nothing") {
  CHECK(cables_up("{}") == 4);
  CHECK(cables_up("{links: [[leaf 0, spine 1]]}") == 3);
  CHECK(cables_up("{links: [[spine 1, leaf 0], [leaf 0, spine 1]]}") == 2);
  CHECK(cables_up("{switches: [spine 0]}") == 2);
}

TEST_CASE("Failures that cut a plane in two are refused in one line") {
  CHECK(error_of("{switches: [spine 0, spine 1]}") ==
        "planes.net.failed: plane net is cut in two: no way is left between endpoints 0 and 4");
  CHECK(error_of("{links: [[endpoint 5, leaf 1]]}") ==
        "planes.net.failed: plane net is cut in two: no way is left between endpoints 0 and 5");
}

TEST_CASE("What a failure names must be there") {
  CHECK(error_of("{switches: [spine 2]}") ==
        "planes.net.failed.switches.0: plane net has no \"spine 2\" (it has endpoint 0 to 7, leaf 0 to 1, spine 0 to 1)");
  CHECK(error_of("{switches: [endpoint 2]}") == "planes.net.failed.switches.0: is an endpoint, not a switch");
  CHECK(error_of("{links: [[leaf 0, leaf 1]]}") == "planes.net.failed.links.0: no (further) link joins these two");
  CHECK(error_of("{links: [[leaf 0]]}") == "planes.net.failed.links.0: must name the two ends of a link: [leaf 0, spine 1]");
  CHECK_THAT(error_of("{switch: [spine 0]}"), Catch::StartsWith("planes.net.failed.switch: unknown key"));
}
