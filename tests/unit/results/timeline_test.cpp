// The timeline is JSON that trace viewers read, with a slice for every step and every phase of a request.
#include "results/timeline.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/run_logs.hpp"

using namespace podsim;
using nlohmann::json;

namespace {

json timeline_of(const metrics::RunLog& log, const std::string& system = "sys") {
  std::ostringstream out;
  results::write_timeline(out, system, log);
  return json::parse(out.str());
}

// name, start and length in microseconds of the slices of one track.
using Slice = std::tuple<std::string, double, double>;
std::vector<Slice> slices(const json& timeline, int process, int thread) {
  std::vector<Slice> found;
  for (const json& event : timeline["traceEvents"]) {
    if (event["ph"] == "X" && event["pid"] == process && event["tid"] == thread)
      found.emplace_back(event["name"], event["ts"].get<double>(), event["dur"].get<double>());
  }
  return found;
}

constexpr int instances = 1, requests = 2;

}  // namespace

TEST_CASE("An empty run is valid JSON that names its tracks") {
  const json timeline = timeline_of(test::empty_log(), "a \"quoted\" name");
  std::vector<std::string> names;
  for (const json& event : timeline["traceEvents"]) {
    CHECK(event["ph"] == "M");
    names.push_back(event["args"]["name"]);
  }
  CHECK(names == std::vector<std::string>{"a \"quoted\" name: instances", "a \"quoted\" name: requests", "colocated 0"});
}

TEST_CASE("Every step is a slice on its instance, named by what it does") {
  auto log = test::empty_log();
  log.instances.push_back({"colocated", 4, 4, 100});
  log.steps = {test::step(0, 0.5), test::step(0.5, 0.25), test::step(1, 2, {}, 1)};
  log.steps[0].prefill_tokens = 100;
  log.steps[1].prefill_tokens = 50;
  log.steps[1].decode_sequences = 2;
  log.steps[2].decode_sequences = 3;
  log.steps[2].steps = 40;
  const json timeline = timeline_of(log);
  CHECK(slices(timeline, instances, 0) == std::vector<Slice>{{"prefill", 0, 5e5}, {"mixed", 5e5, 2.5e5}});
  CHECK(slices(timeline, instances, 1) == std::vector<Slice>{{"decode", 1e6, 2e6}});
  CHECK(timeline["traceEvents"].back()["args"]["steps"] == 40);
}

TEST_CASE("A request's phases follow each other from its arrival to its last token") {
  auto log = test::empty_log();
  auto request = test::answered(1, 2, 2.5, 4, 10);
  request.admitted = Seconds(1.5);
  log.requests = {request};
  CHECK(slices(timeline_of(log), requests, 0) ==
        std::vector<Slice>{{"queue", 1e6, 5e5}, {"prefill", 1.5e6, 5e5}, {"transfer", 2e6, 5e5}, {"decode", 2.5e6, 1.5e6}});
}

TEST_CASE("A request that decodes where it was prefilled has no transfer") {
  auto log = test::empty_log();
  log.requests = {test::answered(1, 2, 2, 4, 10)};
  CHECK(slices(timeline_of(log), requests, 0) == std::vector<Slice>{{"queue", 1e6, 0}, {"prefill", 1e6, 1e6}, {"decode", 2e6, 2e6}});
}

TEST_CASE("A request that was cut short has the phases that it finished, a rejected one none") {
  auto log = test::empty_log();
  metrics::RequestRecord waiting, prefilling;
  waiting.outcome = metrics::Outcome::rejected;
  waiting.arrival = prefilling.arrival = Seconds(1);
  prefilling.admitted = Seconds(2);
  log.requests = {waiting, prefilling};
  const json timeline = timeline_of(log);
  CHECK(slices(timeline, requests, 0).empty());
  CHECK(slices(timeline, requests, 1) == std::vector<Slice>{{"queue", 1e6, 1e6}});
}
