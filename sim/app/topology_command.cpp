#include "app/topology_command.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalogue.hpp"
#include "app/cluster_argument.hpp"
#include "base/error.hpp"
#include "collective/all_to_all_cost.hpp"
#include "config/suggest.hpp"
#include "results/column.hpp"
#include "results/output.hpp"
#include "topology/credit_loops.hpp"
#include "topology/statistics.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {

struct Row {
  const topology::Topology& cluster;
  const topology::Plane& plane;
  topology::PlaneStatistics statistics;
};

double terabytes_per_s(ByteRate rate) { return rate / (1e12 * ByteRate(1)); }

const std::vector<results::Column<Row>>& columns() {
  using results::Cell;
  static const std::vector<results::Column<Row>> list = {
      {"cluster", "", "its name", [](const Row& r) { return Cell(r.cluster.name); }},
      {"packages", "", "of the cluster", [](const Row& r) { return Cell(std::int64_t{r.cluster.shape.packages()}); }},
      {"endpoints", "", "of the cluster", [](const Row& r) { return Cell(std::int64_t{r.cluster.shape.endpoints()}); }},
      {"plane", "", "its name", [](const Row& r) { return Cell(r.plane.name); }},
      {"islands", "", "groups of endpoints that the plane joins", [](const Row& r) { return Cell(std::int64_t{r.statistics.islands}); }},
      {"island_endpoints", "", "of the largest island", [](const Row& r) { return Cell(std::int64_t{r.statistics.island_endpoints}); }},
      {"switches", "", "of the plane", [](const Row& r) { return Cell(std::int64_t{r.plane.switches}); }},
      {"links", "", "cables and traces", [](const Row& r) { return Cell(std::int64_t{r.plane.links}); }},
      {"transceivers", "", "optical modules", [](const Row& r) { return Cell(r.plane.transceivers); }},
      {"switch_power_w", "W", "of all its switches", [](const Row& r) { return Cell(r.statistics.switch_power.value()); }},
      {"link_power_w", "W", "of all its transceivers", [](const Row& r) { return Cell(r.statistics.link_power.value()); }},
      {"diameter", "", "links of the longest of the shortest routes",
       [](const Row& r) { return Cell(std::int64_t{r.statistics.diameter}); }},
      {"injection_tb_per_s", "TB/s", "what all endpoints can send",
       [](const Row& r) { return Cell(terabytes_per_s(r.statistics.injection)); }},
      {"bisection_tb_per_s", "TB/s", "max-flow between the halves of the largest island",
       [](const Row& r) { return Cell(terabytes_per_s(r.statistics.bisection)); }},
      {"oversubscription", "", "of the tightest tier: endpoints' bandwidth / uplinks'; 1 where there is none",
       [](const Row& r) {
         double most = 1;
         for (const topology::TierRatio& tier : r.statistics.oversubscription) most = std::max(most, tier.oversubscription);
         return Cell(most);
       }},
  };
  return list;
}

struct Export {
  const topology::ExportFormat* format;
  fs::path file;
};

std::vector<Export> read_exports(const std::vector<std::string>& requests) {
  std::vector<std::string> names;
  for (const topology::ExportFormat& format : export_formats()) names.push_back(format.name);
  std::vector<Export> exports;
  for (const std::string& request : requests) {
    const auto equals = request.find('=');
    const std::string name = request.substr(0, equals);
    const auto format = std::find_if(export_formats().begin(), export_formats().end(), [&](const auto& f) { return f.name == name; });
    if (format == export_formats().end()) {
      throw InputError(
          fmt::format("--export {}: \"{}\" is not one of {}{}", request, name, config::join(names), config::did_you_mean(name, names)));
    }
    if (equals == std::string::npos || equals + 1 == request.size()) {
      throw InputError(fmt::format("--export {0}: write FORMAT=FILE, for example {0}=cluster.{0}", name));
    }
    exports.push_back({&*format, request.substr(equals + 1)});
  }
  return exports;
}

