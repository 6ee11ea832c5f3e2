// One tier of switches side by side, each endpoint cabled to all of them (NVSwitch, an NVL72 rack).
//
//   [s0] [s1] [s2] [s3]      switch:           the switch chip
//     \    |   |    /        link:             the cable
//      endpoint (x n)        links_to_switch:  cables from an endpoint to each switch, one number a switch: [5, 4, 4, 5]
#include "topology/plane_builder.hpp"

namespace podsim::topology {

PlaneFunction read_single_switch(config::Node& node) {
  const auto link = hardware::read_link(node.reference("link", "links"));
  const auto spec = hardware::read_switch(node.reference("switch", "switches"));
  std::vector<int> links_to_switch;
  for (const config::Node& item : node.at("links_to_switch").items()) {
    links_to_switch.push_back(item.as<int>());
    if (links_to_switch.back() < 1) item.fail("must be at least 1");
  }
  if (links_to_switch.empty()) node.fail("links_to_switch", "must name at least one switch");
  return [=](PlaneBuilder& plane) {
    for (const int links : links_to_switch) {
      const VertexId vertex = plane.add_switch("switch", spec);
      for (int i = 0; i < plane.endpoints(); ++i) plane.connect(plane.first_endpoint() + i, vertex, link, links);
    }
  };
}

}  // namespace podsim::topology
