// What a communication library adds to the wire: start-up, issue cost and the share of the line rate that it reaches.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "collective/algorithm.hpp"
#include "config/node.hpp"

namespace podsim::collective {

// Where a library uses an algorithm: for groups that lie in one node, for those that span several, or for all.
enum class Scope { any, one_node, several_nodes };

// One way in which a library carries out an operation.
struct AlgorithmProfile {
  Algorithm algorithm = Algorithm::direct;
  Scope scope = Scope::any;
  std::string protocol;                   // which of several, for people ("LL", "Simple"); may be empty
  Seconds overhead;                       // once an operation
  double barriers = 0;                    // times that ranks wait for each other's signal beside the data: a latency of the path each
  Seconds per_step;                       // added to the latency of the path, each step of the schedule
  Seconds per_destination;                // for every other rank that a rank sends to
  double efficiency = 1;                  // achieved rate / line rate of the bottleneck link
  std::optional<double> node_efficiency;  // of links within a node, where an operation also crosses nodes; else the same
  ByteRate forward_rate;  // of the cores that take from the wire and send on within the node, first one, then the other; 0: no bound
  ByteRate copy_rate;     // of what a rank copies within its own memory; 0: hidden behind the wire
  Bytes min_size;         // of the operation's bytes, as collective/schedules.hpp counts them: the library uses it from here ...
  Bytes max_size = Bytes(std::numeric_limits<double>::max());  // ... to here
};

struct Library {
  std::string name;
  std::array<std::vector<AlgorithmProfile>, operation_names.size()> operations;  // by Operation; empty: not provided

  const std::vector<AlgorithmProfile>& profiles(Operation operation) const { return operations[static_cast<std::size_t>(operation)]; }
  bool provides(Operation operation) const { return !profiles(operation).empty(); }
};

// configs/libraries/*.yaml: name, operations: {operation: one profile or a list of them}, includes: another library that the engine also
// has at hand. Of the profiles that fit, an operation uses the one that is the fastest for its bytes.
Library read_library(config::Node node);

}  // namespace podsim::collective
