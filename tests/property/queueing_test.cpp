// Little's law on whole runs: numbers that steps record, integrated over time, are the times that requests record, added up.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "metrics/summary.hpp"
#include "support/child.hpp"
#include "support/scenarios.hpp"

using namespace podsim;
using nlohmann::json;

namespace {

// Integrals over a run, in requests x seconds, from two kinds of record.
json integrals_of(const engine::Scenario& scenario) {
  return json::parse(test::in_child([&] {
    const metrics::RunLog log = engine::simulate(scenario);
    const metrics::Summary summary = metrics::summarise(log, {});
    double decoding = 0, in_batches = 0, longest_step = 0;
    for (const auto& request : log.requests) {
      if (request.outcome == metrics::Outcome::finished && request.output > 1)
        decoding += (request.finished - request.decode_ready).value();
    }
    for (const auto& step : log.steps) {
      in_batches += step.duration.value() * step.decode_sequences;
      longest_step = std::max(longest_step, step.duration.value() / static_cast<double>(step.steps));
    }
    return json{{"in_system", summary.in_system}, {"rate", summary.finished_rate()}, {"sojourn", summary.e2e.mean}, {"decoding", decoding},
                {"in_batches", in_batches},       {"longest_step", longest_step},    {"finished", summary.finished}}
        .dump();
  }));
}

json integrals(const std::string& deployment) {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  const double gap = GENERATE(0.02, 0.3);
  return integrals_of(test::setup(deployment, test::random_requests(300, seed, gap)).scenario);
}

}  // namespace

TEST_CASE("The mean number in the system is the rate times the mean time in it") {
  const json run = integrals(GENERATE(as<std::string>(), test::colocated(2), test::separate));
  CHECK(run["in_system"].get<double>() == Approx(run["rate"].get<double>() * run["sojourn"].get<double>()));
}

TEST_CASE("Where prompts and answers share instances, sequences in steps are requests between first and last token") {
  const json run = integrals(test::colocated(2));
  CHECK(run["in_batches"].get<double>() == Approx(run["decoding"].get<double>()).epsilon(1e-9));
}

TEST_CASE("In a pool of its own a request waits at most one step before it decodes") {
  const json run = integrals(test::separate);
  const double waited = run["decoding"].get<double>() - run["in_batches"].get<double>();
  CHECK(waited >= 0);
  CHECK(waited <= run["finished"].get<double>() * run["longest_step"].get<double>());
}
