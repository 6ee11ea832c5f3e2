#include "topology/plane_builder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace podsim::topology {

PlaneBuilder::PlaneBuilder(Topology& topology, int plane, int first_endpoint, int endpoints)
    : topology_(topology),
      plane_(plane),
      first_(first_endpoint),
      count_(endpoints),
      first_link_(topology.graph.link_count()),
      endpoint_cables_(static_cast<std::size_t>(endpoints)) {}

VertexId PlaneBuilder::add_switch(const std::string& role, const hardware::SwitchSpec& spec) {
  const VertexId vertex = topology_.graph.add_vertex({role, plane_});
  switches_.push_back({vertex, role, spec.ports, 0});
  Plane& plane = topology_.planes[static_cast<std::size_t>(plane_)];
  ++plane.switches;
  plane.power += spec.power;
  return vertex;
}

void PlaneBuilder::connect(VertexId a, VertexId b, const hardware::LinkSpec& link, int links, Place place) {
  constexpr int most_links = 1 << 25;  // gigabytes of memory
  Plane& plane = topology_.planes[static_cast<std::size_t>(plane_)];
  if (links > most_links - plane.links) throw DoesNotFit(fmt::format("would have more than {} links", most_links));
  for (int i = 0; i < links; ++i) {
    const LinkId id = topology_.graph.connect(a, b, plane_, link.bandwidth, link.latency);
    topology_.graph.place_link(id, place.level, place.dateline);
  }
  plane.links += links;
  plane.power += link.power * links;
  plane.link_power += link.power * links;
  plane.transceivers += link.transceivers * links;
  for (const VertexId end : {a, b}) {
    if (topology_.graph.vertex(end).device) continue;
    if (end < topology_.shape.endpoints()) {
      endpoint_cables_[static_cast<std::size_t>(end - first_)] += links;
    } else {
      switches_[static_cast<std::size_t>(end - switches_.front().vertex)].used += links;
    }
  }
}

// By node of the instance, in order of cabling.
std::vector<std::vector<VertexId>> PlaneBuilder::switches_of_nodes() const {
  std::vector<std::vector<VertexId>> switches(static_cast<std::size_t>(nodes()));
  for (LinkId id = first_link_; id < topology_.graph.link_count(); ++id) {
    const Link& link = topology_.graph.link(id);
    if (link.from >= topology_.shape.endpoints() || link.to < topology_.shape.endpoints()) continue;
    auto& of_node = switches[static_cast<std::size_t>(topology_.shape.node_of(link.from - first_))];
    if (std::find(of_node.begin(), of_node.end(), link.to) == of_node.end()) of_node.push_back(link.to);
  }
  return switches;
}

void PlaneBuilder::attach(const Devices& devices) {
  if (nodes() == 0) throw DoesNotFit(fmt::format("has a {} for every node and lies within less than one", devices.name));
  for (const std::vector<VertexId>& switches : switches_of_nodes()) {
    if (switches.empty()) throw DoesNotFit(fmt::format("has no switch on which a {} could hang", devices.name));
    std::size_t next = 0;
    for (int i = 0; i < devices.per_node; ++i) {
      const VertexId device = topology_.graph.add_vertex({devices.name, plane_, true});
      for (int cable = 0; cable < devices.links; ++cable) connect(device, switches[next++ % switches.size()], devices.link);
    }
  }
}

void PlaneBuilder::check_ports(const config::Node& where, std::optional<int> endpoint_ports) const {
  for (const UsedSwitch& s : switches_) {
    if (s.used > s.ports) where.fail(fmt::format("a {} switch would need {} ports and has {}", s.role, s.used, s.ports));
  }
  const int most = endpoint_cables_.empty() ? 0 : *std::max_element(endpoint_cables_.begin(), endpoint_cables_.end());
  if (endpoint_ports && most > *endpoint_ports) {
    where.fail(fmt::format("an endpoint would need {} ports and has {}", most, *endpoint_ports));
  }
}

}  // namespace podsim::topology
