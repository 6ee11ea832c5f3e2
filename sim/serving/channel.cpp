#include "serving/channel.hpp"

#include <fmt/format.h>

#include "config/suggest.hpp"

namespace podsim::serving {
namespace {

void check_carries(const config::Node& item, const topology::Topology& topology, int plane, topology::TrafficClass traffic) {
  const topology::Plane& chosen = topology.planes[static_cast<std::size_t>(plane)];
  if (chosen.can_carry(traffic)) return;
  std::vector<std::string> carried;
  for (std::size_t i = 0; i < chosen.carries.size(); ++i) {
    if (chosen.carries[i]) carried.emplace_back(topology::traffic_class_names[i]);
  }
  item.fail(fmt::format("plane {} of {} does not carry {} traffic (it carries: {})", chosen.name, topology.name,
                        topology::traffic_class_names[static_cast<std::size_t>(traffic)], config::join(carried)));
}

}  // namespace

topology::PlaneOrder read_planes(const config::Node& list, const topology::Topology& topology,
                                 std::optional<topology::TrafficClass> traffic) {
  std::vector<std::string> names;
  for (const topology::Plane& plane : topology.planes) names.push_back(plane.name);
  topology::PlaneOrder order;
  for (const config::Node& item : list.items()) {
    const auto name = item.as<std::string>();
    const auto plane = topology.plane_named(name);
    if (!plane)
      item.fail(fmt::format("\"{}\" is no plane of {}{} (planes: {})", name, topology.name, config::did_you_mean(name, names),
                            config::join(names)));
    if (traffic) check_carries(item, topology, *plane, *traffic);
    order.push_back(*plane);
  }
  if (order.empty()) list.fail("must name at least one plane");
  return order;
}

Channel read_channel(config::Node node, const topology::Topology& topology, std::span<const collective::Operation> needed,
                     std::optional<topology::TrafficClass> traffic) {
  Channel channel;
  channel.library = collective::read_library(node.reference("library", "libraries"));
  channel.planes = read_planes(node.at("planes"), topology, traffic);
  for (const collective::Operation operation : needed) {
    if (!channel.library.provides(operation)) {
      node.fail("library", fmt::format("{} describes no {}", channel.library.name, collective::name_of(operation)));
    }
  }
  node.done();
  return channel;
}

}  // namespace podsim::serving
