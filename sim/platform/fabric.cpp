#include "platform/fabric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "platform/flow_solver.hpp"

namespace podsim::platform {

using topology::LinkId;

struct Fabric::State {
  struct Ends {
    std::size_t order;  // of planes, by its number
    int from, to;
    bool operator==(const Ends&) const = default;
  };
  struct EndsHash {
    std::size_t operator()(const Ends& ends) const {
      return mix(ends.order, static_cast<std::uint64_t>(ends.from) << 32 | static_cast<std::uint64_t>(ends.to));
    }
  };
  struct Way {
    topology::Route route;
    std::vector<std::size_t> links;  // of the solver, by hop; none before its first flow
  };
  struct Flow {
    const Way* way = nullptr;  // none through ports alone
    std::function<void()> done;
  };
  struct PortLink {
    ByteRate rate;
    std::optional<std::size_t> link;  // of the solver; none before its first flow
  };

  topology::Router& router;
  std::vector<topology::PlaneOrder> orders;  // of planes: all of the fabric's, then those of transfers
  std::unique_ptr<FlowSolver> solver;
  std::unordered_map<Ends, Way, EndsHash> ways;
  std::vector<std::size_t> single;                     // the solver's link of a link, + 1; 0: none yet
  std::map<std::vector<LinkId>, std::size_t> bundles;  // likewise of the parallel links over which a hop is sprayed
  std::size_t links_made = 0;                          // of either kind
  std::size_t most_links;                              // as many as the planes have
  std::vector<Flow> flows;                             // under way, by their number
  std::vector<PortLink> ports;
  CrossTraffic beside;

