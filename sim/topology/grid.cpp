#include "topology/grid.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace podsim::topology {
namespace {

constexpr int most = 1 << 20;

// The keys that the plane and each of its dimensions may have.
void read_keys(config::Node& node, bool can_wrap, Dimension& dimension) {
  if (node.find("link")) dimension.link = hardware::read_link(node.reference("link", "links"));
  if (node.find("links_per_pair")) dimension.links = node.get_within("links_per_pair", 1, 1024);
  if (can_wrap && node.find("wrap")) dimension.wrap = node.get<bool>("wrap");
}

}  // namespace

Grid read_grid(config::Node& node, bool can_wrap) {
  Dimension common;
  read_keys(node, can_wrap, common);
  Grid grid;
  for (config::Node& item : node.at("dimensions").items()) {
    Dimension dimension = common;
    dimension.index = static_cast<int>(grid.dimensions.size());
    const bool has_link = node.has("link") || (item.is_map() && item.has("link"));
    if (item.is_map()) {
      dimension.size = item.get_within("size", 1, most);
      read_keys(item, can_wrap, dimension);
      item.done();
    } else {
      dimension.size = item.as<int>();
      if (dimension.size < 1 || dimension.size > most) item.fail(fmt::format("must lie between 1 and {}, not {}", most, dimension.size));
    }
    if (!has_link) item.fail("has no link, neither here nor in the plane");
    grid.dimensions.push_back(dimension);
  }
  if (grid.dimensions.empty()) node.fail("dimensions", "must have at least one");
  if (grid.dimensions.size() > 16) node.fail("dimensions", "must be 16 at most");
  return grid;
}

void Grid::check_size(const PlaneBuilder& plane) const {
  double points = 1;  // many dimensions may overflow an int
  std::vector<int> sizes;
  for (const Dimension& dimension : dimensions) {
    points *= dimension.size;
    sizes.push_back(dimension.size);
  }
  if (points != plane.endpoints()) {
    throw DoesNotFit(fmt::format("the dimensions {} have {:.0f} points, the plane has {} endpoints", fmt::join(sizes, " x "), points,
                                 plane.endpoints()));
  }
}

}  // namespace podsim::topology
