#include "app/contention.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/node.hpp"

namespace podsim::app {

Beside read_beside(const std::string& text, std::vector<int> planes, topology::Router& router) {
  const auto first = text.find(':'), second = text.find(':', first + 1);
  const bool parts = first != std::string::npos && second != std::string::npos;
  const auto bytes = parts ? parse_quantity<Bytes>(text.substr(second + 1)) : std::nullopt;
  if (!bytes || *bytes <= Bytes(0)) throw InputError(fmt::format("--beside: \"{}\" is not FROM:TO:BYTES, for example \"0:8:1 GB\"", text));
  const auto end_named = [&](const std::string& name) {
    const auto end = router.topology().end_named(name);
    if (!end)
      throw InputError(
          fmt::format("--beside: \"{}\" is neither an endpoint from 0 to {} nor a device", name, router.topology().shape.endpoints() - 1));
    return *end;
  };
  Beside beside{text.substr(0, first), text.substr(first + 1, second - first - 1), 0, 0, *bytes, std::move(planes)};
  beside.from = end_named(beside.from_name);
  beside.to = end_named(beside.to_name);
  if (beside.from == beside.to) throw InputError(fmt::format("--beside: {} sends to itself", beside.from_name));
  if (router.plane_for(beside.planes, beside.from, beside.to) == topology::no_plane)
    throw InputError(fmt::format("--beside: no plane of the transfer joins {} and {}", beside.from_name, beside.to_name));
  return beside;
}

platform::Process<Contention> run_beside(platform::Fabric& fabric, const collective::Schedule& schedule, std::span<const int> group,
                                         const Beside& beside) {
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
  co_await arrived.wait();
  result.transfer_alone = end - alone;
  const Seconds together = start();
  result.collective = co_await fabric.run(schedule, group);
  co_await arrived.wait();
  result.transfer = end - together;
  co_return result;
}

}  // namespace podsim::app
