// Switches and cables one by one, as a user lists or draws them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topology/plane_builder.hpp"

namespace podsim::topology {

struct Wiring {
  // An end of a cable: an endpoint of the plane by number, or a switch by its place in `switches`.
  struct End {
    bool is_switch = false;
    int index = 0;
    bool operator==(const End&) const = default;
  };
  struct Cable {
    End from;
    End to;
    hardware::LinkSpec link;
    int links = 1;      // side by side
    std::string where;  // "file:line: key" for errors
  };

  std::vector<std::pair<std::string, hardware::SwitchSpec>> switches;  // name and kind
  std::vector<Cable> cables;

  // Throws InputError for a cable to an endpoint that the plane has not, DoesNotFit when the plane falls into parts.
  void build(PlaneBuilder& plane) const;
};

}  // namespace podsim::topology
