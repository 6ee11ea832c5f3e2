#include "app/launch.hpp"

#include <algorithm>

#include "config/node.hpp"

namespace podsim::app {
namespace {

constexpr int most = 1 << 24;

bool is_one_of(config::Node& when, const std::string& key, const std::string& word) {
  auto words = when.find(key);
  if (!words) return true;
  const std::vector<config::Node> items = words->items();
  return std::any_of(items.begin(), items.end(), [&](const config::Node& item) { return item.as<std::string>() == word; });
}

bool lies_in(config::Node& when, const std::string& key, int value) {
  auto range = when.find(key);
  if (!range) return true;
  const int low = range->get_within("min", 0, most, 0), high = range->get_within("max", 0, most, most);
  range->done();
  return low <= value && value <= high;
}

bool holds(config::Node when, const ServingCase& c) {
  const bool answers[] = {is_one_of(when, "engine", c.engine),
                          is_one_of(when, "engine_version", c.engine_version),
                          is_one_of(when, "measured", c.measured),
                          is_one_of(when, "chip", c.chip),
                          is_one_of(when, "model", c.model),
                          is_one_of(when, "weights", c.weights),
                          lies_in(when, "input_tokens", c.input),
                          lies_in(when, "output_tokens", c.output),
                          lies_in(when, "tp", c.tensor),
                          lies_in(when, "dp", c.data),
                          lies_in(when, "concurrency", c.concurrency)};
  when.done();
  return std::all_of(std::begin(answers), std::end(answers), [](bool answer) { return answer; });
}

YAML::Node copy_of(config::Node map) {
  YAML::Node copy(YAML::NodeType::Map);
  for (auto& [key, value] : map.entries()) {
    if (value.is_map()) copy[key] = copy_of(value);
    else copy[key] = value.as<std::string>();
  }
  return copy;
}

// "prompt + N": N.
std::optional<std::int64_t> more_than_prompt(const std::string& budget) {
  const std::string prefix = "prompt + ";
  return budget.starts_with(prefix) ? config::parse_text<std::int64_t>(budget.substr(prefix.size())) : std::nullopt;
}

// Reads the whole rule, whether it holds or not: a mistake shows at once.
void apply(config::Node set, bool holds, Launch& launch) {
  Launch rule;
  rule.kv = set.find_as<NumberFormat>("kv");
  rule.token_budget = set.get<std::string>("token_budget", "");
  const std::vector<std::string> words = {"", "prompt", "length", "throughput"};
  if (std::find(words.begin(), words.end(), rule.token_budget) == words.end() && !more_than_prompt(rule.token_budget))
    set.get_within<std::int64_t>("token_budget", 1, 1 << 30);
  rule.steps_to_text = set.get_within("steps_to_text", 0, most, 0);
  rule.shortest_answer = set.get_within("shortest_answer", 0.01, 1.0, 1.0);
  rule.distinct_prompts = set.get_within("distinct_prompts", 0, most, 0);
  if (auto engine = set.find("engine")) rule.engine = copy_of(std::move(*engine));
  if (auto drafts = set.find("speculation")) rule.drafts = copy_of(std::move(*drafts));
  set.done();
  if (!holds) return;
  if (rule.kv) launch.kv = rule.kv;
  if (!rule.token_budget.empty()) launch.token_budget = rule.token_budget;
  if (rule.steps_to_text > 0) launch.steps_to_text = rule.steps_to_text;
  if (rule.shortest_answer < 1) launch.shortest_answer = rule.shortest_answer;
  if (rule.distinct_prompts > 0) launch.distinct_prompts = rule.distinct_prompts;
  for (const auto& entry : rule.engine) launch.engine[entry.first.as<std::string>()] = entry.second;
  if (rule.drafts) launch.drafts = rule.drafts;
}

}  // namespace

namespace {

// As trtllm-bench tunes it (tensorrt_llm/bench/build/tuning.py): each step, the sequences' tokens and the prompts of those that follow
// them.
std::int64_t throughput_budget(std::int64_t prompt, std::int64_t answer, std::int64_t sequences) {
  constexpr double least = 2048, most_tuned = 32768;
  return static_cast<std::int64_t>(
      std::clamp(static_cast<double>(sequences) * (1 + static_cast<double>(prompt) / static_cast<double>(answer)), least, most_tuned));
}

}  // namespace

std::optional<std::int64_t> Launch::budget(std::int64_t prompt, std::int64_t answer, std::int64_t sequences) const {
  if (token_budget.empty()) return std::nullopt;
  if (token_budget == "prompt") return prompt + sequences;
  if (const auto more = more_than_prompt(token_budget)) return prompt + sequences + *more;
  if (token_budget == "length") return prompt + answer;
  if (token_budget == "throughput") return throughput_budget(prompt, answer, sequences);
  return std::stoll(token_budget);
}

Launch read_launch(config::Document& document, const ServingCase& serving_case) {
  Launch launch;
  for (const std::string& name : document.names_in("benchmarks", ".")) {
    config::Node file = config::Node::open(document, document.locate(name, "benchmarks", ".", "benchmarks"));
    for (config::Node rule : file.at("rules").items()) {
      const bool valid = holds(rule.at("when"), serving_case);
      apply(rule.at("set"), valid, launch);
      rule.done();
    }
    file.done();
  }
  return launch;
}

}  // namespace podsim::app