std::string ratio_text(double ratio) { return ratio <= 1 ? fmt::format("1 : {:.3g}", 1 / ratio) : fmt::format("{:.3g} : 1", ratio); }

void print_line(const std::string& label, const std::string& value) { fmt::print("  {:<18}{}\n", label, value); }

// What every endpoint sends and receives when all send to all, and the links that allow no more.
void print_all_to_all(topology::Router& router, int plane) {
  const topology::Topology& cluster = router.topology();
  const auto n = static_cast<double>(cluster.shape.endpoints());
  const int planes[] = {plane};
  const collective::LinkLoadCost cost = collective::uniform_all_to_all_cost(router, planes, Bytes(n));
  const topology::Link& link = cluster.graph.link(cost.bottleneck);
  print_line("all-to-all", fmt::format("{:.4g} GB/s an endpoint, limited by links {} -> {}", (n - 1) / cost.transfer.value() / 1e9,
                                       cluster.graph.vertex(link.from).role, cluster.graph.vertex(link.to).role));
}

std::string routing_text(const topology::Plane& plane) {
  const bool spray = plane.spread == topology::Spread::spray;
  const std::string spread = spray ? "sprayed over all" : "hashed onto one";
  switch (plane.routing) {
    case topology::Routing::dimension_order: return spread + " of the shortest paths in dimension order";
    case topology::Routing::minimal: return spread + " of the minimal paths";
    case topology::Routing::valiant: return spread + " of the minimal paths by way of a random endpoint";
    default: return spread + " of the shortest paths";
  }
}

// Whether the routes of a plane can block each other; following all pairs takes too long on the largest networks without switches.
void print_deadlock(topology::Router& router, int plane) {
  if (topology::PlaneGraph(router.topology().graph, plane).size() > 2048) return;
  const topology::CreditLoops found = topology::find_credit_loops(router, plane);
  if (found.loop.empty()) {
    print_line("deadlock", fmt::format("none with {} virtual channel{}", found.virtual_channels, found.virtual_channels > 1 ? "s" : ""));
  } else {
    print_line("deadlock", fmt::format("possible: {} links can wait for each other in a circle", found.loop.size()));
  }
}

// The classes of traffic that a plane carries and the one over which it forwards, where it does not carry all by itself.
void print_carried(const topology::Topology& cluster, const topology::Plane& plane) {
  std::string carried;
  for (std::size_t i = 0; i < plane.carries.size(); ++i) {
    if (plane.carries[i]) carried += (carried.empty() ? "" : ", ") + std::string(topology::traffic_class_names[i]);
  }
  if (std::count(plane.carries.begin(), plane.carries.end(), false) > 0) print_line("carries", carried);
  if (plane.forward_over != topology::no_plane) {
    print_line("forwards",
               fmt::format("over {} where no path joins two endpoints", cluster.planes[static_cast<std::size_t>(plane.forward_over)].name));
  }
}

