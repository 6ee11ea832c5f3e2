#include "hardware/power.hpp"

#include <algorithm>

namespace podsim::hardware {

Watts PowerSpec::at(const Utilisation& use) const {
  const Watts demand = idle + active * use.busy + compute * use.compute + memory * use.memory + link * use.link;
  return std::min(demand, limit);
}

PowerSpec read_power(config::Node node) {
  PowerSpec power;
  power.idle = node.get<Watts>("idle");
  power.active = node.get<Watts>("active");
  power.compute = node.get<Watts>("compute");
  power.memory = node.get<Watts>("memory");
  power.link = node.get<Watts>("link");
  power.limit = node.get<Watts>("limit");
  for (const Watts part : {power.idle, power.active, power.compute, power.memory, power.link}) {
    if (part < Watts(0)) node.fail("powers must not be negative");
  }
  if (power.limit < power.idle) node.fail("limit", "must not lie below idle");
  node.done();
  return power;
}

}  // namespace podsim::hardware
