#include "app/contention.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/node.hpp"

namespace podsim::app {

Beside read_beside(const std::string& text, std::vector<int> planes, topology::Router& router) {
  const auto first = text.find(':'), second = text.find(':', first + 1);
  const bool parts = first != std::string::npos && second != std::string::npos;
  const auto from = parts ? config::parse_text<int>(text.substr(0, first)) : std::nullopt;
  const auto to = parts ? config::parse_text<int>(text.substr(first + 1, second - first - 1)) : std::nullopt;
  const auto bytes = parts ? parse_quantity<Bytes>(text.substr(second + 1)) : std::nullopt;
  if (!from || !to || !bytes || *bytes <= Bytes(0))
    throw InputError(fmt::format("--beside: \"{}\" is not FROM:TO:BYTES, for example \"0:8:1 GB\"", text));
  const int endpoints = router.topology().shape.endpoints();
  for (const int end : {*from, *to}) {
    if (end < 0 || end >= endpoints)
      throw InputError(fmt::format("--beside: endpoints must lie between 0 and {}, not {}", endpoints - 1, end));
  }
  if (*from == *to) throw InputError(fmt::format("--beside: endpoint {} sends to itself", *from));
  if (router.plane_for(planes, *from, *to) == topology::no_plane)
    throw InputError(fmt::format("--beside: no plane of the transfer joins endpoints {} and {}", *from, *to));
  return {*from, *to, *bytes, std::move(planes)};
}

Contention run_beside(platform::Fabric& fabric, const collective::Schedule& schedule, std::span<const int> group, const Beside& beside) {
  platform::Signal arrived;
  Seconds end;
  const auto start = [&] {
    fabric.transfer(
        beside.from, beside.to, beside.bytes, Seconds(0),
        [&] {
          end = platform::Simulation::now();
          arrived.notify();
        },
        beside.planes);
    return platform::Simulation::now();
  };
  Contention result;
  const Seconds alone = start();
  arrived.wait();
  result.transfer_alone = end - alone;
  const Seconds together = start();
  result.collective = fabric.run(schedule, group);
  arrived.wait();
  result.transfer = end - together;
  return result;
}

}  // namespace podsim::app
