// A workload description: seeds and streams, traces over synthetic keys, limits, and what is refused.
#include "app/catalogue.hpp"
#include "base/error.hpp"
#include "support/files.hpp"
#include "support/messages.hpp"
#include "workload/workload.hpp"

using namespace podsim;
using workload::Request;
using workload::Workload;

namespace {

std::string synthetic(const std::string& output = "{distribution: uniform, min: 1, max: 900}", int requests = 200) {
  return fmt::format(
      "requests: {}\narrivals: {{process: gamma, rate: 10 /s, cv: 2}}\n"
      "input: {{distribution: lognormal, median: 500, sigma: 1, min: 1, max: 9000}}\noutput: {}\n",
      requests, output);
}

Workload read(const std::string& text, std::uint64_t seed = 1) {
  test::Yaml yaml(text);
  return workload::read_workload(yaml.root(), app::trace_formats(), seed);
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { workload::read_workload(node, app::trace_formats(), 1); });
}

template <class Part>
auto all(const Workload& workload, Part Request::*part) {
  std::vector<Part> values;
  for (const Request& request : workload.requests) values.push_back(request.*part);
  return values;
}

// A workload file beside a trace of three requests.
struct WithTrace {
  explicit WithTrace(const std::string& text) {
    folder.write("traces/t.csv", "arrived_at,num_prefill_tokens,num_decode_tokens\n10,1,2\n11,3,4\n12,5,6\n");
    file = folder.write("workload.yaml", text);
  }
  Workload read() {
    config::Document document;
    return workload::read_workload(config::Node::open(document, file), app::trace_formats(), 1);
  }
  test::TemporaryFolder folder;
  std::filesystem::path file;
};

}  // namespace

TEST_CASE("As many requests as asked for, the first at once and the others in order") {
  const Workload w = read(synthetic());
  REQUIRE(w.requests.size() == 200);
  CHECK(w.requests.front().arrival.value() == 0);
  const auto arrivals = all(w, &Request::arrival);
  CHECK(std::is_sorted(arrivals.begin(), arrivals.end()));
  CHECK(arrivals.back() > Seconds(0));
  CHECK(w.name == "workload");
  CHECK(read("name: mine\n" + synthetic()).name == "mine");
}

TEST_CASE("The same seed gives the same requests, another seed others") {
  const Workload one = read(synthetic(), 7), same = read(synthetic(), 7), other = read(synthetic(), 8);
  CHECK(all(one, &Request::arrival) == all(same, &Request::arrival));
  CHECK(all(one, &Request::input) == all(same, &Request::input));
  CHECK(all(one, &Request::output) == all(same, &Request::output));
  CHECK(all(one, &Request::arrival) != all(other, &Request::arrival));
  CHECK(all(one, &Request::input) != all(other, &Request::input));
  CHECK(all(one, &Request::output) != all(other, &Request::output));
}

TEST_CASE("Another distribution of outputs leaves arrivals and prompts as they are") {
  const Workload one = read(synthetic());
  const std::string other = GENERATE("{distribution: fixed, tokens: 5}", "{distribution: lognormal, median: 9, sigma: 2, min: 8, max: 11}");
  const Workload changed = read(synthetic(other));
  CHECK(all(one, &Request::arrival) == all(changed, &Request::arrival));
  CHECK(all(one, &Request::input) == all(changed, &Request::input));
  CHECK(all(one, &Request::output) != all(changed, &Request::output));
}

TEST_CASE("Prompts and answers of one distribution are drawn apart") {
  const std::string lengths = "{distribution: uniform, min: 1, max: 900}";
  const Workload w = read(fmt::format("requests: 200\narrivals: {{process: poisson, rate: 1 /s}}\ninput: {0}\noutput: {0}\n", lengths));
  const auto equal = std::count_if(w.requests.begin(), w.requests.end(), [](const Request& r) { return r.input == r.output; });
  CHECK(equal < 10);  // by chance one in 900
}

TEST_CASE("More requests begin like fewer, and a limit keeps the first") {
  const Workload whole = read(synthetic());
  Workload first;
  first.requests.assign(whole.requests.begin(), whole.requests.begin() + 50);
  for (const Workload& fewer : {read(synthetic("{distribution: uniform, min: 1, max: 900}", 50)), read(synthetic() + "limit: 50\n")}) {
    CHECK(all(fewer, &Request::arrival) == all(first, &Request::arrival));
    CHECK(all(fewer, &Request::input) == all(first, &Request::input));
    CHECK(all(fewer, &Request::output) == all(first, &Request::output));
  }
  CHECK(read(synthetic() + "limit: 1000\n").requests.size() == 200);
}

