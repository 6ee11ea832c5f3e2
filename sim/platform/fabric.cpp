#include "platform/fabric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include <simgrid/kernel/routing/NetPoint.hpp>
#include "base/error.hpp"

#include "platform/zone.hpp"

namespace podsim::platform {
namespace s4u = simgrid::s4u;
using simgrid::s4u::Host;
using topology::LinkId;

struct Fabric::State {
  struct End {
    int plane;
    int endpoint;
  };
  struct Job {
    int plane;
    int from;
    int to;
    Bytes bytes;
    Seconds start;  // of the flow: delay and latency are over
    std::function<void()> done;
  };
  // A process that carries one transfer at a time.
  struct Carrier {
    Signal signal;
    Job job;
  };

  Simulation& simulation;
  topology::Router& router;
  std::vector<int> planes;
  std::map<unsigned long, End> ends;           // by host id
  std::map<std::pair<int, int>, Host*> hosts;  // by plane and endpoint
  struct Way {
    Zone::Links links;  // by hop
    topology::Route route;
  };
  std::unordered_map<std::uint64_t, Way> routes;    // by the ids of both hosts, 32 bits each
  std::map<std::vector<LinkId>, s4u::Link*> links;  // one, or the parallel links over which a hop is sprayed
  std::vector<s4u::Link*> spare;                    // made before the platform is sealed, bound on first use
  std::deque<Carrier> carriers;
  std::vector<Carrier*> idle;
  CrossTraffic beside;

