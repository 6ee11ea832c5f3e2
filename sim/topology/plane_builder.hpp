// What a topology kind may do: place switches and links among the endpoints that one plane connects.
#pragma once

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "hardware/network.hpp"
#include "topology/topology.hpp"

namespace podsim::topology {

// The keys of a plane are right one by one, but cannot be built over its endpoints. what() says why, without file and line.
class DoesNotFit : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One instance of a plane: the whole cluster, or one rack, node or package when the plane lies `within` those.
class PlaneBuilder {
 public:
  // `per_node` devices in every node, with `links` cables each.
  struct Devices {
    std::string name;
    int per_node;
    int links;
    hardware::LinkSpec link;
  };

  PlaneBuilder(Topology& topology, int plane, int first_endpoint, int endpoints);

  const Shape& shape() const { return topology_.shape; }
  int first_endpoint() const { return first_; }
  int endpoints() const { return count_; }
  int nodes() const { return count_ / topology_.shape.endpoints_per_node(); }  // 0 inside a node

  VertexId add_switch(const std::string& role, const hardware::SwitchSpec& spec);
  // Where a cable lies in a grid or dragonfly; see topology::Link.
  struct Place {
    int level = 0;
    bool dateline = false;
  };
  // `links` parallel cables between two vertices.
  void connect(VertexId a, VertexId b, const hardware::LinkSpec& link, int links, Place place);
  void connect(VertexId a, VertexId b, const hardware::LinkSpec& link, int links = 1) { connect(a, b, link, links, {}); }
  // Cables devices to the switches that their node's endpoints are on, in turn. REQUIRES all switches and endpoints cabled.
  // Throws DoesNotFit where that is not possible.
  void attach(const Devices& devices);
  // Throws InputError at `where` when a switch, or an endpoint of `endpoint_ports` (empty: any number), has more cables than ports.
  void check_ports(const config::Node& where, std::optional<int> endpoint_ports) const;

 private:
  struct UsedSwitch {
    VertexId vertex;
    std::string role;
    int ports;
    int used;
  };

  std::vector<std::vector<VertexId>> switches_of_nodes() const;

  Topology& topology_;
  int plane_;
  int first_;
  int count_;
  LinkId first_link_;
  std::vector<UsedSwitch> switches_;
  std::vector<int> endpoint_cables_;
};

// A topology kind reads its own keys and returns a function that builds one instance or throws DoesNotFit.
using PlaneFunction = std::function<void(PlaneBuilder&)>;
struct TopologyKind {
  std::string name;
  PlaneFunction (*read)(config::Node& node);
};

// Reads topologies/*.yaml; `kinds` are the words that a plane's `kind` may be.
Topology read_topology(config::Node node, std::span<const TopologyKind> kinds);

// The kinds. Each opens its .cpp with a picture and its keys.
PlaneFunction read_full_mesh(config::Node& node);
PlaneFunction read_single_switch(config::Node& node);
PlaneFunction read_fat_tree(config::Node& node);
PlaneFunction read_rail_optimised(config::Node& node);
PlaneFunction read_torus(config::Node& node);
PlaneFunction read_nd_full_mesh(config::Node& node);
PlaneFunction read_dragonfly(config::Node& node);
PlaneFunction read_explicit(config::Node& node);
PlaneFunction read_file(config::Node& node);

}  // namespace podsim::topology
