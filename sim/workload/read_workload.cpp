// Reads a workload description and draws or loads its requests.
#include <algorithm>

#include "workload/synthetic.hpp"
#include "workload/workload.hpp"

namespace podsim::workload {
namespace {

Workload draw(std::size_t count, const ArrivalProcess& next, const LengthDistribution& input, const LengthDistribution& output,
              std::uint64_t seed) {
  RandomEngine arrivals = random_stream(seed, "arrivals");
  RandomEngine inputs = random_stream(seed, "input lengths");
  RandomEngine outputs = random_stream(seed, "output lengths");
  Workload workload;
  Seconds now;
  for (std::size_t i = 0; i < count; ++i) {
    workload.requests.push_back({now, input(inputs), output(outputs)});
    now += next(arrivals);
  }
  return workload;
}

}  // namespace

Workload read_workload(config::Node node, std::span<const TraceFormat> formats, std::uint64_t seed) {
  const auto name = node.get<std::string>("name", "workload");
  const auto trace = node.find("trace");
  const auto limit = static_cast<std::size_t>(node.get_within<std::int64_t>("limit", 0, 1'000'000'000, 0));
  if (trace) {
    for (const char* synthetic : {"requests", "arrivals", "input", "output"}) node.find(synthetic);
    node.done();
    const std::filesystem::path written = trace->as<std::string>();
    return read_trace((trace->folder() / written).lexically_normal(), formats, limit);
  }
  const auto count = static_cast<std::size_t>(node.get_within<std::int64_t>("requests", 1, 1'000'000'000));
  config::Node process = node.at("arrivals");
  const bool closed = is_closed_loop(process);
  const auto loop = closed ? std::optional(read_closed_loop(process)) : std::nullopt;
  const ArrivalProcess arrivals = closed ? [](RandomEngine&) { return Seconds(0); } : read_arrivals(process);
  const LengthDistribution input = read_lengths(node.at("input"));
  const LengthDistribution output = read_lengths(node.at("output"));
  node.done();
  Workload workload = draw(limit > 0 ? std::min(count, limit) : count, arrivals, input, output, seed);
  workload.name = name;
  workload.closed_loop = loop;
  return workload;
}

}  // namespace podsim::workload