  Way& way_between(const Ends& ends);
  std::size_t number_of(std::span<const int> order);
  ByteRate width(std::span<const topology::LinkShare> hop) const;
  void find_links(Way& way);
  void leave_room(const Way& way);
  std::size_t link_for(std::vector<LinkId> parallel, ByteRate bandwidth);
  void start(Way* way, Bytes bytes, std::span<const Port> through, std::function<void()> done);
  Seconds latency(const collective::Flow& flow, std::span<const int> group);
  Seconds filling(std::span<const collective::Step> steps, std::span<const int> group);
  Process<> run_together(Fabric& fabric, std::span<const collective::Step> steps, std::span<const int> group);
};

namespace {

// Of planes, and of those over which they forward.
std::size_t links_of(const topology::Topology& cluster, std::span<const int> planes) {
  std::set<int> used(planes.begin(), planes.end());
  for (const int plane : planes) used.insert(cluster.planes[static_cast<std::size_t>(plane)].forward_over);
  std::size_t count = 0;
  for (LinkId id = 0; id < cluster.graph.link_count(); ++id) count += used.contains(cluster.graph.link(id).plane) ? 1 : 0;
  return count;
}

}  // namespace

Fabric::Fabric(Simulation& simulation, topology::Router& router, std::span<const int> planes)
    : state_(std::make_unique<State>(State{.router = router,
                                           .orders = {{planes.begin(), planes.end()}},
                                           .solver = nullptr,
                                           .ways = {},
                                           .single = {},
                                           .bundles = {},
                                           .most_links = links_of(router.topology(), planes),
                                           .flows = {},
                                           .ports = {},
                                           .beside = {}})) {
  simulation.set_source(*this);
}

Fabric::~Fabric() = default;

// Bundles that share some of their links and not all know nothing of each other: with many of them a network would be wider than it is.
std::size_t Fabric::State::link_for(std::vector<LinkId> parallel, ByteRate bandwidth) {
  if (single.empty()) single.resize(router.topology().graph.link_count());
  std::size_t* known = &single[parallel.front()];
  if (parallel.size() > 1) {
    std::sort(parallel.begin(), parallel.end());
    known = &bundles[std::move(parallel)];
  }
  if (*known == 0) {
    if (links_made++ == most_links) throw RunError("the sprayed routes of this plane overlap without coinciding; use spread: ecmp");
    *known = solver->add_link(bandwidth) + 1;
  }
  return *known - 1;
}

namespace {

// Calls visit(shares of the links of the hop) hop by hop.
template <class Visit>
void for_each_hop(const topology::Route& route, Visit visit) {
  const std::span<const topology::LinkShare> shares = route.links;
  for (std::size_t first = 0, next = 0; first < shares.size(); first = next) {
    while (next < shares.size() && shares[next].hop == shares[first].hop) ++next;
    visit(shares.subspan(first, next - first));
  }
}

}  // namespace

std::size_t Fabric::State::number_of(std::span<const int> order) {
  if (order.empty()) return 0;
  const auto known = std::ranges::find_if(orders, [&](const auto& one) { return std::ranges::equal(one, order); });
  const auto number = static_cast<std::size_t>(known - orders.begin());
  if (known == orders.end()) orders.emplace_back(order.begin(), order.end());
  return number;
}

// Stays where it is.
Fabric::State::Way& Fabric::State::way_between(const Ends& ends) {
  const auto [known, added] = ways.try_emplace(ends);
  if (!added) return known->second;
  const int plane = router.plane_for(orders[ends.order], ends.from, ends.to);
  if (plane == topology::no_plane) throw RunError(fmt::format("no plane joins endpoints {} and {}", ends.from, ends.to));
  known->second.route = router.route(plane, ends.from, ends.to);
  return known->second;
}

// A sprayed hop is as wide as the most loaded of its parallel links allows, which is what they are to flows that use all of them evenly.
ByteRate Fabric::State::width(std::span<const topology::LinkShare> hop) const {
  ByteRate narrowest(std::numeric_limits<double>::infinity());
  for (const topology::LinkShare& share : hop) {
    const double left = beside.leaves ? beside.leaves(share) : 1;
    narrowest = std::min(narrowest, router.topology().graph.link(share.link).bandwidth * left / share.fraction);
  }
  return narrowest;
}

// One of the solver's links a hop.
void Fabric::State::find_links(Way& way) {
  for_each_hop(way.route, [&](std::span<const topology::LinkShare> hop) {
    std::vector<LinkId> parallel;
    for (const topology::LinkShare& share : hop) parallel.push_back(share.link);
    way.links.push_back(link_for(std::move(parallel), width(hop)));
  });
  if (!beside.leaves) way.route.links = {};
}

// Gives the links of a transfer that begins the width that other traffic leaves them.
void Fabric::State::leave_room(const Way& way) {
  auto link = way.links.begin();
  for_each_hop(way.route, [&](std::span<const topology::LinkShare> hop) { solver->set_bandwidth(*link++, width(hop), Simulation::now()); });
}

void Fabric::State::start(Way* way, Bytes bytes, std::span<const Port> through, std::function<void()> done) {
  if (!solver) solver = make_flow_solver();
  std::vector<std::size_t> links;
  for (const Port port : through) {
    auto& [rate, link] = ports[port];
    if (!link) link = solver->add_link(rate);
    links.push_back(*link);
  }
  if (way) {
    if (way->links.empty()) find_links(*way);
    if (beside.leaves) leave_room(*way);
    links.insert(links.end(), way->links.begin(), way->links.end());
  }
  const std::size_t flow = solver->start(links, bytes, Simulation::now());
  flows.resize(std::max(flows.size(), flow + 1));
  flows[flow] = {way, std::move(done)};
  if (way && beside.passes) beside.passes(way->route, 1);
}

Seconds Fabric::next() { return state_->solver ? state_->solver->next_end() : never; }

void Fabric::advance() {
  std::vector<State::Flow> ended;  // before others begin that take their numbers
  for (const std::size_t number : state_->solver->take_ended()) ended.push_back(std::move(state_->flows[number]));
  for (const State::Flow& flow : ended) {
    if (flow.way && state_->beside.passes) state_->beside.passes(flow.way->route, -1);
    flow.done();
  }
}

void Fabric::set_cross_traffic(CrossTraffic traffic) { state_->beside = std::move(traffic); }

void Fabric::transfer(int from, int to, Bytes bytes, Seconds delay, std::function<void()> done, std::span<const int> planes,
                      std::span<const Port> ports) {
  const Seconds start = Simulation::now() + delay;
  State::Way* const way = from == to ? nullptr : &state_->way_between({state_->number_of(planes), from, to});
  if (!way || bytes <= Bytes(0)) {
    Simulation::at(way ? start + way->route.latency : start, std::move(done));
    return;
  }
  Simulation::at(start + way->route.latency, [state = state_.get(), way, bytes, through = std::vector(ports.begin(), ports.end()),
                                              then = std::move(done)]() mutable { state->start(way, bytes, through, std::move(then)); });
}

Fabric::Port Fabric::add_port(ByteRate rate) {
  state_->ports.push_back({rate, std::nullopt});
  return state_->ports.size() - 1;
}

void Fabric::pass(Bytes bytes, std::span<const Port> ports, std::function<void()> done) {
  if (bytes > Bytes(0)) state_->start(nullptr, bytes, ports, std::move(done));
  else Simulation::at(Simulation::now(), std::move(done));
}

bool Fabric::joins(int from, int to, std::span<const int> planes) const {
  return state_->router.plane_for(planes, from, to) != topology::no_plane;
}

// The latency of a flow's route.
Seconds Fabric::State::latency(const collective::Flow& flow, std::span<const int> group) {
  const int from = group[static_cast<std::size_t>(flow.from)], to = group[static_cast<std::size_t>(flow.to)];
  return from == to ? Seconds(0) : way_between({0, from, to}).route.latency;
}

// The time in which a pipeline of steps fills: of every step the shortest latency, as often as it is waited for.
Seconds Fabric::State::filling(std::span<const collective::Step> steps, std::span<const int> group) {
  Seconds sum;
  for (const collective::Step& step : steps) {
    if (step.flows.empty()) continue;
    Seconds shortest(std::numeric_limits<double>::infinity());
    for (const collective::Flow& flow : step.flows) shortest = std::min(shortest, latency(flow, group));
    sum += shortest * step.repeat * step.depth;
  }
  return sum;
}

// The flows of steps that overlap share the links, each with all of its repetitions, once the pipeline has filled.
Process<> Fabric::State::run_together(Fabric& fabric, std::span<const collective::Step> steps, std::span<const int> group) {
  Signal arrived;
  std::size_t missing = 0;
  for (const collective::Step& step : steps) {
    if (!step.trees.empty()) throw RunError("what switches reduce or copy has no flow from endpoint to endpoint");
    missing += step.flows.size();
  }
  if (missing == 0) co_return;
  const bool alone = steps.size() == 1;
  const Seconds fill = alone ? Seconds(0) : filling(steps, group);
  for (const collective::Step& step : steps) {
    for (const collective::Flow& flow : step.flows) {
      Seconds delay;
      if (!alone) delay = std::max(Seconds(0), fill - latency(flow, group));
      else if (step.depth > 1) delay = latency(flow, group) * (step.depth - 1);
      fabric.transfer(group[static_cast<std::size_t>(flow.from)], group[static_cast<std::size_t>(flow.to)], flow.bytes * step.repeat, delay,
                      [&] {
                        if (--missing == 0) arrived.notify();
                      });
    }
  }
  co_await arrived.wait();
}

Process<Seconds> Fabric::run(const collective::Schedule& schedule, std::span<const int> group) {
  const Seconds start = Simulation::now();
  for (std::size_t first = 0, next = 0; first < schedule.size(); first = next) {
    do ++next;
    while (next < schedule.size() && schedule[next].overlaps);
    if (next - first > 1) {
      co_await state_->run_together(*this, std::span(schedule).subspan(first, next - first), group);
      continue;
    }
    collective::Step once = schedule[first];
    once.repeat = 1;
    for (int i = 0; i < schedule[first].repeat; ++i) co_await state_->run_together(*this, {&once, 1}, group);
  }
  co_return Simulation::now() - start;
}

}  // namespace podsim::platform
