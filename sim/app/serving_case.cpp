#include "app/serving_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/catalogue.hpp"
#include "app/experiment.hpp"
#include "app/launch.hpp"
#include "base/error.hpp"
#include "engine/simulation.hpp"
#include "serving/engine_profile.hpp"

namespace podsim::app {
namespace {

constexpr int requests_per_slot = 10;  // of the measured runs
constexpr int most_sequences = 100'000;
constexpr int least_tuned_budget = 1024;  // inferred: with prompts of 128 to 512 tokens, servers took several at once
constexpr const char* geometric_lengths = "geometric";
constexpr int longest_geometric = 8;  // times the mean: what is cut off is less than 0.1 %
constexpr double most_memory = 0.95;  // of a chip that weights and KV cache are given when weights leave no room

// "fixed", or "uniform_0.8_1.0": drawn between 0.8 and 1.0 of the stated length, or "geometric".
double read_shortest(const CaseTable& table, std::size_t row) {
  const std::string lengths = table.text(row, "lengths");
  if (lengths.empty() || lengths == "fixed" || lengths == geometric_lengths) return 1;
  const std::string prefix = "uniform_", suffix = "_1.0";
  if (lengths.starts_with(prefix) && lengths.ends_with(suffix) && lengths.size() > prefix.size() + suffix.size()) {
    const auto share = config::parse_text<double>(lengths.substr(prefix.size(), lengths.size() - prefix.size() - suffix.size()));
    if (share && *share > 0 && *share <= 1) return *share;
  }
  table.fail(row, "lengths", fmt::format("\"{}\" is not one of fixed, uniform_LOW_1.0 (LOW between 0 and 1), geometric", lengths));
}

YAML::Node map_of(std::initializer_list<std::pair<const char*, std::string>> entries) {
  YAML::Node map(YAML::NodeType::Map);
  for (const auto& [key, value] : entries) map[key] = value;
  return map;
}

// The smallest cluster of topologies/ that is made of the chip and holds `chips` of them; the first by name of equals.
std::string cluster_of(config::Document& document, const std::string& chip, int chips) {
  std::string best;
  int smallest = 0;
  for (const std::string& name : document.names_in("topologies", ".")) {
    const YAML::Node yaml = document.load(document.locate(name, "topologies", ".", "cluster"));
    if (!yaml["chip"] || !yaml["chip"].IsScalar() || yaml["chip"].Scalar() != chip || !yaml["nodes"] || !yaml["packages_per_node"])
      continue;
    const int packages = yaml["nodes"].as<int>(0) * yaml["packages_per_node"].as<int>(0);
    if (packages < chips || (smallest > 0 && packages >= smallest)) continue;
    best = name;
    smallest = packages;
  }
  if (best.empty())
    throw InputError(fmt::format("no cluster in topologies/ is made of at least {} {} (add one, with --config-dir)", chips, chip));
  return best;
}

// The planes of a cluster that carry a class of traffic; one that does not say carries all.
std::vector<std::string> planes_for(const std::string& traffic, config::Document& document, const std::string& cluster) {
  config::Node node = config::Node::open(document, document.locate(cluster, "topologies", ".", "cluster"));
  std::vector<std::string> names;
  for (auto& [name, plane] : node.at("planes").entries()) {
    auto carries = plane.find("carries");
    const std::vector<config::Node> classes = carries ? carries->items() : std::vector<config::Node>();
    const auto is_it = [&](const config::Node& word) { return word.as<std::string>() == traffic; };
    if (!carries || std::any_of(classes.begin(), classes.end(), is_it)) names.push_back(name);
  }
  return names;
}

YAML::Node channel(const std::string& library, const std::vector<std::string>& planes, const std::string& engine) {
  if (library.empty()) throw InputError(fmt::format("engine {} names no communication library under defaults", engine));
  YAML::Node node = map_of({{"library", library}});
  node["planes"] = planes;
  return node;
}

NumberFormat format_of(const std::string& written, NumberFormat fallback) {
  if (written.empty()) return fallback;
  const auto format = number_format_from(written);
  if (!format) throw InputError(fmt::format("\"{}\" is no number format (there are: {})", written, list_number_formats()));
  return *format;
}

bool below_16_bits(NumberFormat format) { return bytes_per_element(format) < bytes_per_element(NumberFormat::bf16); }

// Products run in the weights' format, but engines multiply MXFP4 by MXFP8 where the chip has both.
NumberFormat activations_for(NumberFormat weights, const hardware::ChipSpec& chip) {
  return weights == NumberFormat::mxfp4 && chip.peak_of(weights) && chip.peak_of(NumberFormat::fp8) ? NumberFormat::fp8 : weights;
}

YAML::Node formats_of(const ServingCase& c, const serving::EngineProfile& engine, const model::ModelSpec& model,
                      const hardware::ChipSpec& chip) {
  NumberFormat weights = format_of(c.weights, NumberFormat::bf16);
  NumberFormat experts = format_of(c.experts, weights);
  const bool native = model.native_experts && bytes_per_element(experts) < bytes_per_element(NumberFormat::fp8);
  if (native) {  // the checkpoint as it was published
    weights = NumberFormat::bf16;
    experts = *model.native_experts;
  }
  const auto word = [](NumberFormat format) { return std::string(name_of(format)); };
  YAML::Node formats = map_of({{"weights", word(weights)}, {"experts", word(experts)}});
  formats["activations"] = word(activations_for(weights, chip));
  formats["expert_activations"] = word(activations_for(experts, chip));
  if (below_16_bits(weights)) formats["kv"] = word(engine.defaults.quantised_kv);
  return formats;
}

// The case as a system file would say it: colocated instances on the smallest cluster of the chip, each with `room` for so many sequences.
YAML::Node system_of(const ServingCase& c, const Launch& launch, config::Document& document, int room) {
  const serving::EngineProfile engine =
      serving::read_engine_profile(config::Node::open(document, document.locate(c.engine, "engines", ".", "engine")));
  const std::string cluster = cluster_of(document, c.chip, c.chips());
  YAML::Node pool = map_of({{"instances", fmt::format("{}", c.replicas)}});
  pool["engine"] = launch.engine.IsMap() ? YAML::Clone(launch.engine) : YAML::Node(YAML::NodeType::Map);
  pool["engine"]["use"] = c.engine;
  const int allowed = c.max_sequences > 0 ? c.max_sequences : engine.defaults.max_sequences;
  const int sequences = std::max(1, std::min({allowed, (c.concurrency + c.replicas - 1) / c.replicas, room}));
  pool["max_sequences"] = sequences;
  if (launch.drafts) pool["speculation"] = *launch.drafts;
  const int tokens_each = 1 + (launch.drafts ? (*launch.drafts)["draft_tokens"].as<int>(0) : 0);
  if (engine.defaults.tuned_budget && c.requests == 0) pool["token_budget"] = std::max(c.input + c.concurrency, least_tuned_budget);
  if (const auto budget = launch.budget(c.input, c.output, c.concurrency))
    pool["token_budget"] = std::max<std::int64_t>(*budget, static_cast<std::int64_t>(sequences) * tokens_each);
  if (c.token_budget > 0) pool["token_budget"] = c.token_budget;
  pool["parallel"] = map_of({{"tensor", fmt::format("{}", c.tensor)},
                             {"pipeline", fmt::format("{}", c.pipeline)},
                             {"data", fmt::format("{}", c.data)},
                             {"expert", fmt::format("{}", c.expert)},
                             {"expert_exchange", c.data > 1 ? "all_to_all" : "all_reduce"}});
  if (c.tensor * c.pipeline > 1)
    pool["tensor"] = channel(engine.defaults.tensor_library, planes_for("tensor", document, cluster), c.engine);
  if (c.expert > 1 && c.data > 1)
    pool["expert"] = channel(engine.defaults.expert_library, planes_for("expert", document, cluster), c.engine);
  YAML::Node system = map_of({{"cluster", cluster}, {"model", c.model}, {"pue", "1"}});
  const auto file = [&](const std::string& name, const char* folder) {
    return config::Node::open(document, document.locate(name, folder, ".", folder));
  };
  const model::ModelSpec model = model::read_model(file(c.model, "models"));
  system["deployment"]["formats"] = formats_of(c, engine, model, hardware::read_chip(file(c.chip, "chips")));
  if (launch.kv) system["deployment"]["formats"]["kv"] = std::string(name_of(*launch.kv));
  system["deployment"]["kv_block_tokens"] = engine.defaults.kv_block_tokens;
  system["deployment"]["colocated"] = pool;
  return system;
}

YAML::Node lengths(const ServingCase& c, int stated, double shortest) {
  if (c.geometric) {
    return map_of({{"distribution", "geometric"},
                   {"mean", fmt::format("{}", stated)},
                   {"max", fmt::format("{}", static_cast<std::int64_t>(stated) * longest_geometric)}});
  }
  return map_of({{"distribution", "uniform"},
                 {"min", fmt::format("{}", std::max(1, static_cast<int>(std::lround(shortest * stated))))},
                 {"max", fmt::format("{}", stated)}});
}

YAML::Node workload_of(const ServingCase& c, const Launch& launch, int block_tokens) {
  YAML::Node workload = map_of({{"requests", fmt::format("{}", c.requests > 0 ? c.requests : c.concurrency * requests_per_slot)}});
  if (c.requests > 0) workload["arrivals"] = map_of({{"process", "batch"}});
  else workload["arrivals"] = map_of({{"process", "closed_loop"}, {"concurrency", fmt::format("{}", c.concurrency)}});
  workload["input"] = lengths(c, c.input, c.shortest);
  if (launch.distinct_prompts > 0 && c.input > 1) {  // all but the last token is known when a prompt comes back
    workload["shared_prefix"] =
        map_of({{"tokens", fmt::format("{}", c.input - 1)}, {"groups", fmt::format("{}", launch.distinct_prompts)}});
    workload["input"] = map_of({{"distribution", "fixed"}, {"tokens", "1"}});
    workload["block_tokens"] = block_tokens;
  }
  workload["output"] = lengths(c, c.output, std::min(c.shortest, launch.shortest_answer));
  return workload;
}

}  // namespace

ServingCase read_serving_case(const CaseTable& table, std::size_t row) {
  constexpr int most = 1 << 20;
  ServingCase c;
  c.chip = table.word(row, "chip");
  c.model = table.word(row, "model");
  c.engine = table.word(row, "engine");
  c.engine_version = table.text(row, "engine_version");
  c.measured = table.text(row, "measured");
  c.weights = table.text(row, "weights");
  c.experts = table.text(row, "expert_weights");
  c.shortest = read_shortest(table, row);
  c.geometric = table.text(row, "lengths") == geometric_lengths;
  c.input = table.count(row, "input_tokens", 1, 1 << 24);
  c.output = table.count(row, "output_tokens", 1, 1 << 24);
  c.requests = table.count(row, "requests", 1, 1 << 24, 0);
  if (c.requests == 0) c.concurrency = table.count(row, "concurrency", 1, most_sequences);
  else if (!table.text(row, "concurrency").empty()) table.fail(row, "requests", "are all there at once: leave concurrency empty");
  else c.concurrency = c.requests;
  c.tensor = table.count(row, "tp", 1, most, 1);
  c.pipeline = table.count(row, "pp", 1, most, 1);
  c.data = table.count(row, "dp", 1, most, 1);
  c.expert = table.count(row, "ep", 1, most, 1);
  c.expert_tensor = table.count(row, "moe_tp", 1, most, 1);
  c.replicas = table.count(row, "replicas", 1, most, 1);
  c.max_sequences = table.count(row, "max_sequences", 1, most, 0);
  c.token_budget = table.count(row, "token_budget", 1, 1 << 24, 0);
  return c;
}

namespace {

// With the engine's default share of memory, or with as much as people give it at most where the weights need that.
engine::Scenario read_case_system(const ServingCase& c, const Launch& launch, config::Document& document, int room = most_sequences) {
  YAML::Node system = system_of(c, launch, document, room);
  try {
    return read_system(c.model, config::Node::made(document, system, "the case"), 1);
  } catch (const InputError& error) {
    if (std::string(error.what()).find("does not fit") == std::string::npos) throw;
    system["deployment"]["colocated"]["engine"]["memory_fraction"] = fmt::format("{}", most_memory);
    return read_system(c.model, config::Node::made(document, system, "the case"), 1);
  }
}

// Sequences of the stated length whose cache an instance has memory for, in all its attention groups.
int room_of(const ServingCase& c, const engine::Scenario& scenario) {
  const double tokens =
      static_cast<double>(engine::place(scenario).front().kv_blocks) * scenario.services.front().deployment.kv_block_tokens;
  return std::max(1, static_cast<int>(std::min<double>(most_sequences, tokens * c.data / (c.input + c.output))));
}

// "97 % fitted, 3 % datasheet"
std::string sources(const metrics::Summary& summary) {
  std::string text;
  const char* names[] = {"measured", "fitted", "datasheet"};
  for (std::size_t i = 0; i < summary.time_sources.size(); ++i) {
    if (summary.time_sources[i] >= 0.005)
      text += fmt::format("{}{:.0f} % {}", text.empty() ? "" : "; ", 100 * summary.time_sources[i], names[i]);
  }
  return text;
}

// As a client measures them: from the first text that it sees to the last.
ServingFigures figures_of(const metrics::Summary& summary, double tokens_per_step, const Launch& launch, const ServingCase& c) {
  ServingFigures figures = {summary.ttft.mean * 1e3,
                            summary.tpot.mean * 1e3,
                            summary.output_rate() / c.chips(),
                            summary.output_rate(),
                            (summary.energy.chips() / summary.duration).value() / summary.used_packages,
                            sources(summary)};
  const double unseen = launch.steps_to_text * tokens_per_step * figures.tpot_ms;
  figures.ttft_ms += unseen;
  if (c.output > 1) figures.tpot_ms -= unseen / (0.5 * (1 + c.shortest) * c.output - 1);
  return figures;
}

}  // namespace

ServingFigures simulate_case(const ServingCase& c, config::Document document) {
  const Launch launch = read_launch(document, c);
  engine::Scenario scenario = read_case_system(c, launch, document);
  if (launch.token_budget == "throughput") scenario = read_case_system(c, launch, document, room_of(c, scenario));
  const workload::Workload requests = workload::read_workload(
      config::Node::made(document, workload_of(c, launch, scenario.services.front().deployment.kv_block_tokens), "the case"),
      trace_formats(), 1);
  scenario.workload = &requests;
  const metrics::RunLog log = engine::simulate(scenario);
  const metrics::Summary summary = metrics::summarise(log, {});
  if (summary.finished < summary.requests)
    throw InputError(fmt::format("{} of {} requests do not fit: {} tokens are too long for the model or for the KV cache", summary.rejected,
                                 summary.requests, c.input + c.output));
  return figures_of(summary, scenario.services.front().deployment.first().speculation.tokens_per_step(), launch, c);
}

}  // namespace podsim::app