TEST_CASE("A duration ends the arrivals, with or without a number of requests") {
  const std::string every_second =
      "arrivals: {process: constant, rate: 1 /s}\ninput: {distribution: fixed, tokens: 3}\noutput: {distribution: fixed, tokens: 4}\n";
  CHECK(read("duration: 10.5 s\n" + every_second).requests.size() == 11);  // at 0, 1, ... 10 s
  CHECK(read("duration: 10.5 s\nrequests: 5\n" + every_second).requests.size() == 5);
  CHECK(read("duration: 10.5 s\nrequests: 50\n" + every_second).requests.size() == 11);
  CHECK(read("duration: 10.5 s\nlimit: 4\n" + every_second).requests.size() == 4);
}

TEST_CASE("A batch arrives at once") {
  const std::string lengths = "input: {distribution: fixed, tokens: 3}\noutput: {distribution: fixed, tokens: 4}\n";
  const Workload w = read("requests: 30\narrivals: {process: batch}\n" + lengths);
  REQUIRE(w.requests.size() == 30);
  CHECK(w.requests.back().arrival.value() == 0);
  CHECK_FALSE(w.closed_loop);
  CHECK(complaint("duration: 5 s\narrivals: {process: batch}\n" + lengths) ==
        "test.yaml:1: duration: a batch arrives at once: say how many requests");
}

TEST_CASE("A closed loop has its concurrency and think time, and no sessions") {
  const std::string loop =
      "requests: 3\narrivals: {process: closed_loop, concurrency: 7, think_time: 2 s}\ninput: {distribution: fixed, tokens: 3}\n"
      "output: {distribution: fixed, tokens: 4}\n";
  const Workload w = read(loop);
  REQUIRE(w.closed_loop);
  CHECK(w.closed_loop->concurrency == 7);
  CHECK(w.closed_loop->think_time.value() == 2);
  CHECK(w.requests.size() == 3);
  CHECK(complaint(loop + "sessions: {}\n") == "test.yaml:5: sessions: a closed loop has one kind of client, and no sessions");
}

TEST_CASE("A trace is found beside the file that names it, and wins over synthetic keys") {
  const Workload w = WithTrace("trace: traces/t.csv\n" + synthetic()).read();
  CHECK(all(w, &Request::input) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(all(w, &Request::output) == std::vector<std::int64_t>{2, 4, 6});
  CHECK(w.requests.back().arrival.value() == 2);
  CHECK(w.name == "t");
}

TEST_CASE("A limit cuts a trace") { CHECK(WithTrace("trace: traces/t.csv\nlimit: 2\n").read().requests.size() == 2); }

TEST_CASE("A slice of a trace and its clock are read") {
  const Workload w = WithTrace("trace: traces/t.csv\nfrom: 1 s\nto: 1 min\ntime_scale: 3\n").read();
  CHECK(all(w, &Request::input) == std::vector<std::int64_t>{3, 5});
  CHECK(w.requests.back().arrival.value() == 3);
  WithTrace wrong("trace: traces/t.csv\nfrom: 5 s\nto: 5 s\n");
  CHECK(test::message_of<InputError>([&] { wrong.read(); }) == wrong.file.string() + ":3: to: must come after from");
}

TEST_CASE("A trace that is not there is named") {
  WithTrace wrong("trace: traces/u.csv\n");
  CHECK(test::message_of<InputError>([&] { wrong.read(); }) == (wrong.folder.path() / "traces/u.csv").string() + ": cannot be read");
}

TEST_CASE("A workload that says too little or too much is refused with file, line and key") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"requests: 0\n", "test.yaml:1: requests: must lie between 1 and 1000000000, not 0"},
      {"name: x\n", "test.yaml:1: the key \"requests\" is missing"},
      {"requests: 5\n", "test.yaml:1: the key \"arrivals\" is missing"},
      {"requests: 5\narrivals: fast\n", "test.yaml:2: arrivals: must be a map of keys"},
      {synthetic("{distribution: uniform, min: 2, max: 1}"), "test.yaml:4: output.min: must not exceed max"},
      {synthetic() + "inputs: 5\n",
       "test.yaml:5: inputs: unknown key \"inputs\"; did you mean \"input\"? (allowed: arrivals, block_tokens, clients, duration, input, "
       "limit, name, output, "
       "requests, sessions, shared_prefix, trace)"},
      {synthetic() + "limit: -1\n", "test.yaml:5: limit: must lie between 0 and 1000000000, not -1"},
  }));
  CHECK(complaint(text) == message);
}
