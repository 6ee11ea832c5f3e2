// The requests that a run serves: from a trace, or drawn from an arrival process and length distributions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "config/node.hpp"

namespace podsim::workload {

struct Request {
  Seconds arrival;                // from the start of the run; never falls from one request to the next
  std::int64_t input = 0;         // prompt tokens, at least 1
  std::int64_t output = 0;        // generated tokens, at least 1
  std::uint32_t first_block = 0;  // its prefix block hashes: Workload::block_hashes[first_block ...]
  std::uint32_t blocks = 0;
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
  std::vector<std::uint64_t> block_hashes;  // of all requests, one after the other
  int block_tokens = 0;                     // tokens a hash stands for; 0: the trace has no hashes
};

// A trace format: how to recognise its first line and how to read a line into the workload.
struct TraceFormat {
  std::string name;
  bool (*recognises)(const std::string& first_line);
  bool has_header;
  int block_tokens;
  // Appends one request with its arrival in the trace's own clock. Throws std::invalid_argument with what is wrong.
  void (*read_line)(const std::string& line, Workload& into);
};

// Reads a trace; the first arrival becomes 0; at most `limit` requests (0: all).
// Throws InputError "file:line: ..." for a broken line, a length below 1 or a time that runs backwards.
Workload read_trace(const std::filesystem::path& file, std::span<const TraceFormat> formats, std::size_t limit);

// The formats. Azure 2023: TIMESTAMP,ContextTokens,GeneratedTokens. Mooncake: JSON lines with timestamp (ms),
// input_length, output_length, hash_ids (blocks of 512 tokens). Plain: arrived_at (s),num_prefill_tokens,num_decode_tokens.
extern const TraceFormat azure_format;
extern const TraceFormat mooncake_format;
extern const TraceFormat plain_format;

// Reads configs/workloads/*.yaml: `trace` (with `limit`), or `arrivals`, `input`, `output` and `requests`. A trace
// wins over the synthetic keys, so that it can be set over any experiment.
Workload read_workload(config::Node node, std::span<const TraceFormat> formats, std::uint64_t seed);

}  // namespace podsim::workload
