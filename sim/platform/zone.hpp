// SimGrid's view of the network: a zone that asks podsim for the links between two hosts instead of keeping a table.
#pragma once

#include <functional>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>
#include <vector>

namespace podsim::platform {

class Zone : public simgrid::kernel::routing::NetZoneImpl {
 public:
  using Links = std::vector<simgrid::s4u::Link*>;
  // Both arguments are what add_host() returned.
  using RouteFunction = std::function<const Links&(unsigned long from, unsigned long to)>;

  static void create();  // makes the root zone; SimGrid owns it
  static Zone& instance();

  simgrid::s4u::Host* home() { return home_; }  // where processes live
  simgrid::s4u::Host* add_host(const std::string& name);
  simgrid::s4u::Link* add_link(const std::string& name);
  void set_route_function(RouteFunction route) { route_ = std::move(route); }

 private:
  Zone() : NetZoneImpl("podsim") {}
  void get_local_route(const simgrid::kernel::routing::NetPoint* from, const simgrid::kernel::routing::NetPoint* to,
                       simgrid::kernel::routing::Route* into, double* latency) override;

  simgrid::s4u::Host* home_ = nullptr;
  RouteFunction route_;
};

}  // namespace podsim::platform
