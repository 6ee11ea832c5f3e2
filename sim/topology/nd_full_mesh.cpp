// An n-dimensional full mesh (UB-Mesh, HyperX without switches): every endpoint is cabled to all that differ in one coordinate.
//
//   e0---e1---e2       dimensions:     sizes, the first one fastest in endpoint numbers: [8, 8, 4, 4], or maps {size, link, ...}
//   | \__/ \__/ |      link:           the cable
//   e3---e4---e5       links_per_pair: (1)
#include "topology/grid.hpp"

namespace podsim::topology {

PlaneFunction read_nd_full_mesh(config::Node& node) {
  const Grid grid = read_grid(node, false);
  return [=](PlaneBuilder& plane) {
    grid.for_each_line(plane, [&](const Dimension& dimension, int first, int step) {
      for (int a = 0; a < dimension.size; ++a) {
        for (int b = a + 1; b < dimension.size; ++b) {
          plane.connect(first + a * step, first + b * step, dimension.link, dimension.links, {dimension.index, false});
        }
      }
    });
  };
}

}  // namespace podsim::topology
