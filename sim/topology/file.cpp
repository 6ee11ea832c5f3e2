// A network of your own, drawn in a GraphML or DOT file.
//
//   graph {                                     file:     beside this YAML file; .graphml, .dot or .gv, an undirected graph
//     g0 [endpoint=0]; g1 [endpoint=1];         switches: what the attribute `switch` of a vertex may say, and which switch that is:
//     s [switch=leaf];                                    {leaf: qm9700}
//     g0 -- s [link=cable];                     links:    likewise for the attribute `link` of an edge: {cable: ib-ndr-400g}
//     g1 -- s [link=cable, links=2];
//   }
//
// A vertex has either `endpoint`, its number in the group that the plane lies within, or `switch`. An edge has `link`, and `links` if
// it stands for several cables. Other attributes are for other tools.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "config/suggest.hpp"
#include "topology/drawing.hpp"
#include "topology/wiring.hpp"

namespace podsim::topology {
namespace {

// What the attributes `switch` or `link` may say.
template <class Spec>
struct Legend {
  std::vector<std::string> names;
  std::vector<Spec> specs;

  const Spec& named(const std::string& name, const std::string& key) const {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return specs[static_cast<std::size_t>(found - names.begin())];
    throw InputError(fmt::format("\"{}\" is not one of {} (there are: {}){}", name, key, names.empty() ? "none" : config::join(names),
                                 config::did_you_mean(name, names)));
  }
};

template <class Spec>
Legend<Spec> read_legend(config::Node& node, const std::string& key, Spec (*read)(config::Node)) {
  Legend<Spec> legend;
  auto map = node.find(key);
  if (!map) return legend;
  for (const auto& entry : map->entries()) {
    legend.names.push_back(entry.first);
    legend.specs.push_back(read(map->reference(entry.first, key)));
  }
  return legend;
}

int number_of(const std::string& text, const std::string& attribute, int low) {
  const auto number = config::parse_text<int>(text);
  if (!number || *number < low) throw InputError(fmt::format("{} \"{}\" is not a whole number of at least {}", attribute, text, low));
  return *number;
}

const std::string* find(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  return found == attributes.end() || found->second.empty() ? nullptr : &found->second;
}

std::string name_of(const Drawing& drawing, std::size_t vertex) {
  const std::string* name = find(drawing.vertices[vertex], "node_id");
  return name ? fmt::format("\"{}\"", *name) : fmt::format("{} (counted from 0)", vertex);
}

// The vertices as ends of cables; adds the switches among them to `wiring`.
std::vector<Wiring::End> ends_of(const Drawing& drawing, const Legend<hardware::SwitchSpec>& legend, Wiring& wiring) {
  std::vector<Wiring::End> ends;
  std::map<int, std::size_t> vertex_of;  // by endpoint
  for (std::size_t v = 0; v < drawing.vertices.size(); ++v) {
    const std::string* endpoint = find(drawing.vertices[v], "endpoint");
    const std::string* name = find(drawing.vertices[v], "switch");
    try {
      if (!endpoint == !name) throw InputError("needs one of the attributes \"endpoint\" and \"switch\"");
      if (name) {
        ends.push_back({true, static_cast<int>(wiring.switches.size())});
        wiring.switches.emplace_back(*name, legend.named(*name, "switches"));
        continue;
      }
      const Wiring::End end = {false, number_of(*endpoint, "endpoint", 0)};
      const auto [twin, is_new] = vertex_of.emplace(end.index, v);
      if (!is_new) throw InputError(fmt::format("is endpoint {}, and so is vertex {}", end.index, name_of(drawing, twin->second)));
      ends.push_back(end);
    } catch (const InputError& error) {
      throw InputError(fmt::format("vertex {}: {}", name_of(drawing, v), error.what()));
    }
  }
  return ends;
}

void add_cables(const Drawing& drawing, const std::vector<Wiring::End>& ends, const Legend<hardware::LinkSpec>& legend,
                const std::string& where, Wiring& wiring) {
  for (const Drawing::Edge& edge : drawing.edges) {
    const std::string place = fmt::format("edge from {} to {}", name_of(drawing, edge.from), name_of(drawing, edge.to));
    try {
      const std::string* link = find(edge.attributes, "link");
      const std::string* links = find(edge.attributes, "links");
      if (!link) throw InputError("lacks the attribute \"link\"");
      if (edge.from == edge.to) throw InputError("joins something with itself");
      wiring.cables.push_back(
          {ends[edge.from], ends[edge.to], legend.named(*link, "links"), links ? number_of(*links, "links", 1) : 1, where + ": " + place});
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: {}", place, error.what()));
    }
  }
}

}  // namespace

PlaneFunction read_file(config::Node& node) {
  const auto switches = read_legend<hardware::SwitchSpec>(node, "switches", hardware::read_switch);
  const auto links = read_legend<hardware::LinkSpec>(node, "links", hardware::read_link);
  config::Node file = node.at("file");
  Wiring wiring;
  try {
    const Drawing drawing = read_drawing(file.folder() / file.as<std::string>());
    const auto ends = ends_of(drawing, switches, wiring);
    add_cables(drawing, ends, links, file.where(), wiring);
  } catch (const InputError& error) {
    file.fail(error.what());
  }
  return [wiring = std::move(wiring)](PlaneBuilder& plane) { wiring.build(plane); };
}

}  // namespace podsim::topology
