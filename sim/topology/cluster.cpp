#include "topology/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/suggest.hpp"
#include "topology/islands.hpp"

namespace podsim::topology {
namespace {

// A plane of a part, by indices.
struct Member {
  std::size_t part;
  int plane;
};

struct Join {
  std::string name;
  std::vector<Member> members;
  int gateways = 1;
  int links = 1;  // of a gateway to each switch
  hardware::SwitchSpec gateway;
  hardware::LinkSpec link;
};

// The switches of a plane that are farthest from its endpoints.
std::vector<VertexId> highest_switches(const Graph& graph, int plane, int endpoints) {
  std::vector<int> tier(static_cast<std::size_t>(graph.vertex_count()), -1);
  std::vector<VertexId> order;
  for (VertexId e = 0; e < endpoints; ++e) {
    tier[static_cast<std::size_t>(e)] = 0;
    order.push_back(e);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    graph.for_each_link(order[i], plane, [&](LinkId, VertexId next) {
      if (tier[static_cast<std::size_t>(next)] >= 0) return;
      tier[static_cast<std::size_t>(next)] = tier[static_cast<std::size_t>(order[i])] + 1;
      order.push_back(next);
    });
  }
  const int highest = tier[static_cast<std::size_t>(order.back())];
  std::erase_if(order, [&](VertexId v) { return highest == 0 || tier[static_cast<std::size_t>(v)] < highest; });
  return order;
}

Member read_member(const config::Node& node, const std::string& part_name, const std::vector<Part>& parts, const config::Node& planes) {
  const auto part = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.name == part_name; });
  std::vector<std::string> names;
  for (const Part& p : parts) names.push_back(p.name);
  if (part == parts.end())
    planes.fail(part_name, fmt::format("no such part{} (parts: {})", config::did_you_mean(part_name, names), config::join(names)));
  const Topology& topology = part->topology;
  const auto name = node.as<std::string>();
  names.clear();
  for (const Plane& plane : topology.planes) names.push_back(plane.name);
  const auto index = topology.plane_named(name);
  if (!index)
    node.fail(fmt::format("\"{}\" is no plane of {}{} (planes: {})", name, topology.name, config::did_you_mean(name, names),
                          config::join(names)));
  const Plane& plane = topology.planes[static_cast<std::size_t>(*index)];
  const Islands islands = find_islands(topology.graph, *index);
  if (islands.members.size() != 1 || static_cast<int>(islands.members.front().size()) != topology.shape.endpoints())
    node.fail(fmt::format("{} does not join all endpoints of {}", name, topology.name));
  if (plane.routing != Routing::shortest || plane.forward_over != no_plane)
    node.fail(fmt::format("{} must route by shortest paths, without forwarding, to be joined", name));
  if (highest_switches(topology.graph, *index, topology.shape.endpoints()).empty())
    node.fail(fmt::format("{} has no switch for a gateway to be cabled to", name));
  return {static_cast<std::size_t>(part - parts.begin()), *index};
}

Join read_join(const std::string& name, config::Node node, const std::vector<Part>& parts) {
  Join join;
  join.name = name;
  config::Node planes = node.at("planes");
  for (const auto& [part, plane] : planes.entries()) join.members.push_back(read_member(plane, part, parts, planes));
  if (join.members.size() < 2) planes.fail("must name planes of two parts or more");
  const auto spread_of = [&](const Member& m) { return parts[m.part].topology.planes[static_cast<std::size_t>(m.plane)].spread; };
  for (const Member& member : join.members) {
    if (spread_of(member) != spread_of(join.members.front())) planes.fail("must spread their traffic alike (all ecmp, or all spray)");
  }
  join.gateways = node.get_within("gateways", 1, 4096);
  join.links = node.get_within("links", 1, 1024, 1);
  join.gateway = hardware::read_switch(node.reference("switch", "switches"));
  join.link = hardware::read_link(node.reference("link", "links"));
  node.done();
  int cables = 0;
  for (const Member& m : join.members) {
    const Topology& topology = parts[m.part].topology;
    cables += join.links * static_cast<int>(highest_switches(topology.graph, m.plane, topology.shape.endpoints()).size());
  }
  if (cables > join.gateway.ports) node.fail(fmt::format("a gateway would need {} ports and has {}", cables, join.gateway.ports));
  return join;
}

// Puts copies of the parts side by side into one graph, links in order, and then adds the gateways.
class Joiner {
 public:
  explicit Joiner(const std::vector<Part>& parts) : parts_(parts) {
    int endpoints = 0;
    for (const Part& part : parts) {
      endpoints += part.topology.shape.endpoints();
      whole_.chip.name += (whole_.chip.name.empty() ? "" : " and ") + part.topology.chip.name;
    }
    whole_.shape.packages_per_node = endpoints;
    for (int e = 0; e < endpoints; ++e) whole_.graph.add_vertex({"endpoint", no_plane});
  }

  void add_plane(const Join& join) {
    Plane sum;
    sum.name = join.name;
    const auto index = static_cast<int>(whole_.planes.size());
    for (const Member& member : join.members) {
      const Plane& plane = parts_[member.part].topology.planes[static_cast<std::size_t>(member.plane)];
      plane_[{member.part, member.plane}] = index;
      sum.spread = plane.spread;
      sum.switches += plane.switches;
      sum.links += plane.links;
      sum.power += plane.power;
      sum.link_power += plane.link_power;
      sum.transceivers += plane.transceivers;
      for (std::size_t i = 0; i < sum.carries.size(); ++i) sum.carries[i] = sum.carries[i] && plane.carries[i];
      sum.attached.insert(sum.attached.end(), plane.attached.begin(), plane.attached.end());
    }
    whole_.planes.push_back(std::move(sum));
  }

