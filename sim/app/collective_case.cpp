// One case of `podsim validate`: a collective by itself, with nothing else on the network.
#include <fmt/format.h>

#include <numeric>

#include "app/catalogue.hpp"
#include "app/validation_case.hpp"
#include "collective/link_load.hpp"
#include "serving/deployment.hpp"
#include "topology/plane_builder.hpp"

namespace podsim::app {
namespace {

using collective::Operation;

struct Sized {
  collective::Schedule unit;  // for one byte
  int destinations = 1;
  Bytes bytes;
  double messages = 0;
  std::string condition;
};

Sized read_moe(config::Node& node, Operation operation, const serving::Channel& channel, const topology::Shape& shape, int ranks) {
  const auto tokens = node.get_within("tokens", 1, 1 << 24);
  const auto size = node.get_within<Bytes>("token_size", Bytes(1), units::GB);
  const int top_k = node.get_within("top_k", 1, 1024);
  const collective::MoeTraffic traffic = {.ranks = ranks,
                                          .ranks_per_node = shape.endpoints_per_node(),
                                          .top_k = static_cast<double>(top_k),
                                          .max_nodes = node.get_within("max_nodes", 0, 1 << 20, 0)};
  const auto copies = channel.library.copies;
  Sized sized;
  sized.unit = operation == Operation::dispatch ? collective::moe_dispatch(traffic, copies, Bytes(1))
                                                : collective::moe_combine(traffic, copies, Bytes(1));
  sized.destinations = collective::moe_destinations(traffic, copies);
  sized.bytes = size * tokens;
  sized.messages = static_cast<double>(tokens) * top_k;
  sized.condition = fmt::format("{} tokens of {:.4g} kB a rank, top {}", tokens, size.value() / 1e3, top_k);
  return sized;
}

Sized read_plain(config::Node& node, Operation operation, int ranks) {
  Sized sized;
  sized.bytes = node.get_within<Bytes>("bytes", Bytes(1), units::GB * 1000);
  sized.condition = fmt::format("{:.4g} MB", sized.bytes.value() / 1e6);
  const Bytes one(1);
  switch (operation) {
    case Operation::all_reduce: sized.unit = collective::ring_all_reduce(ranks, one); break;
    case Operation::all_gather: sized.unit = collective::ring_all_gather(ranks, one); break;
    case Operation::reduce_scatter: sized.unit = collective::ring_reduce_scatter(ranks, one); break;
    case Operation::all_to_all:
      sized.unit = collective::all_to_all(ranks, one);
      sized.destinations = ranks - 1;
      break;
    default: sized.unit = {{{{0, 1, one}}}}; break;  // send
  }
  return sized;
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
  const int ranks = node.get_within("ranks", 2, cluster.shape.endpoints());
  const bool moe = operation == Operation::dispatch || operation == Operation::combine;
  const Sized sized = moe ? read_moe(node, operation, channel, cluster.shape, ranks) : read_plain(node, operation, ranks);

  std::vector<int> group(static_cast<std::size_t>(ranks));
  std::iota(group.begin(), group.end(), 0);
  topology::Router router(cluster, 1);
  const collective::OperationCost cost =
      collective::operation_cost(router, sized.unit, group, channel.planes, *channel.library.profile(operation), sized.destinations);
  result.condition = fmt::format("{} ranks, {}", ranks, sized.condition);
  result.unit = "us";
  result.predicted = cost(sized.bytes, sized.messages) / units::us;
  result.published = node.get_within<Seconds>("published", Seconds(1e-12), units::s * 1000) / units::us;
  return result;
}

}  // namespace podsim::app
