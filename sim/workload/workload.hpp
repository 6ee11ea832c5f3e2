// The requests that a run serves: from a trace, or drawn for one or several clients.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::workload {

struct Request {
  Seconds arrival;                // from the start of the run; never falls from one request to the next
  std::int64_t input = 0;         // prompt tokens, at least 1; in a session all that was said before, too
  std::int64_t output = 0;        // generated tokens, at least 1
  std::uint32_t first_block = 0;  // its prefix block hashes: Workload::block_hashes[first_block ...]
  std::uint32_t blocks = 0;
  std::uint32_t session = 0;  // that it is a turn of; a request by itself is a session of one turn
  std::uint32_t client = 0;   // index into Workload::clients
};

// How the requests of a client stand to those of others.
struct ClientClass {
  int priority = 0;             // higher goes first, where the engine looks at it
  std::optional<Seconds> ttft;  // promised, where it differs from what the others are promised; both or none
  std::optional<Seconds> tpot;
};

// A fixed number of clients, each of which sends its next request `think_time` after the answer to its last.
struct ClosedLoop {
  int concurrency = 1;
  Seconds think_time;
};

struct Workload {
  std::string name;
  std::optional<ClosedLoop> closed_loop;  // the arrivals of the requests then come from the run
  std::vector<Request> requests;
  // Of all requests, one after the other: request r has one a block of its prompt, the last block perhaps incomplete.
  // Equal hashes mean that the prompts are equal up to the end of that block.
  std::vector<std::uint64_t> block_hashes;
  int block_tokens = 0;              // tokens a hash stands for; 0: there are no hashes
  std::vector<std::string> clients;  // names; empty where there is but one
  std::vector<std::string> models;   // by client: the model that it asks for, "" for the only one
  std::vector<ClientClass> classes;  // by client

  int priority_of(const Request& request) const { return classes.empty() ? 0 : classes[request.client].priority; }
};

struct TraceFormat;

// Reads configs/workloads/*.yaml: `trace` (with `from`, `to`, `time_scale`, see trace.hpp), or what clients ask (client.hpp): `arrivals`,
// `input`, `output`, `sessions`, `shared_prefix`, `clients`, with `requests`, `duration` or both to say how many, and `block_tokens` (512).
// `limit` cuts either. A trace wins over the synthetic keys, so that it can be set over any experiment.
Workload read_workload(config::Node node, std::span<const TraceFormat> formats, std::uint64_t seed);

}  // namespace podsim::workload