  // The planes that are not joined, under the name of their part.
  void add_other_planes() {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const Topology& part = parts_[p].topology;
      for (std::size_t i = 0; i < part.planes.size(); ++i) {
        if (!plane_.try_emplace({p, static_cast<int>(i)}, static_cast<int>(whole_.planes.size())).second) continue;
        Plane plane = part.planes[i];
        plane.name = parts_[p].name + "." + plane.name;
        whole_.planes.push_back(std::move(plane));
      }
      for (std::size_t i = 0; i < part.planes.size(); ++i) {
        const int over = part.planes[i].forward_over;
        if (over != no_plane) plane_of(p, static_cast<int>(i)).forward_over = plane_.at({p, over});
      }
    }
  }

  void copy_parts() {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const Graph& graph = parts_[p].topology.graph;
      const int endpoints = parts_[p].topology.shape.endpoints();
      first_switch_.push_back(whole_.graph.vertex_count());
      for (VertexId v = endpoints; v < graph.vertex_count(); ++v)
        whole_.graph.add_vertex({graph.vertex(v).role, plane_.at({p, graph.vertex(v).plane}), graph.vertex(v).device});
      for (LinkId id = 0; id < graph.link_count(); id += 2) {
        const Link& link = graph.link(id);
        const LinkId copy =
            whole_.graph.connect(vertex(p, link.from), vertex(p, link.to), plane_.at({p, link.plane}), link.bandwidth, link.latency);
        whole_.graph.place_link(copy, link.level, link.dateline);
        if (link.failed) whole_.graph.fail(copy);
      }
    }
  }

  void add_gateways(const Join& join) {
    const int index = plane_.at({join.members.front().part, join.members.front().plane});
    Plane& plane = whole_.planes[static_cast<std::size_t>(index)];
    for (int g = 0; g < join.gateways; ++g) {
      const VertexId gateway = whole_.graph.add_vertex({"gateway", index});
      ++plane.switches;
      plane.power += join.gateway.power;
      for (const Member& m : join.members) {
        const Topology& part = parts_[m.part].topology;
        for (const VertexId top : highest_switches(part.graph, m.plane, part.shape.endpoints())) {
          for (int i = 0; i < join.links; ++i)
            whole_.graph.connect(vertex(m.part, top), gateway, index, join.link.bandwidth, join.link.latency);
          plane.links += join.links;
          plane.power += join.link.power * join.links;
          plane.link_power += join.link.power * join.links;
          plane.transceivers += join.link.transceivers * join.links;
        }
      }
    }
  }

  Topology finish(const std::string& name) {
    whole_.name = name;
    whole_.graph.seal();
    return std::move(whole_);
  }

 private:
  Plane& plane_of(std::size_t part, int plane) { return whole_.planes[static_cast<std::size_t>(plane_.at({part, plane}))]; }
  VertexId vertex(std::size_t part, VertexId v) const {
    const int endpoints = parts_[part].topology.shape.endpoints();
    return v < endpoints ? parts_[part].first_endpoint + v : first_switch_[part] + v - endpoints;
  }

  const std::vector<Part>& parts_;
  Topology whole_;
  std::map<std::pair<std::size_t, int>, int> plane_;  // (part, its plane) -> plane of the whole
  std::vector<VertexId> first_switch_;                // by part, in the whole
};

}  // namespace

std::vector<int> Cluster::planes_of(const Part& part, std::span<const int> planes) const {
  std::vector<int> own;
  for (LinkId id = 0; id < part.topology.graph.link_count(); id += 2) {
    const int plane = part.topology.graph.link(id).plane;
    const bool wanted = std::ranges::find(planes, whole().graph.link(part.first_link + id).plane) != planes.end();
    if (wanted && std::ranges::find(own, plane) == own.end()) own.push_back(plane);
  }
  return own;
}

Cluster read_cluster(config::Node node, std::span<const TopologyKind> kinds) {
  Cluster cluster;
  if (!node.has("parts")) {
    cluster.parts.push_back({"", read_topology(std::move(node), kinds)});
    return cluster;
  }
  const auto name = node.get<std::string>("name");
  config::Node parts = node.at("parts");
  int endpoints = 0;
  LinkId links = 0;
  for (const auto& [part, unread] : parts.entries()) {
    if (part.find('.') != std::string::npos) parts.fail(part, "a part's name must have no dot");
    cluster.parts.push_back({part, read_topology(parts.reference(part, "topologies"), kinds), endpoints, links});
    endpoints += cluster.parts.back().topology.shape.endpoints();
    links += cluster.parts.back().topology.graph.link_count();
  }
  if (cluster.parts.size() < 2) parts.fail("must name two parts or more");
  std::vector<Join> joins;
  config::Node list = node.at("join");
  for (auto& [plane, join] : list.entries()) {
    if (plane.find('.') != std::string::npos) list.fail(plane, "a plane's name must have no dot");
    joins.push_back(read_join(plane, std::move(join), cluster.parts));
    for (const Member& member : joins.back().members) {
      const auto same = [&](const Member& m) { return m.part == member.part && m.plane == member.plane; };
      const auto uses = std::count_if(joins.begin(), joins.end(), [&](const Join& j) { return std::ranges::any_of(j.members, same); });
      if (uses > 1) list.fail(plane, fmt::format("a plane of {} is joined already", cluster.parts[member.part].name));
    }
  }
  if (joins.empty()) node.fail("join", "must join planes of the parts");
  node.done();
  Joiner joiner(cluster.parts);
  for (const Join& join : joins) joiner.add_plane(join);
  joiner.add_other_planes();
  joiner.copy_parts();
  for (const Join& join : joins) joiner.add_gateways(join);
  cluster.joined = joiner.finish(name);
  return cluster;
}

}  // namespace podsim::topology
