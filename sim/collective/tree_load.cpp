#include "collective/tree_load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace podsim::collective {

TreeLoad tree_load(topology::Router& router, const Tree& tree, std::span<const int> group, std::span<const int> planes) {
  const int root = group[static_cast<std::size_t>(tree.root)];
  TreeLoad result;
  std::map<topology::LinkId, double> up;  // towards the root
  for (int i = 0; i < tree.members.count; ++i) {
    const int member = group[static_cast<std::size_t>(tree.members.first + i * tree.members.stride)];
    if (member == root) continue;
    const int plane = router.plane_for(planes, member, root);
    if (plane == topology::no_plane || (result.plane != topology::no_plane && plane != result.plane))
      throw InputError(fmt::format("no one plane of this traffic joins endpoint {} and all that it reduces with", root));
    result.plane = plane;
    const topology::Route route = router.route(plane, member, root);
    result.latency = std::max(result.latency, route.latency);
    for (const topology::LinkShare& share : route.links) {
      double& load = up[share.link];
      load = std::max(load, share.fraction * tree.bytes.value());
    }
  }
  const topology::Graph& graph = router.topology().graph;
  std::map<topology::LinkId, double> own;  // the root's, up to its switches
  for (const auto& [link, bytes] : up) {
    if (graph.link(link).to == root) own[link ^ 1] = bytes;
  }
  up.merge(own);
  for (const auto& [link, bytes] : up) {
    if (tree.kind != Tree::Kind::multicast) result.loads[link] = bytes;
    if (tree.kind != Tree::Kind::reduce) result.loads[link ^ 1] = bytes;
  }
  return result;
}

}  // namespace podsim::collective
