// Endpoints numbered as the points of a grid, the first dimension fastest: what a torus and an n-dimensional full mesh share.
#pragma once

#include <vector>

#include "topology/plane_builder.hpp"

namespace podsim::topology {

struct Dimension {
  int index = 0;  // 0 for the first
  int size = 1;
  int links = 1;  // cables between two neighbours
  bool wrap = true;
  hardware::LinkSpec link;
};

struct Grid {
  std::vector<Dimension> dimensions;

  // Calls visit(dimension, first, step) for every line of the grid along every dimension: its points are first, first + step, ...
  // Throws DoesNotFit when the grid has not as many points as the plane has endpoints.
  template <class Visit>
  void for_each_line(const PlaneBuilder& plane, Visit visit) const {
    check_size(plane);
    int step = 1;
    for (const Dimension& dimension : dimensions) {
      for (int point = 0; point < plane.endpoints(); ++point) {
        if (point / step % dimension.size == 0) visit(dimension, plane.first_endpoint() + point, step);
      }
      step *= dimension.size;
    }
  }

 private:
  void check_size(const PlaneBuilder& plane) const;
};

// Reads dimensions: a list of sizes ([16, 20, 28]) or of maps {size, link, links_per_pair, wrap}, what a map leaves out being as the
// plane says: link, links_per_pair (1), wrap (true). `can_wrap` says whether the key wrap exists.
Grid read_grid(config::Node& node, bool can_wrap);

}  // namespace podsim::topology
