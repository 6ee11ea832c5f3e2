// One measured serving run: a model, an engine and a number of chips under a closed loop of requests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/case_table.hpp"
#include "base/units.hpp"

namespace podsim::app {

// A row of a case file. Lengths are drawn evenly between `shortest` * stated and the stated length.
struct ServingCase {
  std::string chip, model, engine;
  std::string engine_version, measured;  // "": not stated
  std::string weights, experts;          // number formats; "": bf16, and as the weights
  double shortest = 1;
  int input = 0, output = 0;  // tokens
  int concurrency = 0;        // of the closed loop, over all chips
  int tensor = 1, pipeline = 1, data = 1, expert_tensor = 1, expert = 1;

  int chips() const { return tensor * pipeline * data; }
};

struct ServingFigures {
  double ttft_ms = 0;  // means over all requests
  double tpot_ms = 0;
  double output_tokens_per_s_per_chip = 0;
  std::string source;  // of the operators' time: shares measured, fitted and from the data sheet
};

// Reads the columns chip, model, engine, engine_version, measured, weights, expert_weights, lengths, input_tokens, output_tokens,
// concurrency, tp, pp, dp, moe_tp, ep. Throws InputError that names file, line and column.
ServingCase read_serving_case(const CaseTable& table, std::size_t row);

// Runs the closed loop, ten requests for each of its slots. SimGrid starts once in a process, so one call a process.
// Throws InputError when chip, model, engine or their combination cannot be simulated.
ServingFigures simulate_case(const ServingCase& serving_case, const std::vector<std::filesystem::path>& config_dirs);

}  // namespace podsim::app