void print_plane(const topology::Topology& cluster, const topology::Plane& plane, const topology::PlaneStatistics& s) {
  fmt::print("\nplane {} ({}): ", plane.name, routing_text(plane));
  if (s.islands == 1) fmt::print("joins {} endpoints\n", s.island_endpoints);
  else fmt::print("{} islands of at most {} endpoints\n", s.islands, s.island_endpoints);
  std::string switches;
  for (const auto& [role, count] : s.switches) switches += fmt::format("{}{} {}", switches.empty() ? "" : ", ", count, role);
  print_line("switches", fmt::format("{}{}", plane.switches, switches.empty() ? "" : " (" + switches + ")"));
  for (const topology::LinkCount& l : s.links) {
    print_line(&l == s.links.data() ? "links" : "",
               fmt::format("{} {} - {}, {} each way, {}", l.count, l.lower, l.upper, to_text(l.bandwidth), to_text(l.latency)));
  }
  if (s.failed_links > 0) print_line("failed links", fmt::format("{}", s.failed_links));
  for (const topology::Attached& device : plane.attached) {
    print_line("attached", fmt::format("{} {}, {} link{} each", device.count, device.name, device.links, device.links > 1 ? "s" : ""));
  }
  print_carried(cluster, plane);
  if (plane.transceivers > 0) print_line("optics", fmt::format("{:.0f} transceivers", plane.transceivers));
  print_line("power", fmt::format("switches {}, links {}", to_text(s.switch_power), to_text(s.link_power)));
  if (s.islands == 0) return;
  const std::string whose = s.islands > 1 ? ", of an island" : "";
  print_line("diameter", fmt::format("{} hops", s.diameter));
  if (s.router_diameter && *s.router_diameter != s.diameter)
    print_line("", fmt::format("{} hops where each node counts as one router", *s.router_diameter));
  print_line("injection", fmt::format("{:.4g} TB/s, {:.4g} GB/s an endpoint", s.injection / (1e12 * ByteRate(1)),
                                      s.injection / (1e9 * ByteRate(1)) / (s.islands * s.island_endpoints)));
  print_line("bisection", fmt::format("{:.4g} TB/s (max-flow from the first half of the endpoints to the second{})",
                                      s.bisection / (1e12 * ByteRate(1)), whose));
  for (const topology::TierRatio& tier : s.oversubscription) {
    print_line("oversubscription", fmt::format("{} at {} uplinks", ratio_text(tier.oversubscription), tier.role));
  }
}

}  // namespace

void show_topology(const TopologyOptions& options) {
  const std::vector<Export> exports = read_exports(options.exports);
  const topology::Cluster read = read_cluster(options.topology, options.overrides, options.config_dirs);
  const topology::Topology& cluster = read.whole();
  fmt::print("{}\n", cluster.name);
  for (const topology::Part& part : read.parts) {
    const topology::Shape& shape = part.topology.shape;
    if (!part.name.empty()) print_line("part", fmt::format("{}: {}", part.name, part.topology.name));
    print_line("chips", fmt::format("{} packages of {} ({} endpoints)", shape.packages(), part.topology.chip.name, shape.endpoints()));
    print_line("nodes", fmt::format("{} of {} packages, in {} rack{}", shape.nodes, shape.packages_per_node, shape.racks(),
                                    shape.racks() > 1 ? "s" : ""));
  }
  const topology::Shape& shape = cluster.shape;
  print_line("optics", fmt::format("{:.0f} transceivers", cluster.transceivers()));
  print_line("network power", to_text(cluster.network_power()));
  if (cluster.price) print_line("price", to_text(*cluster.price));
  topology::Router router(cluster, 1);  // the seed moves hashed routes, which nothing here depends on but the all-to-all
  std::vector<Row> rows;
  for (std::size_t plane = 0; plane < cluster.planes.size(); ++plane) {
    const auto statistics = topology::plane_statistics(router, static_cast<int>(plane));
    print_plane(cluster, cluster.planes[plane], statistics);
    print_deadlock(router, static_cast<int>(plane));
    // One hash a pair takes a walk for every pair: seconds at thousands of endpoints.
    const bool quick = cluster.planes[plane].spread == topology::Spread::spray || shape.endpoints() <= 1024;
    if (statistics.island_endpoints == shape.endpoints() && shape.endpoints() > 1 && quick)
      print_all_to_all(router, static_cast<int>(plane));
    rows.push_back({cluster, cluster.planes[plane], statistics});
  }
  if (!options.out.empty()) {
    results::OutputFile out(options.out);
    out.stream() << results::header(columns());
    for (const Row& row : rows) out.stream() << results::to_csv(results::row(columns(), row));
    out.commit();
  }
  for (const Export& wanted : exports) {
    results::OutputFile out(wanted.file);
    wanted.format->write(out.stream(), cluster);
    out.commit();
    fmt::print("\n{} written", wanted.file.string());
  }
  if (!exports.empty()) fmt::print("\n");
}

}  // namespace podsim::app
