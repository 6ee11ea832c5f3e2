// Public traces of requests: their formats, and which part of a trace is taken.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>

#include "workload/workload.hpp"

namespace podsim::workload {

// A trace format: how to recognise its first line and how to read a line into the workload.
struct TraceFormat {
  std::string name;
  bool (*recognises)(const std::string& first_line);
  bool has_header;
  int block_tokens;
  // Appends one request with its arrival in the trace's own clock. Throws std::invalid_argument with what is wrong.
  void (*read_line)(const std::string& line, Workload& into);
};

// The requests that arrive in [from, to) after the first of the trace, at most `limit` of them (0: all); the first of those then arrives at
// 0, the others `time_scale` times as long after it as in the trace (0.5: twice the load).
struct TraceSlice {
  Seconds from{0};
  Seconds to{std::numeric_limits<double>::infinity()};
  double time_scale = 1;
  std::size_t limit = 0;
};

// Throws InputError "file:line: ..." for a broken line, a length that is not within 1 and 100 million tokens or a time that runs backwards,
// "file: ..." where nothing is left. What comes after the slice is not looked at.
Workload read_trace(const std::filesystem::path& file, std::span<const TraceFormat> formats, const TraceSlice& slice = {});

// The formats. Azure 2023: TIMESTAMP,ContextTokens,GeneratedTokens. Mooncake: JSON lines with timestamp (ms),
// input_length, output_length, hash_ids (blocks of 512 tokens). vLLM: the request log of a benchmark (LLMServingSim's `bench`), JSON lines
// with arrival_time (s), input_toks, output_toks. Plain: arrived_at (s),num_prefill_tokens,num_decode_tokens.
extern const TraceFormat azure_format;
extern const TraceFormat mooncake_format;
extern const TraceFormat plain_format;
extern const TraceFormat vllm_format;

}  // namespace podsim::workload
