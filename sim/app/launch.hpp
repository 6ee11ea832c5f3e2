// How the server of a measured run was started, as far as the case does not say it: rules of configs/benchmarks/*.yaml.
#pragma once

#include <optional>
#include <string>

#include <yaml-cpp/yaml.h>

#include "app/serving_case.hpp"
#include "base/number_format.hpp"
#include "config/document.hpp"

namespace podsim::app {

struct Launch {
  std::optional<podsim::NumberFormat> kv;  // format of the KV cache
  // A number; "prompt": one prompt and a token for every sequence; "prompt + N": and so many tokens of further prompts; "length": prompt
  // and answer; "throughput": what as many sequences as memory holds need to run evenly, prompts beside answers; "": the engine's default.
  std::string token_budget;
  YAML::Node engine;                 // keys over the engine profile
  std::optional<YAML::Node> drafts;  // speculative decoding
  int distinct_prompts = 0;          // the requests' prompts are drawn from so many; 0: every prompt is new
  double shortest_answer = 1;        // share of the stated length, where answers end on their own
  int steps_to_text = 0;             // decode steps from the first token to the first that a client sees

  // Of a request of `prompt` and `answer` tokens, the longest; `sequences` of them run together.
  std::optional<std::int64_t> budget(std::int64_t prompt, std::int64_t answer, std::int64_t sequences) const;
};

// What the rules whose conditions hold for the case say, later ones over earlier ones; files in the order of their names.
// Throws InputError when a file is wrong.
Launch read_launch(config::Document& document, const ServingCase& serving_case);

}  // namespace podsim::app
