// One run in numbers: a pure function of its records.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "metrics/energy.hpp"
#include "metrics/run_log.hpp"
#include "metrics/statistics.hpp"
#include "metrics/verdict.hpp"
#include "metrics/window.hpp"

namespace podsim::metrics {

struct Summary {
  int packages = 0;       // of the cluster
  int used_packages = 0;  // that serve
  std::int64_t requests = 0, finished = 0, rejected = 0, unfinished = 0;
  Pace pace;                                           // of the whole run
  double input_tokens = 0, output_tokens = 0;          // computed and emitted in the window
  Seconds duration;                                    // of the window
  std::int64_t arrived = 0;                            // requests that arrived in the window
  Seconds arriving;                                    // from the start of the window until the last of them
  double in_system = 0;                                // requests, mean over the window
  Distribution queue;                                  // s: arrival until the first prompt token begins to be computed
  Distribution ttft;                                   // s: arrival to first token
  Distribution tpot;                                   // s: (last - first token) / (output tokens - 1), requests of at least 2 tokens
  Distribution itl;                                    // s: from token to token, over all tokens in the window
  Distribution e2e;                                    // s: arrival to last token
  Distribution kv_wait;                                // s: first token until the KV cache is where it decodes
  std::int64_t completed = 0;                          // requests that finished in the window; the latencies are theirs
  std::int64_t attained = 0;                           // finished requests within the service level
  double prefill_busy = 0, decode_busy = 0, busy = 0;  // share of time in steps, weighted by packages
  double mfu = 0, mbu = 0;        // mean arithmetic and memory bandwidth use of the serving packages, of data-sheet peaks
  double cached = 0, loaded = 0;  // share of the admitted prompts' tokens found in the instance's memory, brought from another
  std::int64_t preemptions = 0, swaps = 0;
  std::int64_t turned_away = 0;          // of the rejected, by admission control
  std::array<double, 3> time_sources{};  // shares of the operators' time: measured, fitted, data sheet
  Bytes kv_moved, kv_swapped;
  Energy energy;
  Watts peak_power;  // highest draw of the serving chips over any step boundary, with everything else that is on

  double output_rate() const { return per_second(output_tokens); }
  double input_rate() const { return per_second(input_tokens); }
  double offered_rate() const { return arriving > Seconds(0) ? static_cast<double>(arrived) / arriving.value() : 0; }
  double finished_rate() const { return per_second(static_cast<double>(completed)); }
  double goodput() const { return per_second(static_cast<double>(attained)); }
  double attainment() const { return completed > 0 ? static_cast<double>(attained) / static_cast<double>(completed) : 0; }
  Watts average_power() const { return duration > Seconds(0) ? energy.total() / duration : Watts(0); }
  double joules_per_output_token() const { return output_tokens > 0 ? energy.total().value() / output_tokens : 0; }

 private:
  double per_second(double count) const { return duration > Seconds(0) ? count / duration.value() : 0; }
};

Seconds queue_of(const RequestRecord& request);
Seconds ttft_of(const RequestRecord& request);
Seconds ttft_from_admission_of(const RequestRecord& request);
Seconds tpot_of(const RequestRecord& request);  // 0 for a single output token
Seconds e2e_of(const RequestRecord& request);

// `level` is promised to all whose client has none of its own.
Summary summarise(const RunLog& log, const ServiceLevel& level, Window window = {});

// The same of the requests alone: counts, latencies, service level, reuse of prefixes.
Summary summarise_requests(const RunLog& log, const ServiceLevel& level, Window window = {});

// Where the tokens of the admitted prompts came from: the instances' own memory, then each tier. Shares are of all those tokens.
struct TierSummary {
  TierUse use;
  double hit_rate = 0;
};
std::vector<TierSummary> summarise_tiers(const RunLog& log);

}  // namespace podsim::metrics
