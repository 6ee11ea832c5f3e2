// A torus of any number of dimensions (TPU pods, Trainium2): neighbours in each dimension are cabled, and the ends of each line.
//
//   +-e0--e1--e2--e3-+      dimensions:     sizes, the first one fastest in endpoint numbers: [4, 2], or maps {size, link, ...}
//   |  |   |   |   | |      link:           the cable
//   +--|---|---|---|-+      links_per_pair: between two neighbours (1)
//   +-e4--e5--e6--e7-+      wrap:           false: the ends of lines stay open, a mesh (true)
//
// A line of two has one pair of neighbours, wrapped or not.
#include "topology/grid.hpp"

namespace podsim::topology {

PlaneFunction read_torus(config::Node& node) {
  const Grid grid = read_grid(node, true);
  return [=](PlaneBuilder& plane) {
    grid.for_each_line(plane, [&](const Dimension& dimension, int first, int step) {
      for (int i = 0; i + 1 < dimension.size; ++i) {
        plane.connect(first + i * step, first + (i + 1) * step, dimension.link, dimension.links, {dimension.index, false});
      }
      if (dimension.wrap && dimension.size > 2) {
        plane.connect(first + (dimension.size - 1) * step, first, dimension.link, dimension.links, {dimension.index, true});
      }
    });
  };
}

}  // namespace podsim::topology
