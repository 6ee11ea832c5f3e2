// platform::FlowSolver by SimGrid, as a module: nothing here is linked into programs.
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "platform/flow_solver.hpp"

namespace podsim::flows {
namespace {

namespace s4u = simgrid::s4u;
namespace routing = simgrid::kernel::routing;

// Hosts between which a route has whatever links it is told.
class Zone : public routing::NetZoneImpl {
 public:
  explicit Zone(const std::string& name) : NetZoneImpl(name) {}
  std::vector<s4u::Link*> route;

 private:
  void get_local_route(const routing::NetPoint*, const routing::NetPoint*, routing::Route* into, double*) override {
    for (const s4u::Link* link : route) into->link_list_.push_back(link->get_impl());
  }
};

// SimGrid's engine without actors: it moves from one end of flows to the next.
class SimGrid final : public platform::FlowSolver {
 public:
  SimGrid();

  std::size_t add_link(ByteRate bandwidth) override {
    // Latency is waited for by whoever starts a flow: SimGrid would share links unevenly between flows of unequal latency.
    links_.push_back(shelf_->create_link("link." + std::to_string(links_.size()), {bandwidth.value()})->set_latency(0));
    return links_.size() - 1;
  }

  void set_bandwidth(std::size_t link, ByteRate bandwidth, Seconds now) override {
    if (std::abs(links_[link]->get_bandwidth() / bandwidth.value() - 1) <= 1e-12) return;
    move_to(now);
    links_[link]->set_bandwidth(bandwidth.value());
    known_ = false;
  }

  std::size_t start(std::span<const std::size_t> links, Bytes bytes, Seconds now) override;
  Seconds next_end() override;

  std::vector<std::size_t> take_ended() override {
    if (ended_.empty()) move_to(next_end());
    free_.insert(free_.end(), ended_.begin(), ended_.end());
    return std::exchange(ended_, {});
  }

 private:
  struct Flow {
    std::size_t number;
    s4u::CommPtr comm;
  };

  void move_to(Seconds time);

  std::string program_ = "podsim";
  std::array<char*, 2> arguments_ = {program_.data(), nullptr};
  int count_ = 1;
  s4u::Engine engine_;
  Zone* zone_;
  Zone* shelf_;  // where links are: SimGrid seals the zone in which it looks for routes when it first runs
  s4u::Host *from_, *to_;
  std::vector<s4u::Link*> links_;
  std::deque<Flow> flows_;          // SimGrid points to them
  std::vector<std::size_t> free_;   // numbers of flows
  std::vector<std::size_t> ended_;  // flows that nobody has asked for
  bool known_ = true;               // when the next ends, at
  Seconds end_{std::numeric_limits<double>::infinity()};
};

SimGrid::SimGrid() : engine_(&count_, arguments_.data()) {
  xbt_log_control_set("root.thresh:critical");
  for (const char* option : {
           "network/model:CM02",          // fluid flows, max-min fair
           "network/latency-factor:1",    // the default model multiplies latency by 13.01 ...
           "network/bandwidth-factor:1",  // ... and bandwidth by 0.97
           "network/weight-S:0",          // no bias by the bandwidth of the route
           "network/TCP-gamma:1e30",      // no window: a flow may fill any bandwidth-delay product
           "network/crosstraffic:0",      // acknowledgements take nothing from the opposite direction
           "network/optim:Lazy",
           "surf/precision:1e-12",   // seconds; events nearer than this coincide
           "maxmin/precision:1e-9",  // bytes per second
       }) {
    s4u::Engine::set_config(option);
  }
  zone_ = new Zone("podsim");                    // SimGrid owns it
  static Zone* const shelf = new Zone("links");  // which nobody owns
  shelf_ = shelf;
  shelf_->set_network_model(zone_->get_network_model());
  from_ = zone_->get_iface()->create_host("from", 1e9);
  to_ = zone_->get_iface()->create_host("to", 1e9);
  zone_->get_iface()->seal();
  s4u::Activity::on_completion_cb(
      [this](const s4u::Activity& flow) { ended_.push_back(static_cast<const s4u::Comm&>(flow).get_data<Flow>()->number); });
}

void SimGrid::move_to(Seconds time) {
  const double now = s4u::Engine::get_clock();
  if (time.value() <= now && end_.value() > now) return;
  engine_.run_until(std::max(time.value(), now));
  known_ = false;
}

std::size_t SimGrid::start(std::span<const std::size_t> links, Bytes bytes, Seconds now) {
  move_to(now);
  zone_->route.clear();
  for (const std::size_t link : links) zone_->route.push_back(links_[link]);
  if (free_.empty()) {
    free_.push_back(flows_.size());
    flows_.push_back({flows_.size(), nullptr});
  }
  Flow& flow = flows_[free_.back()];
  free_.pop_back();
  flow.comm = s4u::Comm::sendto_init(from_, to_);
  flow.comm->set_payload_size(static_cast<std::uint64_t>(std::llround(bytes.value())));
  flow.comm->set_data(&flow);
  flow.comm->start();
  known_ = false;
  return flow.number;
}

Seconds SimGrid::next_end() {
  const double now = s4u::Engine::get_clock();
  if (!ended_.empty()) return Seconds(now);
  if (!known_) {
    double next = std::numeric_limits<double>::infinity();
    for (auto* model : engine_.get_all_models()) {
      if (model->get_started_action_set()->empty()) continue;
      if (const double delta = model->next_occurring_event(now); delta >= 0) next = std::min(next, delta);
    }
    end_ = Seconds(now + next);
    known_ = true;
  }
  return end_;
}

}  // namespace
}  // namespace podsim::flows

extern "C" podsim::platform::FlowSolver* podsim_make_flow_solver() { return new podsim::flows::SimGrid; }
