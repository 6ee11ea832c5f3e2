// Two measured vLLM runs, request by request: with their arrivals and lengths, latencies come out as measured.
#include <fstream>
#include <nlohmann/json.hpp>

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

void add(Samples& samples, double first, double last, double output) {
  samples[0].push_back(first);
  if (output > 1) samples[1].push_back((last - first) / (output - 1));
  samples[2].push_back(last);
}

Samples measured(const std::filesystem::path& file) {
  Samples samples;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const json request = json::parse(line);
    const auto queued = request["queued_ts"].get<double>();
    add(samples, request["first_token_ts"].get<double>() - queued, request["last_token_ts"].get<double>() - queued,
        request["output_toks"].get<double>());
  }
  return samples;
}

// The log counts from the engine's queue, so what happens before (network, tokeniser) is left out.
Samples predicted(const std::string& system, const workload::Workload& requests) {
  const json runs = json::parse(test::in_child([&] {
    test::Yaml yaml("system: {use: " + system + ", deployment: {colocated: {engine: {use: vllm, request_overhead: 0 s}}}}\n");
    engine::Scenario scenario = app::read_system(system, yaml.root().reference("system", "systems"), 1);
    scenario.workload = &requests;
    json result = json::array();
    for (const metrics::RequestRecord& r : engine::simulate(scenario).requests)
      result.push_back({metrics::ttft_of(r).value(), metrics::e2e_of(r).value(), static_cast<double>(r.output)});
    return result.dump();
  }));
  Samples samples;
  for (const json& run : runs) add(samples, run[0].get<double>(), run[1].get<double>(), run[2].get<double>());
  return samples;
}

}  // namespace

TEST_CASE("Measured vLLM runs: TTFT, TPOT and end-to-end latency at p50, p90 and p99 within 8 %") {
  const auto [model, system] =
      GENERATE(table<std::string, std::string>({{"Llama-3.1-8B", "rtx-pro-6000-llama8b"}, {"Qwen3-32B", "rtx-pro-6000-qwen3-32b"}}));
  const std::filesystem::path log = test::source_dir() / ("../shared/traces/vllm_measured_RTXPRO6000_" + model + "_requests.jsonl");
  if (!std::filesystem::exists(log)) {
    WARN("no " + log.string() + ": skipped");
    return;
  }
  const Samples truth = measured(log), run = predicted(system, workload::read_trace(log, app::trace_formats()));
  const char* names[] = {"TTFT", "TPOT", "E2E"};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    std::vector<double> expected = truth[i], found = run[i];
    std::ranges::sort(expected);
    std::ranges::sort(found);
    for (const double q : {0.50, 0.90, 0.99}) {
      INFO(model << " " << names[i] << " p" << 100 * q);
      CHECK(metrics::quantile(found, q) == Approx(metrics::quantile(expected, q)).epsilon(0.08));
    }
  }
}
