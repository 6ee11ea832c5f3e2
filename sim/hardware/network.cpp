#include "hardware/network.hpp"

namespace podsim::hardware {

LinkSpec read_link(config::Node node) {
  LinkSpec link;
  link.name = node.get<std::string>("name");
  link.bandwidth = node.get_within<ByteRate>("bandwidth", units::MB / units::s, 100 * units::TB / units::s);
  link.latency = node.get_within<Seconds>("latency", Seconds(0), units::s);
  link.power = node.get_within<Watts>("power", Watts(0), units::kW, Watts(0));
  link.transceivers = node.get_within("transceivers", 0.0, 16.0, 0.0);
  node.done();
  return link;
}

SwitchSpec read_switch(config::Node node) {
  SwitchSpec spec;
  spec.name = node.get<std::string>("name");
  spec.ports = node.get_within("ports", 1, 100000);
  spec.power = node.get_within<Watts>("power", Watts(0), 100 * units::kW);
  node.done();
  return spec;
}

}  // namespace podsim::hardware