  const Way& way_between(unsigned long from, unsigned long to);
  void leave_room(const Way& way);
  s4u::Link* link_for(std::vector<LinkId> parallel, ByteRate bandwidth);
  void carry(Carrier& carrier);
  Seconds latency(const collective::Flow& flow, std::span<const int> group);
  Seconds filling(std::span<const collective::Step> steps, std::span<const int> group);
  void run_together(Fabric& fabric, std::span<const collective::Step> steps, std::span<const int> group);
};

Fabric::Fabric(Simulation& simulation, topology::Router& router, std::span<const int> planes, std::span<const int> members)
    : state_(std::make_unique<State>(State{.simulation = simulation,
                                           .router = router,
                                           .planes = {planes.begin(), planes.end()},
                                           .ends = {},
                                           .hosts = {},
                                           .routes = {},
                                           .links = {},
                                           .spare = {},
                                           .carriers = {},
                                           .idle = {},
                                           .beside = {}})) {
  Zone& zone = Zone::instance();
  for (const int plane : planes) {
    const std::string& name = router.topology().planes[static_cast<std::size_t>(plane)].name;
    for (const int endpoint : members) {
      Host* host = zone.add_host(fmt::format("{}:{}", name, endpoint));
      state_->hosts[{plane, endpoint}] = host;
      state_->ends[host->get_netpoint()->id()] = {plane, endpoint};
    }
  }
  const topology::Topology& cluster = router.topology();
  std::set<int> used(planes.begin(), planes.end());
  for (const int plane : planes) used.insert(cluster.planes[static_cast<std::size_t>(plane)].forward_over);
  for (LinkId id = 0; id < cluster.graph.link_count(); ++id) {
    if (used.contains(cluster.graph.link(id).plane)) state_->spare.push_back(zone.add_link(fmt::format("link.{}", id)));
  }
  zone.set_route_function(
      [state = state_.get()](unsigned long from, unsigned long to) -> const Zone::Links& { return state->way_between(from, to).links; });
}

Fabric::~Fabric() = default;

s4u::Link* Fabric::State::link_for(std::vector<LinkId> parallel, ByteRate bandwidth) {
  std::sort(parallel.begin(), parallel.end());
  const auto [entry, added] = links.try_emplace(std::move(parallel), nullptr);
  if (added) {
    if (spare.empty()) throw RunError("the sprayed routes of this plane overlap without coinciding; use spread: ecmp");
    entry->second = spare.back();
    spare.pop_back();
    entry->second->set_bandwidth(bandwidth.value());
  }
  return entry->second;
}

namespace {

// Calls visit(links of the hop, how wide they are together) hop by hop. A sprayed hop is as wide as the most loaded of its parallel links
// allows, which is what they are to flows that use all of them evenly.
template <class Visit>
void for_each_hop(const topology::Route& route, const topology::Graph& graph, const CrossTraffic& beside, Visit visit) {
  for (std::size_t i = 0; i < route.links.size();) {
    std::vector<LinkId> parallel;
    ByteRate bandwidth(std::numeric_limits<double>::infinity());
    const int hop = route.links[i].hop;
    for (; i < route.links.size() && route.links[i].hop == hop; ++i) {
      const topology::LinkShare& share = route.links[i];
      parallel.push_back(share.link);
      const double left = beside.leaves ? beside.leaves(share) : 1;
      bandwidth = std::min(bandwidth, graph.link(share.link).bandwidth * left / share.fraction);
    }
    visit(std::move(parallel), bandwidth);
  }
}

}  // namespace

// One SimGrid link a hop. Setting up a link lets other processes run, so a way is known only when it is whole.
const Fabric::State::Way& Fabric::State::way_between(unsigned long from, unsigned long to) {
  const std::uint64_t pair = std::uint64_t{from} << 32 | to;
  if (const auto known = routes.find(pair); known != routes.end()) return known->second;
  Way way;
  const End source = ends.at(from);
  way.route = router.route(source.plane, source.endpoint, ends.at(to).endpoint);
  for_each_hop(way.route, router.topology().graph, beside,
               [&](std::vector<LinkId> parallel, ByteRate bandwidth) { way.links.push_back(link_for(std::move(parallel), bandwidth)); });
  if (!beside.leaves) way.route.links = {};
  return routes.try_emplace(pair, std::move(way)).first->second;
}

// Gives the links of a transfer that begins the width that other traffic leaves them.
void Fabric::State::leave_room(const Way& way) {
  auto link = way.links.begin();
  for_each_hop(way.route, router.topology().graph, beside, [&](const std::vector<LinkId>&, ByteRate bandwidth) {
    if (std::abs((*link)->get_bandwidth() / bandwidth.value() - 1) > 1e-12) (*link)->set_bandwidth(bandwidth.value());
    ++link;
  });
}

void Fabric::State::carry(Carrier& carrier) {
  while (true) {
    carrier.signal.wait();
    const Job job = std::move(carrier.job);
    Simulation::sleep_until(job.start);
    if (job.plane != topology::no_plane && job.bytes > Bytes(0)) {
      Host *const from = hosts.at({job.plane, job.from}), *const to = hosts.at({job.plane, job.to});
      const auto flow = s4u::Comm::sendto_init(from, to);
      flow->set_payload_size(static_cast<std::uint64_t>(std::llround(job.bytes.value())));
      if (beside.leaves) {
        const Way& way = way_between(from->get_netpoint()->id(), to->get_netpoint()->id());
        leave_room(way);
        beside.passes(way.route, 1);
        flow->wait();
        beside.passes(way.route, -1);
      } else {
        flow->wait();
      }
    }
    idle.push_back(&carrier);
    job.done();
  }
}

void Fabric::set_cross_traffic(CrossTraffic traffic) { state_->beside = std::move(traffic); }

void Fabric::transfer(int from, int to, Bytes bytes, Seconds delay, std::function<void()> done, std::span<const int> planes) {
  State::Job job{topology::no_plane, from, to, bytes, Simulation::now() + delay, std::move(done)};
  if (from != to) {
    job.plane = state_->router.plane_for(planes.empty() ? std::span<const int>(state_->planes) : planes, from, to);
    if (job.plane == topology::no_plane) throw RunError(fmt::format("no plane joins endpoints {} and {}", from, to));
    job.start += state_->router.latency(job.plane, from, to);
  }
  if (state_->idle.empty()) {
    State::Carrier& carrier = state_->carriers.emplace_back();
    state_->idle.push_back(&carrier);
    state_->simulation.spawn_service("carrier", [state = state_.get(), &carrier] { state->carry(carrier); });
  }
  State::Carrier& carrier = *state_->idle.back();
  state_->idle.pop_back();
  carrier.job = std::move(job);
  carrier.signal.notify();
}

// The latency of a flow's route.
Seconds Fabric::State::latency(const collective::Flow& flow, std::span<const int> group) {
  const int from = group[static_cast<std::size_t>(flow.from)], to = group[static_cast<std::size_t>(flow.to)];
  return from == to ? Seconds(0) : router.latency(router.plane_for(planes, from, to), from, to);
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
void Fabric::State::run_together(Fabric& fabric, std::span<const collective::Step> steps, std::span<const int> group) {
  Signal arrived;
  std::size_t missing = 0;
  for (const collective::Step& step : steps) {
    if (!step.trees.empty()) throw RunError("what switches reduce or copy has no flow from endpoint to endpoint");
    missing += step.flows.size();
  }
  if (missing == 0) return;
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
  arrived.wait();
}

Seconds Fabric::run(const collective::Schedule& schedule, std::span<const int> group) {
  const Seconds start = Simulation::now();
  for (std::size_t first = 0, next = 0; first < schedule.size(); first = next) {
    do ++next;
    while (next < schedule.size() && schedule[next].overlaps);
    if (next - first > 1) {
      state_->run_together(*this, std::span(schedule).subspan(first, next - first), group);
      continue;
    }
    collective::Step once = schedule[first];
    once.repeat = 1;
    for (int i = 0; i < schedule[first].repeat; ++i) state_->run_together(*this, {&once, 1}, group);
  }
  return Simulation::now() - start;
}

}  // namespace podsim::platform
