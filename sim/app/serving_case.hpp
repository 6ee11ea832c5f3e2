// One measured serving run: a model, an engine and a number of chips under a closed loop or a batch of requests.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "app/case_table.hpp"
#include "base/units.hpp"
#include "config/document.hpp"

namespace podsim::app {

// A row of a case file.
struct ServingCase {
  std::string chip, model, engine;
  std::string engine_version, measured;  // "": not stated
  std::string weights, experts;          // number formats; "": bf16, and as the weights
  double shortest = 1;                   // lengths are drawn evenly between `shortest` * stated and the stated length,
  bool geometric = false;                // or geometrically with the stated length as their mean
  int input = 0, output = 0;             // tokens
  int concurrency = 0;                   // of the closed loop, over all chips
  int requests = 0;                      // all of them there at once; 0: a closed loop
  int tensor = 1, pipeline = 1, data = 1, expert_tensor = 1, expert = 1;
  int replicas = 1;       // equal instances behind one router
  int max_sequences = 0;  // of an instance; 0: as the engine's default
  int token_budget = 0;   // of a step; 0: as the rules or the engine say

  int chips() const { return tensor * pipeline * data * replicas; }
};

struct ServingFigures {
  double ttft_ms = 0;  // means over all requests
  double tpot_ms = 0;
  double output_tokens_per_s_per_chip = 0;  // from the first arrival to the end of the last answer
  double output_tokens_per_s = 0;           // of all chips
  double chip_power_w = 0;                  // of one chip, the mean over the same time; without hosts, network and cooling
  std::string source;                       // of the operators' time: shares measured, fitted and from the data sheet
};

// A figure that tables of measured runs may have, in a column of this name.
struct ServingFigure {
  const char* column;
  const char* title;
  const char* unit;
  double ServingFigures::*value;
};
inline constexpr std::array<ServingFigure, 4> serving_figures = {{
    {"tpot_ms", "TPOT", "ms", &ServingFigures::tpot_ms},
    {"ttft_ms", "TTFT", "ms", &ServingFigures::ttft_ms},
    {"output_tokens_per_s", "output tokens/s", "tokens/s", &ServingFigures::output_tokens_per_s},
    {"chip_power_w", "chip power", "W", &ServingFigures::chip_power_w},
}};

// Reads the columns chip, model, engine, engine_version, measured, weights, expert_weights, lengths, input_tokens, output_tokens,
// concurrency or requests, tp, pp, dp, moe_tp, ep, replicas, max_sequences, token_budget. Throws InputError that names file, line and
// column.
ServingCase read_serving_case(const CaseTable& table, std::size_t row);

// Runs the closed loop, ten requests for each of its slots, or the batch.
// Throws InputError when chip, model, engine or their combination cannot be simulated.
ServingFigures simulate_case(const ServingCase& serving_case, config::Document document);

}  // namespace podsim::app
