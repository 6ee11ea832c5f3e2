#include "results/timeline.hpp"

#include <nlohmann/json.hpp>

namespace podsim::results {
namespace {

using nlohmann::json;

double microseconds(Seconds time) { return time.value() * 1e6; }

class Events {
 public:
  explicit Events(std::ostream& out) : out_(out) { out_ << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"; }
  ~Events() { out_ << "\n]}\n"; }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  void add(const json& event) {
    if (!first_) out_ << ",\n";
    first_ = false;
    out_ << event.dump();
  }
  void name(const char* what, int process, std::size_t thread, const std::string& name) {
    add({{"ph", "M"}, {"name", what}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}});
  }
  void slice(int process, std::size_t thread, const char* name, Seconds from, Seconds to, json args) {
    add({{"ph", "X"},
         {"pid", process},
         {"tid", thread},
         {"name", name},
         {"ts", microseconds(from)},
         {"dur", microseconds(to - from)},
         {"args", std::move(args)}});
  }

 private:
  std::ostream& out_;
  bool first_ = true;
};

constexpr int instances_process = 1;
constexpr int requests_process = 2;

void add_steps(Events& events, const metrics::RunLog& log) {
  for (const metrics::StepRecord& step : log.steps) {
    const char* name = step.prefill_tokens == 0 ? "decode" : step.decode_sequences == 0 ? "prefill" : "mixed";
    events.slice(instances_process, static_cast<std::size_t>(step.instance), name, step.start, step.start + step.duration,
                 {{"steps", step.steps},
                  {"prefill_tokens", step.prefill_tokens},
                  {"decode_sequences", step.decode_sequences},
                  {"context", step.context}});
  }
}

void add_request(Events& events, std::size_t id, const metrics::RequestRecord& r) {
  const auto phase = [&](const char* name, Seconds from, Seconds to) {
    if (from >= Seconds(0) && to >= from) events.slice(requests_process, id, name, from, to, {{"input", r.input}, {"output", r.output}});
  };
  phase("queue", r.arrival, r.admitted);
  phase("prefill", r.admitted, r.first_token);
  if (r.decode_ready > r.first_token) phase("transfer", r.first_token, r.decode_ready);
  phase("decode", r.decode_ready, r.finished);
}

}  // namespace

void write_timeline(std::ostream& out, const std::string& system, const metrics::RunLog& log) {
  Events events(out);
  events.name("process_name", instances_process, 0, system + ": instances");
  events.name("process_name", requests_process, 0, system + ": requests");
  for (std::size_t i = 0; i < log.instances.size(); ++i)
    events.name("thread_name", instances_process, i, log.instances[i].pool + " " + std::to_string(i));
  add_steps(events, log);
  for (std::size_t i = 0; i < log.requests.size(); ++i) add_request(events, i, log.requests[i]);
}

}  // namespace podsim::results
