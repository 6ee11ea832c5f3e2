#include "app/collective_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "app/cluster_argument.hpp"
#include "app/contention.hpp"
#include "app/report.hpp"
#include "base/error.hpp"
#include "collective/operation_cost.hpp"
#include "config/suggest.hpp"
#include "platform/fabric.hpp"
#include "results/output.hpp"

namespace podsim::app {
namespace {

using collective::AlgorithmCost;
using collective::Operation;
using collective::OperationCost;
using collective::Task;

struct Row {
  Bytes bytes;
  std::string library;
  AlgorithmCost cost;
  std::string algorithm;
  std::optional<Seconds> link_load, flow;
  Bytes data;                // that algorithm bandwidth counts
  std::optional<Bytes> bus;  // that bus bandwidth counts
  std::string bottleneck;
  std::optional<Seconds> flow_beside, transfer_alone, transfer;  // with a transfer beside it

  Seconds time() const { return link_load ? *link_load : *flow; }
};

double microseconds(const std::optional<Seconds>& time) { return time ? *time / units::us : -1; }
double gigabytes_per_s(Bytes bytes, Seconds time) { return bytes / time / ByteRate(1e9); }

const std::vector<results::Column<Row>>& columns() {
  static const std::vector<results::Column<Row>> list = {
      {"bytes", "B", "of each rank, or of the whole vector of a reduction or broadcast",
       [](const Row& r) { return results::Cell(r.bytes.value()); }},
      {"library", "", "its name", [](const Row& r) { return results::Cell(r.library); }},
      {"algorithm", "", "that the library uses for this size; with --all-algorithms: could use",
       [](const Row& r) { return results::Cell(r.algorithm); }},
      {"link_load_us", "us", "time by link loads; -1: not asked for",
       [](const Row& r) { return results::Cell(microseconds(r.link_load)); }},
      {"flow_us", "us", "time by flows that share links; -1: not asked for, or reduced in the switches",
       [](const Row& r) { return results::Cell(microseconds(r.flow)); }},
      {"algorithm_gb_per_s", "GB/s", "bytes / time, of an all-gather all bytes gathered (as nccl-tests)",
       [](const Row& r) { return results::Cell(gigabytes_per_s(r.data, r.time())); }},
      {"bus_gb_per_s", "GB/s", "bytes on the wire of a ring / time (as nccl-tests); -1: the operation has none",
       [](const Row& r) { return results::Cell(r.bus ? gigabytes_per_s(*r.bus, r.time()) : -1); }},
      {"flow_beside_us", "us", "as flow_us, with the transfer of --beside; -1: none",
       [](const Row& r) { return results::Cell(microseconds(r.flow_beside)); }},
      {"transfer_us", "us", "the transfer of --beside alone; -1: none",
       [](const Row& r) { return results::Cell(microseconds(r.transfer_alone)); }},
      {"transfer_beside_us", "us", "the same when the operation starts with it; -1: none",
       [](const Row& r) { return results::Cell(microseconds(r.transfer)); }},
      {"bottleneck", "", "plane and ends of the most loaded link", [](const Row& r) { return results::Cell(r.bottleneck); }},
  };
  return list;
}

std::size_t choice(const char* option, const std::string& word, const std::vector<std::string>& allowed) {
  const auto found = std::find(allowed.begin(), allowed.end(), word);
  if (found == allowed.end())
    throw InputError(
        fmt::format("{}: \"{}\" is not one of {}{}", option, word, config::join(allowed), config::did_you_mean(word, allowed)));
  return static_cast<std::size_t>(found - allowed.begin());
}

Bytes read_bytes(const char* option, const std::string& text) {
  const auto bytes = parse_quantity<Bytes>(text);
  if (!bytes || *bytes <= Bytes(0)) throw InputError(fmt::format("{}: \"{}\" is not a size with a unit, for example 64 MB", option, text));
  if (*bytes > Bytes(1e18)) throw InputError(fmt::format("{}: must be at most 1000000 TB, not {}", option, text));
  return *bytes;
}

std::vector<Bytes> read_sizes(const CollectiveOptions& options) {
  if (!options.bytes.empty()) return {read_bytes("--bytes", options.bytes)};
  const Bytes min = read_bytes("--min", options.min), max = read_bytes("--max", options.max);
  if (max < min) throw InputError(fmt::format("--max: {} is less than --min {}", to_text(max), to_text(min)));
  if (!(options.factor > 1) || !std::isfinite(options.factor))
    throw InputError(fmt::format("--factor: must be greater than 1, not {:g}", options.factor));
  constexpr double most_sizes = 1000;
  if (std::log(max / min) / std::log(options.factor) > most_sizes)
    throw InputError(
        fmt::format("--factor: {:g} makes more than {:g} sizes of {} to {}", options.factor, most_sizes, options.min, options.max));
  std::vector<Bytes> sizes;
  for (Bytes size = min; size <= max * (1 + 1e-9); size = size * options.factor) sizes.push_back(size);
  return sizes;
}

// Planes by name; all when none is named.
std::vector<int> read_planes(const char* option, const std::vector<std::string>& chosen, const topology::Topology& cluster) {
  std::vector<std::string> names;
  for (const topology::Plane& plane : cluster.planes) names.push_back(plane.name);
  std::vector<int> planes;
  for (const std::string& name : chosen.empty() ? names : chosen) planes.push_back(static_cast<int>(choice(option, name, names)));
  return planes;
}

std::optional<Beside> read_transfer(const CollectiveOptions& options, const std::vector<int>& planes, topology::Router& router) {
  if (options.beside.empty() && !options.beside_planes.empty()) throw InputError("--beside-planes: there is no --beside");
  if (options.beside.empty()) return std::nullopt;
  if (options.fidelity == "link-load") throw InputError("--beside: link loads say nothing of two at a time; add --fidelity flow");
  const auto own = options.beside_planes.empty() ? planes : read_planes("--beside-planes", options.beside_planes, router.topology());
  return read_beside(options.beside, own, router);
}

void add_new(std::vector<int>& list, const std::vector<int>& more) {
  for (const int one : more) {
    if (std::find(list.begin(), list.end(), one) == list.end()) list.push_back(one);
  }
}

collective::Library read_library(const CollectiveOptions& options, const std::string& name, Operation operation) {
  config::Document document(options.config_dirs);
  const auto file = document.locate(name, "libraries", ".", "--library");
  collective::Library library = collective::read_library(config::Node::open(document, file));
  if (!library.provides(operation)) throw InputError(fmt::format("--library: {} describes no {}", library.name, name_of(operation)));
  return library;
}

// The ends on which the ranks live.
std::vector<int> read_ranks(const std::vector<std::string>& ranks, const topology::Topology& cluster) {
  const int endpoints = cluster.shape.endpoints();
  if (ranks.size() < 2) {
    const auto count = ranks.empty() ? std::optional(endpoints) : config::parse_text<int>(ranks.front());
    if (!count || *count < 2 || *count > endpoints)
      throw InputError(
          fmt::format("--ranks: must lie between 2 and the cluster's {} endpoints, or name ends as in \"cpu 0,16\", not \"{}\"", endpoints,
                      ranks.empty() ? std::to_string(endpoints) : ranks.front()));
    std::vector<int> group(static_cast<std::size_t>(*count));
    std::iota(group.begin(), group.end(), 0);
    return group;
  }
  std::vector<int> group;
  for (const std::string& name : ranks) {
    const auto end = cluster.end_named(name);
    if (!end)
      throw InputError(fmt::format("--ranks: {} has no endpoint or device \"{}\" (endpoints 0 to {})", cluster.name, name, endpoints - 1));
    if (std::find(group.begin(), group.end(), *end) != group.end())
      throw InputError(fmt::format("--ranks: \"{}\" stands there twice", name));
    group.push_back(*end);
  }
  return group;
}

Task read_task(const CollectiveOptions& options, const topology::Shape& shape, std::size_t ranks) {
  const std::vector<std::string> names(collective::operation_names.begin(), collective::operation_names.end());
  Task task{.operation = static_cast<Operation>(choice("--op", options.operation, names)),
            .ranks = static_cast<int>(ranks),
            .ranks_per_node = shape.endpoints_per_node()};
  if (!(options.top_k >= 1 && options.top_k <= 1024))
    throw InputError(fmt::format("--top-k: must lie between 1 and 1024, not {:g}", options.top_k));
  if (!(options.imbalance >= 1 && options.imbalance <= task.ranks))
    throw InputError(fmt::format("--imbalance: must lie between 1 and the {} ranks, not {:g}", task.ranks, options.imbalance));
  if (collective::has_sides(task.operation) && (options.attention < 1 || options.attention >= task.ranks))
    throw InputError(
        fmt::format("--attention: must lie between 1 and {} of the {} ranks, not {}", task.ranks - 1, task.ranks, options.attention));
  task.moe.top_k = options.top_k;
  task.moe.attention = collective::has_sides(task.operation) ? options.attention : 0;
  task.moe.imbalance = options.imbalance;
  return task;
}

std::string name_of_link(const topology::Topology& cluster, topology::LinkId id) {
  if (id < 0) return "none";
  const topology::Link& link = cluster.graph.link(id);
  const auto end = [&](topology::VertexId vertex) {
    const std::string& role = cluster.graph.vertex(vertex).role;
    return vertex < cluster.shape.endpoints() ? fmt::format("{} {}", role, vertex) : role;
  };
  return fmt::format("{}: {} -> {}", cluster.planes[static_cast<std::size_t>(link.plane)].name, end(link.from), end(link.to));
}

bool reduced_in_switches(collective::Algorithm algorithm) {
  using collective::Algorithm;
  return algorithm == Algorithm::nvls || algorithm == Algorithm::hierarchical_nvls || algorithm == Algorithm::sharp;
}

// Times by flows: what the library adds, and the schedule as flows for what link loads say of the wire.
void add_flow_times(std::vector<Row>& rows, topology::Router& router, const Task& task, const std::vector<int>& group,
                    const std::vector<int>& planes, const std::optional<Beside>& beside) {
  std::vector<int> realised = planes;
  if (beside) add_new(realised, beside->planes);
  platform::Simulation simulation;
  platform::Fabric fabric(simulation, router, realised);
  simulation.spawn([&]() -> platform::Process<> {
    for (Row& row : rows) {
      const AlgorithmCost& best = row.cost;
      const auto algorithm = best.profile.algorithm;
      if (reduced_in_switches(algorithm)) continue;
      const auto schedule = collective::schedule_at_achieved_rates(router, best.profile, task, group, planes, row.bytes);
      const Seconds added = best(row.bytes) - best.latency - Seconds(best.wire_seconds_per_byte * row.bytes.value());
      row.flow = added + co_await fabric.run(schedule, group);
      if (!beside) continue;
      const Contention both = co_await run_beside(fabric, schedule, group, *beside);
      row.flow_beside = added + both.collective;
      row.transfer_alone = both.transfer_alone;
      row.transfer = both.transfer;
    }
  });
  simulation.run();
}

Row row_of(const topology::Topology& cluster, const std::string& library, const AlgorithmCost& cost, const Task& task, Bytes bytes) {
  const auto& profile = cost.profile;
  return {.bytes = bytes,
          .library = library,
          .cost = cost,
          .algorithm = std::string(name_of(profile.algorithm)) + (profile.protocol.empty() ? "" : " " + profile.protocol),
          .link_load = cost(bytes),
          .flow = std::nullopt,
          .data = task.operation == Operation::all_gather ? bytes * task.ranks : bytes,
          .bus = collective::bus_bytes(task, bytes),
          .bottleneck = name_of_link(cluster, cost.bottleneck),
          .flow_beside = std::nullopt,
          .transfer_alone = std::nullopt,
          .transfer = std::nullopt};
}

// For one size the algorithm that the library takes, or all that it has for the size, the fastest first.
void add_rows(std::vector<Row>& rows, const topology::Topology& cluster, const std::string& library, const OperationCost& cost,
              const Task& task, Bytes bytes, bool all_algorithms) {
  const AlgorithmCost& best = *cost.best(bytes);
  rows.push_back(row_of(cluster, library, best, task, bytes));
  if (!all_algorithms) return;
  const auto first = static_cast<std::ptrdiff_t>(rows.size());
  for (const AlgorithmCost& other : cost.algorithms()) {
    const bool fits = bytes >= other.profile.min_size && bytes <= other.profile.max_size;
    if (fits && &other != &best) rows.push_back(row_of(cluster, library, other, task, bytes));
  }
  std::stable_sort(rows.begin() + first, rows.end(), [](const Row& a, const Row& b) { return a.time() < b.time(); });
}

std::vector<Row> read_rows(const CollectiveOptions& options, topology::Router& router, const Task& task, const std::vector<int>& group,
                           const std::vector<int>& planes, const std::vector<Bytes>& sizes) {
  std::vector<std::pair<std::string, OperationCost>> libraries;
  for (const std::string& name : options.libraries) {
    const collective::Library library = read_library(options, name, task.operation);
    libraries.emplace_back(library.name, collective::operation_cost(router, library, task, group, planes));
  }
  std::vector<Row> rows;
  for (const Bytes bytes : sizes) {
    for (const auto& [name, cost] : libraries) add_rows(rows, router.topology(), name, cost, task, bytes, options.all_algorithms);
  }
  return rows;
}

std::string time_text(const std::optional<Seconds>& time) { return time ? fmt::format("{:.4g}", *time / units::us) : "-"; }

void print_rows(const std::vector<Row>& rows, bool several_libraries) {
  std::vector<std::vector<std::string>> table = {
      {"size", "algorithm", "link-load, us", "flow, us", "algorithm, GB/s", "bus, GB/s", "bottleneck"}};
  if (several_libraries) table.front().insert(table.front().begin() + 1, "library");
  for (const Row& r : rows) {
    table.push_back({to_text(r.bytes), r.algorithm, time_text(r.link_load), time_text(r.flow),
                     fmt::format("{:.4g}", gigabytes_per_s(r.data, r.time())),
                     r.bus ? fmt::format("{:.4g}", gigabytes_per_s(*r.bus, r.time())) : "-", r.bottleneck});
    if (several_libraries) table.back().insert(table.back().begin() + 1, r.library);
  }
  print_table(table);
}

// The operation and the transfer, each alone and with the other.
void print_contention(const std::vector<Row>& rows, const Beside& beside) {
  fmt::print("\nwith {} from {} to {} at the same time\n", to_text(beside.bytes), beside.from_name, beside.to_name);
  std::vector<std::vector<std::string>> table = {
      {"size", "operation alone, us", "with transfer, us", "transfer alone, us", "with operation, us"}};
  for (const Row& r : rows) {
    table.push_back({to_text(r.bytes), time_text(r.flow), time_text(r.flow_beside), time_text(r.transfer_alone), time_text(r.transfer)});
  }
  print_table(table);
}

}  // namespace

void show_collective(const CollectiveOptions& options) {
  const std::size_t fidelity = choice("--fidelity", options.fidelity, {"link-load", "flow", "both"});
  const std::vector<Bytes> sizes = read_sizes(options);
  const topology::Cluster read = read_cluster(options.cluster, options.overrides, options.config_dirs);
  if (read.joined) throw InputError(fmt::format("{}: collectives stay within a part; give the topology of one", options.cluster));
  const topology::Topology& cluster = read.whole();
  const std::vector<int> group = read_ranks(options.ranks, cluster);
  const Task task = read_task(options, cluster.shape, group.size());
  const std::vector<int> planes = read_planes("--planes", options.planes, cluster);
  topology::Router router(cluster, 1);
  const std::optional<Beside> beside = read_transfer(options, planes, router);
  std::vector<Row> rows = read_rows(options, router, task, group, planes, sizes);
  if (fidelity > 0) add_flow_times(rows, router, task, group, planes, beside);
  if (fidelity == 1) {
    for (Row& row : rows) {
      if (row.flow) row.link_load.reset();
    }
  }
  const bool several = options.libraries.size() > 1;
  fmt::print("{} of {} ranks on {}{}\n", name_of(task.operation), task.ranks, cluster.name, several ? "" : ", " + rows.front().library);
  print_rows(rows, several);
  if (beside) print_contention(rows, *beside);
  if (options.out.empty()) return;
  results::OutputFile out(options.out);
  out.stream() << results::header(columns());
  for (const Row& row : rows) out.stream() << results::to_csv(results::row(columns(), row));
  out.commit();
}

}  // namespace podsim::app
