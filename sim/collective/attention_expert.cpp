#include "collective/attention_expert.hpp"

#include <algorithm>
#include <utility>

namespace podsim::collective {
namespace {

struct Sides {
  int attention;
  int experts;
  Bytes mean;  // from one attention rank to one expert rank
  double busiest;
  double others;

  Bytes to(int expert) const { return mean * (expert == 0 ? busiest : others); }
  int piece(int from, int expert) const { return from * experts + expert; }
};

Sides sides_of(const MoeTraffic& traffic, double copies, Bytes bytes) {
  const int experts = traffic.ranks - traffic.attention;
  const double others = experts > 1 ? (experts - traffic.imbalance) / (experts - 1) : 1;
  return {traffic.attention, experts, bytes * (copies / experts), experts > 1 ? traffic.imbalance : 1, others};
}

Schedule reversed(Schedule schedule) {
  std::reverse(schedule.begin(), schedule.end());
  for (Step& step : schedule) {
    for (Flow& flow : step.flows) std::swap(flow.from, flow.to);
  }
  return schedule;
}

}  // namespace

Schedule attention_to_expert(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes) {
  MoeTraffic experts = traffic;
  experts.ranks = traffic.ranks - traffic.attention;
  const Sides sides = sides_of(traffic, copies == MoeCopies::per_expert ? traffic.top_k : expected_domains(experts, experts.ranks), bytes);
  Step step;
  for (int a = 0; a < sides.attention; ++a) {
    for (int e = 0; e < sides.experts; ++e)
      step.flows.push_back({.from = a, .to = sides.attention + e, .bytes = sides.to(e), .pieces = {.first = sides.piece(a, e)}});
  }
  return {step};
}

Schedule expert_to_attention(const MoeTraffic& traffic, MoeCopies copies, Bytes bytes) {
  return reversed(attention_to_expert(traffic, copies, bytes));
}

Schedule trampoline_to_expert(const MoeTraffic& traffic, Bytes bytes) {
  const Sides sides = sides_of(traffic, traffic.top_k, bytes);
  const int trampolines = std::min(sides.attention, sides.experts);
  Step up, on;
  for (int a = 0; a < sides.attention; ++a) {
    for (int t = 0; t < trampolines; ++t) {
      Flow& flow = up.flows.emplace_back(Flow{.from = a, .to = sides.attention + t, .bytes = Bytes(0)});
      flow.pieces = {.first = sides.piece(a, t), .count = 0, .stride = trampolines};
      for (int e = t; e < sides.experts; e += trampolines) {
        flow.bytes += sides.to(e);
        ++flow.pieces.count;
      }
    }
  }
  for (int e = trampolines; e < sides.experts; ++e) {
    on.flows.push_back({.from = sides.attention + e % trampolines,
                        .to = sides.attention + e,
                        .bytes = sides.to(e) * sides.attention,
                        .pieces = {.first = e, .count = sides.attention, .stride = sides.experts}});
  }
  if (on.flows.empty()) return {up};
  return {up, on};
}

Schedule trampoline_to_attention(const MoeTraffic& traffic, Bytes bytes) { return reversed(trampoline_to_expert(traffic, bytes)); }

int attention_expert_destinations(const MoeTraffic& traffic, bool to_experts, bool over_trampolines) {
  const int attention = traffic.attention, experts = traffic.ranks - attention;
  if (!over_trampolines) return to_experts ? experts : attention;
  const int trampolines = std::min(attention, experts);
  const int behind = (experts + trampolines - 1) / trampolines - 1;  // of one trampoline, at most
  return to_experts ? trampolines + behind : attention + (behind > 0 ? 1 : 0);
}

}  // namespace podsim::collective
