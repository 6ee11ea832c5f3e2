#include "platform/zone.hpp"

#include <simgrid/kernel/routing/NetPoint.hpp>

namespace podsim::platform {
namespace {
Zone* the_zone = nullptr;  // SimGrid itself is a singleton and owns the object
}

void Zone::create() {
  the_zone = new Zone;
  the_zone->home_ = the_zone->add_host("home");
}

Zone& Zone::instance() { return *the_zone; }

simgrid::s4u::Host* Zone::add_host(const std::string& name) { return get_iface()->create_host(name, 1e9); }

// Latency is waited for by whoever starts a flow: SimGrid would share links unevenly between flows of unequal latency.
simgrid::s4u::Link* Zone::add_link(const std::string& name) { return get_iface()->create_link(name, 1.0)->set_latency(0); }

void Zone::get_local_route(const simgrid::kernel::routing::NetPoint* from, const simgrid::kernel::routing::NetPoint* to,
                           simgrid::kernel::routing::Route* into, double*) {
  for (simgrid::s4u::Link* link : route_(from->id(), to->id())) into->link_list_.push_back(link->get_impl());
}

}  // namespace podsim::platform
