// Two measured vLLM runs, request by request: with their arrivals and lengths, latencies come out as measured.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/catalogue.hpp"
#include "app/experiment.hpp"
#include "engine/simulation.hpp"
#include "metrics/summary.hpp"
#include "support/child.hpp"
#include "support/files.hpp"
#include "workload/trace.hpp"

using namespace podsim;
using nlohmann::json;

namespace {

using Samples = std::array<std::vector<double>, 3>;  // TTFT, TPOT and end-to-end latency, s

// A request in the engine, s from the first that came.
struct Stay {
  double queued, scheduled, first_token, last_token;
  double input, output;
};

void add(Samples& samples, double first, double last, double output) {
  samples[0].push_back(first);
  if (output > 1) samples[1].push_back((last - first) / (output - 1));
  samples[2].push_back(last);
}

Samples samples_of(const std::vector<Stay>& stays) {
  Samples samples;
  for (const Stay& stay : stays) add(samples, stay.first_token - stay.queued, stay.last_token - stay.queued, stay.output);
  return samples;
}

std::vector<Stay> measured(const std::filesystem::path& file) {
  std::vector<Stay> stays;
  std::ifstream in(file);
  double start = 0;
  for (std::string line; std::getline(in, line);) {
    const json request = json::parse(line);
    const auto number = [&](const char* key) { return request[key].get<double>(); };
    if (stays.empty()) start = number("queued_ts");
    stays.push_back({number("queued_ts") - start, number("scheduled_ts") - start, number("first_token_ts") - start,
                     number("last_token_ts") - start, number("input_toks"), number("output_toks")});
  }
  return stays;
}

// The log counts from the engine's queue, so what happens before (network, tokeniser) is left out.
std::vector<Stay> predicted(const std::string& system, const workload::Workload& requests) {
  const json runs = json::parse(test::in_child([&] {
    test::Yaml yaml("system: {use: " + system + ", deployment: {colocated: {engine: {use: vllm, request_overhead: 0 s}}}}\n");
    engine::Scenario scenario = app::read_system(system, yaml.root().reference("system", "systems"), 1);
    scenario.workload = &requests;
    json result = json::array();
    for (const metrics::RequestRecord& r : engine::simulate(scenario).requests)
      result.push_back({r.arrival.value(), r.admitted.value(), r.first_token.value(), r.finished.value(), static_cast<double>(r.input),
                        static_cast<double>(r.output)});
    return result.dump();
  }));
  std::vector<Stay> stays;
  for (const json& run : runs) stays.push_back({run[0], run[1], run[2], run[3], run[4], run[5]});
  return stays;
}

// KV blocks of 16 tokens that requests hold at a moment: of the prompt once it is scheduled, of the answer as far as it has come.
double blocks_at(const std::vector<Stay>& stays, double time) {
  double blocks = 0;
  for (const Stay& stay : stays) {
    if (time < stay.scheduled || time >= stay.last_token) continue;
    const double share = std::clamp((time - stay.first_token) / std::max(1e-9, stay.last_token - stay.first_token), 0.0, 1.0);
    blocks += std::ceil((stay.input + share * (stay.output - 1)) / 16);
  }
  return blocks;
}

double running_at(const std::vector<Stay>& stays, double time) {
  return static_cast<double>(
      std::ranges::count_if(stays, [&](const Stay& stay) { return time >= stay.scheduled && time < stay.last_token; }));
}

struct Use {
  double mean = 0, peak = 0;
};

// Each second until the measured run has ended.
Use use_of(double seconds, const std::function<double(double)>& at) {
  Use use;
  for (double time = 1; time <= seconds; ++time) {
    use.mean += at(time) / std::floor(seconds);
    use.peak = std::max(use.peak, at(time));
  }
  return use;
}

// The telemetry's number of running requests, second by second.
std::vector<double> running_in(const std::filesystem::path& file) {
  std::vector<double> running;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string cell;
    for (int column = 0; column < 4; ++column) std::getline(cells, cell, ',');
    running.push_back(std::stod(cell));
  }
  return running;
}

struct MeasuredRun {
  std::string model, system;

  std::filesystem::path file(const std::string& what) const {
    return test::source_dir() / ("../shared/traces/vllm_measured_RTXPRO6000_" + model + "_" + what);
  }
};

MeasuredRun any_run() {
  const auto [model, system] =
      GENERATE(table<std::string, std::string>({{"Llama-3.1-8B", "rtx-pro-6000-llama8b"}, {"Qwen3-32B", "rtx-pro-6000-qwen3-32b"}}));
  return {model, system};
}

bool absent(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return false;
  WARN("no " + file.string() + ": skipped");
  return true;
}

}  // namespace

TEST_CASE("Measured vLLM runs: TTFT, TPOT and end-to-end latency at p50, p90 and p99 within 8 %") {
  const MeasuredRun given = any_run();
  const auto log = given.file("requests.jsonl");
  if (absent(log)) return;
  const Samples truth = samples_of(measured(log));
  const Samples run = samples_of(predicted(given.system, workload::read_trace(log, app::trace_formats())));
  const char* names[] = {"TTFT", "TPOT", "E2E"};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    std::vector<double> expected = truth[i], found = run[i];
    std::ranges::sort(expected);
    std::ranges::sort(found);
    for (const double q : {0.50, 0.90, 0.99}) {
      INFO(given.model << " " << names[i] << " p" << 100 * q);
      CHECK(metrics::quantile(found, q) == Approx(metrics::quantile(expected, q)).epsilon(0.08));
    }
  }
}

// The telemetry's own column of the cache's use is 0 throughout, so blocks follow from when each request was scheduled and had its tokens.
TEST_CASE("Measured vLLM runs: KV blocks held and requests running, mean and peak within 8 %") {
  const MeasuredRun given = any_run();
  const auto log = given.file("requests.jsonl"), telemetry = given.file("timeseries.csv");
  if (absent(log) || absent(telemetry)) return;
  const std::vector<Stay> truth = measured(log), run = predicted(given.system, workload::read_trace(log, app::trace_formats()));
  const std::vector<double> recorded = running_in(telemetry);
  const auto seconds = static_cast<double>(recorded.size());
  INFO(given.model);
  const Use blocks = use_of(seconds, [&](double time) { return blocks_at(run, time); });
  const Use true_blocks = use_of(seconds, [&](double time) { return blocks_at(truth, time); });
  CHECK(blocks.mean == Approx(true_blocks.mean).epsilon(0.08));
  CHECK(blocks.peak == Approx(true_blocks.peak).epsilon(0.08));
  const Use running = use_of(seconds, [&](double time) { return running_at(run, time); });
  const Use true_running = use_of(seconds, [&](double time) { return recorded[static_cast<std::size_t>(time) - 1]; });
  CHECK(running.mean == Approx(true_running.mean).epsilon(0.08));
  CHECK(running.peak == Approx(true_running.peak).epsilon(0.08));
}
