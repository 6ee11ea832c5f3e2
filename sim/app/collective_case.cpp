// One case of `podsim validate`: a collective by itself, with nothing else on the network.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "app/catalogue.hpp"
#include "app/validation_case.hpp"
#include "base/error.hpp"
#include "collective/operation_cost.hpp"
#include "serving/deployment.hpp"
#include "topology/plane_builder.hpp"

namespace podsim::app {
namespace {

using collective::Operation;

struct Sized {
  collective::Task task;
  Bytes bytes;
  double messages = 0;
  std::string condition;
};

Sized read_moe(config::Node& node, collective::Task task) {
  const auto tokens = node.get_within("tokens", 1, 1 << 24);
  const auto size = node.get_within<Bytes>("token_size", Bytes(1), units::GB);
  const int top_k = node.get_within("top_k", 1, 1024);
  task.moe.top_k = top_k;
  task.moe.groups = node.get_within("groups", 0, 1 << 20, 0);
  task.moe.group_limit = node.get_within("group_limit", 0, 1 << 20, 0);
  task.moe.imbalance = node.get_within("imbalance", 1.0, static_cast<double>(task.ranks), 1.0);
  return {task, size * tokens, static_cast<double>(tokens) * top_k,
          fmt::format("{} tokens of {:.4g} kB a rank, top {}", tokens, size.value() / 1e3, top_k)};
}

Sized read_plain(config::Node& node, const collective::Task& task) {
  const auto bytes = node.get_within<Bytes>("bytes", Bytes(1), units::GB * 1000);
  return {task, bytes, 0, to_text(bytes)};
}

// The endpoints of the ranks: `ranks: 8` the first eight, `ranks: [cpu 0, 16]` these.
std::vector<int> read_ranks(config::Node& node, const topology::Topology& cluster) {
  const int endpoints = cluster.shape.endpoints();
  std::vector<int> group;
  if (!node.at("ranks").is_list()) {
    group.resize(static_cast<std::size_t>(node.get_within("ranks", 2, endpoints)));
    std::iota(group.begin(), group.end(), 0);
    return group;
  }
  for (const config::Node& item : node.at("ranks").items()) {
    const auto name = item.as<std::string>();
    const auto end = cluster.end_named(name);
    if (!end) item.fail(fmt::format("{} has no endpoint or device \"{}\" (endpoints 0 to {})", cluster.name, name, endpoints - 1));
    if (std::find(group.begin(), group.end(), *end) != group.end()) item.fail(fmt::format("\"{}\" stands here twice", name));
    group.push_back(*end);
  }
  if (group.size() < 2) node.fail("ranks", "must name two endpoints at least");
  return group;
}

Seconds time_of(const config::Node& node, const topology::Topology& cluster, const serving::Channel& channel, const Sized& sized,
                const std::vector<int>& group) {
  topology::Router router(cluster, 1);
  try {
    return collective::operation_cost(router, channel.library, sized.task, group, channel.planes)(sized.bytes, sized.messages);
  } catch (const InputError& error) {
    node.fail("channel", error.what());
  }
}

}  // namespace

Case read_collective_case(config::Node& node) {
  Case result;
  result.id = node.get<std::string>("case");
  result.system = node.reference_name("cluster");
  const topology::Topology cluster = topology::read_topology(node.reference("cluster", "topologies"), topology_kinds());
  const auto operation =
      static_cast<Operation>(node.one_of("operation", {collective::operation_names.begin(), collective::operation_names.end()}));
  const Operation needed[] = {operation};
  const serving::Channel channel = serving::read_channel(node.at("channel"), cluster, needed);
  const std::vector<int> group = read_ranks(node, cluster);
  const collective::Task task = {
      .operation = operation, .ranks = static_cast<int>(group.size()), .ranks_per_node = cluster.shape.endpoints_per_node()};
  const bool moe = operation == Operation::dispatch || operation == Operation::combine;
  const Sized sized = moe ? read_moe(node, task) : read_plain(node, task);
  result.fitted = node.get("fitted", false);
  const Seconds time = time_of(node, cluster, channel, sized, group);
  result.condition = fmt::format("{} ranks, {}", task.ranks, sized.condition);
  if (node.one_of("metric", {"time", "bandwidth"}, 0) == 0) {
    result.unit = "us";
    result.predicted = time / units::us;
    result.published = node.get_within<Seconds>("published", Seconds(1e-12), units::s * 1000) / units::us;
  } else {
    result.unit = "GB/s";
    const ByteRate unit(1e9);
    result.predicted = sized.bytes / time / unit;
    result.published = node.get_within<ByteRate>("published", ByteRate(1), ByteRate(1e15)) / unit;
  }
  return result;
}

}  // namespace podsim::app
