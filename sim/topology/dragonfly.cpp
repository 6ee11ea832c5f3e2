// A dragonfly without switches (Groq): endpoints form groups, groups form groups of the next level, and at each level every two
// are joined; the cables that leave a group are dealt to its endpoints in turn.
//
//    group 0          group 1       levels: from the innermost, each {size, link, links_per_pair (1)}
//   e0 --- e1 ------ e4 --- e5      size:   how many endpoints (of the first level) or groups of the level below;
//    |  X  |          |  X  |               of the last level as many as there are endpoints for, when left out
//   e2 --- e3 --+    e6 --- e7      link:   of a level; as the plane says when left out
//               +--- group 2
#include <fmt/format.h>

#include "topology/plane_builder.hpp"

namespace podsim::topology {
namespace {

struct Level {
  int index = 0;  // 0 for the innermost
  int size = 0;   // 0: as many as there are
  int links = 1;
  hardware::LinkSpec link;
};

std::vector<Level> read_levels(config::Node& node) {
  std::vector<Level> levels;
  Level common;
  if (node.find("link")) common.link = hardware::read_link(node.reference("link", "links"));
  const auto items = node.at("levels").items();
  for (config::Node item : items) {
    Level level = common;
    level.index = static_cast<int>(levels.size());
    if (item.find("link")) {
      level.link = hardware::read_link(item.reference("link", "links"));
    } else if (!node.has("link")) {
      item.fail("has no link, neither here nor in the plane");
    }
    const bool last = levels.size() + 1 == items.size();
    if (item.find("size") || !last) level.size = item.get_within("size", 1, 1 << 20);
    level.links = item.get_within("links_per_pair", 1, 1024, 1);
    item.done();
    levels.push_back(level);
  }
  if (levels.empty()) node.fail("levels", "must have at least one");
  return levels;
}

// Joins `size` groups of `members` endpoints each, the first of which is `first`. Each group counts the others onwards from itself, so
// that its cables are dealt evenly: the k-th of them ends at its endpoint k mod members.
void join_groups(PlaneBuilder& plane, const Level& level, int size, int members, int first) {
  const auto port = [&](int from, int to, int cable) {
    const int ahead = (to - from + size) % size - 1;
    return first + from * members + (ahead * level.links + cable) % members;
  };
  for (int a = 0; a < size; ++a) {
    for (int b = a + 1; b < size; ++b) {
      for (int cable = 0; cable < level.links; ++cable)
        plane.connect(port(a, b, cable), port(b, a, cable), level.link, 1, {level.index, false});
    }
  }
}

}  // namespace

PlaneFunction read_dragonfly(config::Node& node) {
  const std::vector<Level> levels = read_levels(node);
  return [=](PlaneBuilder& plane) {
    const int endpoints = plane.endpoints();
    int members = 1;
    for (const Level& level : levels) {
      const int size = level.size > 0 ? level.size : endpoints / members;
      if (size == 0 || endpoints % members != 0 || endpoints / members % size != 0) {
        throw DoesNotFit(fmt::format("{} endpoints cannot be divided into groups of {}{}", endpoints,
                                     members > 1 ? fmt::format("{} x ", members) : "", level.size));
      }
      for (int first = 0; first < endpoints; first += members * size) join_groups(plane, level, size, members, first);
      members *= size;
    }
    if (members != endpoints) throw DoesNotFit(fmt::format("the levels have {} endpoints, the plane has {}", members, endpoints));
  };
}

}  // namespace podsim::topology
