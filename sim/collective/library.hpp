// What a communication library adds to the wire: start-up, issue cost and the share of the line rate that it reaches.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/units.hpp"
#include "collective/schedule.hpp"
#include "config/node.hpp"

namespace podsim::collective {

enum class Operation { all_reduce, all_gather, reduce_scatter, all_to_all, dispatch, combine, send };
inline constexpr std::array<const char*, 7> operation_names = {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "dispatch",
                                                               "combine",    "send"};

struct OperationProfile {
  Seconds overhead;         // once an operation
  Seconds per_destination;  // for every other rank that a rank sends to
  double efficiency = 1;    // achieved rate / line rate of the bottleneck link
};

struct Library {
  std::string name;
  MoeCopies copies = MoeCopies::per_expert;
  std::array<std::optional<OperationProfile>, operation_names.size()> operations;

  const std::optional<OperationProfile>& profile(Operation operation) const { return operations[static_cast<std::size_t>(operation)]; }
};

Library read_library(config::Node node);  // configs/libraries/*.yaml

}  // namespace podsim::collective
