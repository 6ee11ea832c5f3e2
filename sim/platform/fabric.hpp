// Transfers between endpoints as flows that share real links.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "base/units.hpp"
#include "collective/schedule.hpp"
#include "platform/simulation.hpp"
#include "topology/router.hpp"

namespace podsim::platform {

// Traffic beside the transfers that is no flow itself.
struct CrossTraffic {
  // The part of a link's bandwidth that it leaves at present to a transfer that puts a part of its bytes there; in (0, 1].
  std::function<double(const topology::LinkShare&)> leaves;
  std::function<void(const topology::Route&, int change)> passes;  // a transfer has begun (1) or ended (-1) on these links
};

// Transfers as flows that share links max-min fairly. Latency is waited for, not given to the solver, where it would make sharing uneven.
class Fabric : public EventSource {
 public:
  // Over the links of `planes`. Create it after the Simulation and before run(). Nothing is loaded before the first flow.
  Fabric(Simulation& simulation, topology::Router& router, std::span<const int> planes);
  ~Fabric() override;
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;

  // A rate that flows share as they share a link, such as that of a memory from which they come.
  using Port = std::size_t;
  Port add_port(ByteRate rate);

  // Starts a flow over the first of `planes` (of the fabric's; empty: all) that joins the two endpoints, and calls `done`, which must not
  // wait, when its last byte has arrived: delay + route latency + bytes / fair share. From an endpoint to itself only the delay is waited
  // for. The flow passes `ports` too.
  void transfer(int from, int to, Bytes bytes, Seconds delay, std::function<void()> done, std::span<const int> planes = {},
                std::span<const Port> ports = {});
  // A flow through ports alone.
  void pass(Bytes bytes, std::span<const Port> ports, std::function<void()> done);
  // Whether one of `planes` joins two ends.
  bool joins(int from, int to, std::span<const int> planes) const;

  // Transfers get what other traffic leaves of their links when they begin. Call before the first.
  void set_cross_traffic(CrossTraffic traffic);

  // Runs a collective's schedule as flows, step by step, and returns how long it took.
  // Throws RunError for steps with trees: flows neither add up nor multiply on their way.
  Process<Seconds> run(const collective::Schedule& schedule, std::span<const int> group);

  Seconds next() override;
  void advance() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace podsim::platform
