// Reads a workload description and draws or loads its requests.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "workload/client.hpp"
#include "workload/generate.hpp"
#include "workload/trace.hpp"
#include "workload/workload.hpp"

namespace podsim::workload {
namespace {

constexpr std::int64_t most_requests = 1'000'000'000;
constexpr double most_by_duration = 20e6;  // that a duration alone may stand for
constexpr Seconds never{std::numeric_limits<double>::infinity()};
constexpr Seconds longest_time{1e12};

Workload read_from_trace(config::Node& node, const config::Node& trace, std::size_t limit, std::span<const TraceFormat> formats) {
  for (const char* synthetic :
       {"requests", "duration", "arrivals", "input", "output", "sessions", "shared_prefix", "clients", "block_tokens"})
    node.find(synthetic);
  TraceSlice slice;
  slice.from = node.get_within<Seconds>("from", Seconds(0), longest_time, Seconds(0));
  if (node.has("to")) slice.to = node.get_within<Seconds>("to", Seconds(0), longest_time);
  if (slice.to <= slice.from) node.fail("to", "must come after from");
  slice.time_scale = node.get_within("time_scale", 1e-6, 1e6, 1.0);
  slice.limit = limit;
  node.done();
  const std::filesystem::path written = trace.as<std::string>();
  return read_trace((trace.folder() / written).lexically_normal(), formats, slice);
}

Extent read_extent(config::Node& node, std::size_t limit) {
  Extent extent{static_cast<std::size_t>(most_requests), never};
  const auto duration = node.find_as<Seconds>("duration");
  if (duration) extent.until = node.get_within<Seconds>("duration", Seconds(0), longest_time);
  if (!duration || node.has("requests"))
    extent.requests = static_cast<std::size_t>(node.get_within<std::int64_t>("requests", 1, most_requests));
  if (limit > 0) extent.requests = std::min(extent.requests, limit);
  return extent;
}

// Prompts and answers by themselves: the run makes the arrivals.
Workload read_closed_workload(config::Node& node, config::Node& arrivals, const Extent& extent, int block_tokens, std::uint64_t seed) {
  for (const char* key : {"clients", "sessions"})
    if (node.has(key)) node.fail(key, "a closed loop has one kind of client, and no sessions");
  std::vector<Client> clients = {read_prompts(node)};
  clients.front().gaps = [](RandomEngine&) { return 0.0; };
  const ClosedLoop loop = read_closed_loop(arrivals);
  node.done();
  Workload workload = generate(clients, extent, block_tokens, seed);
  workload.closed_loop = loop;
  return workload;
}

Workload read_synthetic(config::Node& node, std::size_t limit, std::uint64_t seed) {
  const Extent extent = read_extent(node, limit);
  const int block_tokens = node.get_within("block_tokens", 1, 1 << 20, 512);
  config::Node arrivals = node.at("arrivals");
  const bool mix = node.find("clients").has_value();
  if (!mix && is_batch(arrivals) && !node.has("requests")) node.fail("duration", "a batch arrives at once: say how many requests");
  if (!mix && is_closed_loop(arrivals)) return read_closed_workload(node, arrivals, extent, block_tokens, seed);
  std::vector<Client> clients = read_clients(node);
  for (const Client& client : clients) {
    if (extent.requests == static_cast<std::size_t>(most_requests) && client.rate.after(Seconds(0), most_by_duration) < extent.until)
      node.fail("duration", "would be more than 20 million requests: say how many with requests");
  }
  node.done();
  try {
    return generate(clients, extent, block_tokens, seed);
  } catch (const std::length_error& error) {
    node.fail(error.what());
  }
}

}  // namespace

Workload read_workload(config::Node node, std::span<const TraceFormat> formats, std::uint64_t seed) {
  const auto name = node.get<std::string>("name", "workload");
  const auto trace = node.find("trace");
  const auto limit = static_cast<std::size_t>(node.get_within<std::int64_t>("limit", 0, most_requests, 0));
  if (trace) return read_from_trace(node, *trace, limit, formats);
  Workload workload = read_synthetic(node, limit, seed);
  workload.name = name;
  return workload;
}

}  // namespace podsim::workload
