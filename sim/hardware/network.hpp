// The parts that networks are built of: links and switches.
#pragma once

#include <string>

#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::hardware {

// One cable or trace, full duplex.
struct LinkSpec {
  std::string name;
  ByteRate bandwidth;       // line rate, each direction
  Seconds latency;          // of the wire and of the port that it enters (switch traversal included)
  Watts power;              // transceivers at both ends; 0 for copper
  double transceivers = 0;  // modules at both ends together: 1 where each end has half of one; a mean where some links are copper
};

// One switch chip or box.
struct SwitchSpec {
  std::string name;
  int ports = 0;  // of the rate of the links that the topology attaches
  Watts power;
};

LinkSpec read_link(config::Node node);      // configs/links/*.yaml
SwitchSpec read_switch(config::Node node);  // configs/switches/*.yaml

}  // namespace podsim::hardware
