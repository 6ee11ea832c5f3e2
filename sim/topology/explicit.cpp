// A network of your own, every switch and cable listed.
//
//   [a]---[b]        switches: names and what they are: {a: qm9700, b: {name: mine, ports: 8, power: 100 W}} (none)
//   / \   / \        links:    a list of {from, to, link, links (1)}; an end is a switch's name, an endpoint's number in the group
//  e0 e1 e2 e3                 that the plane lies within, or a range of them: {from: 0-1, to: a, link: nvlink4}
//                    link:     as the plane says, where an item says none
#include <fmt/format.h>

#include <algorithm>

#include "config/suggest.hpp"
#include "topology/wiring.hpp"

namespace podsim::topology {
namespace {

using Ends = std::vector<Wiring::End>;
constexpr int most_endpoints = 1 << 20;

// The endpoints that "3" or "0-7" names; empty when it is neither.
Ends endpoints_of(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = config::parse_text<int>(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : config::parse_text<int>(text.substr(dash + 1));
  Ends ends;
  if (!first || !last || *first < 0 || *last >= most_endpoints) return ends;
  for (int i = *first; i <= *last; ++i) ends.push_back({false, i});
  return ends;
}

Ends read_ends(config::Node& node, const std::string& key, const std::vector<std::string>& switches) {
  const auto text = node.get<std::string>(key);
  const auto found = std::find(switches.begin(), switches.end(), text);
  if (found != switches.end()) return {{true, static_cast<int>(found - switches.begin())}};
  Ends ends = endpoints_of(text);
  if (ends.empty()) {
    node.fail(key, fmt::format("\"{}\" is no endpoint (a number or a range such as 0-7) and no switch (there are: {}){}", text,
                               switches.empty() ? "none" : config::join(switches), config::did_you_mean(text, switches)));
  }
  return ends;
}

void read_cables(config::Node& item, const hardware::LinkSpec* common, const std::vector<std::string>& switches, Wiring& wiring) {
  const Ends from = read_ends(item, "from", switches);
  const Ends to = read_ends(item, "to", switches);
  if (!common && !item.has("link")) item.fail("has no link, neither here nor in the plane");
  const hardware::LinkSpec link = item.has("link") ? hardware::read_link(item.reference("link", "links")) : *common;
  const int links = item.get_within("links", 1, 1024, 1);
  item.done();
  for (const auto& a : from) {
    for (const auto& b : to) {
      if (a == b) item.fail("joins something with itself");
      wiring.cables.push_back({a, b, link, links, item.where()});
    }
  }
}

}  // namespace

PlaneFunction read_explicit(config::Node& node) {
  Wiring wiring;
  std::vector<std::string> names;
  if (auto switches = node.find("switches")) {
    for (const auto& entry : switches->entries()) {
      if (!endpoints_of(entry.first).empty()) switches->fail(entry.first, "a switch needs a name that is no number");
      names.push_back(entry.first);
      wiring.switches.emplace_back(entry.first, hardware::read_switch(switches->reference(entry.first, "switches")));
    }
  }
  std::optional<hardware::LinkSpec> common;
  if (node.find("link")) common = hardware::read_link(node.reference("link", "links"));
  for (config::Node& item : node.at("links").items()) read_cables(item, common ? &*common : nullptr, names, wiring);
  return [wiring = std::move(wiring)](PlaneBuilder& plane) { wiring.build(plane); };
}

}  // namespace podsim::topology
