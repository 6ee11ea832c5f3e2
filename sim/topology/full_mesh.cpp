// A clique: every endpoint of the group is cabled to every other.
//
//   e0 --- e1        link:           the cable
//    | \ / |         links_per_pair: how many between two endpoints (1)
//    | / \ |
//   e2 --- e3
#include "topology/plane_builder.hpp"

namespace podsim::topology {

PlaneFunction read_full_mesh(config::Node& node) {
  const auto link = hardware::read_link(node.reference("link", "links"));
  const int links = node.get_within("links_per_pair", 1, 1024, 1);
  return [=](PlaneBuilder& plane) {
    const int end = plane.first_endpoint() + plane.endpoints();
    for (int a = plane.first_endpoint(); a < end; ++a) {
      for (int b = a + 1; b < end; ++b) plane.connect(a, b, link, links);
    }
  };
}

}  // namespace podsim::topology
