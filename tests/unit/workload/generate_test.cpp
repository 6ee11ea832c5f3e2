// Clients, sessions and shared prefixes: who asks how often, what a turn repeats, and which prompts share blocks.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "app/catalogue.hpp"
#include "support/files.hpp"
#include "support/samples.hpp"
#include "workload/trace.hpp"
#include "workload/workload.hpp"

using namespace podsim;
using workload::Request;
using workload::Workload;

namespace {

Workload read(const std::string& text, std::uint64_t seed = 1) {
  test::Yaml yaml(text);
  return workload::read_workload(yaml.root(), app::trace_formats(), seed);
}

std::string complaint(const std::string& text) {
  test::Yaml yaml(text);
  return yaml.error_of([](config::Node node) { workload::read_workload(node, app::trace_formats(), 1); });
}

std::string fixed(int tokens) { return fmt::format("{{distribution: fixed, tokens: {}}}", tokens); }

std::vector<std::uint64_t> hashes(const Workload& w, const Request& r) {
  return {w.block_hashes.begin() + r.first_block, w.block_hashes.begin() + r.first_block + r.blocks};
}

std::size_t common(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

std::map<std::uint32_t, std::vector<Request>> by_session(const Workload& w) {
  std::map<std::uint32_t, std::vector<Request>> sessions;
  for (const Request& r : w.requests) sessions[r.session].push_back(r);
  return sessions;
}

const std::string two_clients =
    "arrivals: {process: poisson, rate: 40 /s}\noutput: {distribution: fixed, tokens: 9}\n"
    "clients:\n  chat: {share: 3, input: {distribution: fixed, tokens: 100}}\n"
    "  code: {share: 1, arrivals: {process: gamma, cv: 3}, input: {distribution: fixed, tokens: 5000}}\n";

const std::string sessions =
    "arrivals: {process: poisson, rate: 2 /s}\ninput: {distribution: uniform, min: 50, max: 900}\n"
    "output: {distribution: uniform, min: 20, max: 300}\nblock_tokens: 64\n"
    "sessions: {turns: {distribution: geometric, mean: 4, max: 100}, gap: {distribution: exponential, mean: 20 s}}\n";

}  // namespace

TEST_CASE("Clients have their shares of the rate, their own lengths and what all say") {
  const Workload w = read("requests: 40000\n" + two_clients);
  REQUIRE(w.clients == std::vector<std::string>{"chat", "code"});
  std::vector<double> arrivals[2];
  for (const Request& r : w.requests) {
    arrivals[r.client].push_back(r.arrival.value());
    CHECK(r.input == (r.client == 0 ? 100 : 5000));
    CHECK(r.output == 9);
  }
  const double length = w.requests.back().arrival.value();
  // The number of renewals in a time t has mean t / gap and variance cv^2 of that.
  CHECK(static_cast<double>(arrivals[0].size()) == Approx(30 * length).margin(4 * std::sqrt(30 * length)));
  CHECK(static_cast<double>(arrivals[1].size()) == Approx(10 * length).margin(4 * 3 * std::sqrt(10 * length)));
  CHECK(std::is_sorted(w.requests.begin(), w.requests.end(), [](const Request& a, const Request& b) { return a.arrival < b.arrival; }));
}

TEST_CASE("A client asks the same whatever other clients do") {
  const std::string third = "  batch: {share: 4, input: {distribution: fixed, tokens: 7}}\n";
  // The same rates of the first two: 40 /s of 4 shares, 80 /s of 8.
  std::string more = two_clients + third;
  more.replace(more.find("40 /s"), 5, "80 /s");
  const auto of_chat = [](const Workload& w) {
    std::vector<double> times;
    for (const Request& r : w.requests)
      if (r.client == 0) times.push_back(r.arrival.value());
    return times;
  };
  const auto two = of_chat(read("duration: 20 s\n" + two_clients)), three = of_chat(read("duration: 20 s\n" + more));
  CHECK(two.size() > 400);
  CHECK(two == three);
}

TEST_CASE("Clients that cannot be are refused with file, line and key") {
  const std::string arrivals =
      "requests: 5\narrivals: {rate: 1 /s}\ninput: {distribution: fixed, tokens: 1}\noutput: {distribution: fixed, tokens: 1}\n";
  CHECK(complaint(arrivals + "clients: {a: {share: 1}}\n") == "test.yaml:2: arrivals: the key \"process\" is missing");
  CHECK(complaint(arrivals + "clients: {a: {arrivals: {process: poisson}}}\n") == "test.yaml:5: clients.a: the key \"share\" is missing");
  CHECK(complaint(arrivals + "clients: {}\n") == "test.yaml:5: clients: names no client");
  CHECK(complaint(arrivals + "clients: {a: {share: 1, arrivals: {process: poisson, rate: 5 /s}}}\n")
            .starts_with("test.yaml:5: clients.a.arrivals.rate: unknown key"));
  CHECK(complaint(arrivals + "clients: {a: {share: 1, arrivals: {process: batch}}}\n") ==
        "test.yaml:5: clients.a.arrivals.process: clients that arrive all at once leave no share for others");
}

TEST_CASE("A turn's prompt is all that was said before and something new") {
  const Workload w = read("requests: 3000\n" + sessions);
  std::size_t further = 0;
  for (const auto& [number, turns] : by_session(w)) {
    CHECK(turns.front().input <= 900);
    for (std::size_t t = 1; t < turns.size(); ++t) {
      const std::int64_t said = turns[t - 1].input + turns[t - 1].output;
      CHECK(turns[t].input >= said + 50);
      CHECK(turns[t].input <= said + 900);
      CHECK(turns[t].arrival > turns[t - 1].arrival);
      ++further;
    }
  }
  CHECK(further > 1000);
}

TEST_CASE("Sessions have the asked mean of turns and gaps") {
  // Long enough that all turns of the sessions of the first hour are there: 100 turns take 2000 s on average.
  const Workload w = read("duration: 3 h\n" + sessions);
  std::vector<double> turns, gaps;
  for (const auto& [number, requests] : by_session(w)) {
    if (requests.front().arrival > units::hour) continue;
    turns.push_back(static_cast<double>(requests.size()));
    for (std::size_t t = 1; t < requests.size(); ++t) gaps.push_back((requests[t].arrival - requests[t - 1].arrival).value());
  }
  CHECK(test::mean_of(turns) == Approx(4).margin(4 * std::sqrt(12.0 / static_cast<double>(turns.size()))));
  CHECK(test::mean_of(gaps) == Approx(20).margin(4 * 20 / std::sqrt(static_cast<double>(gaps.size()))));
  CHECK(static_cast<double>(turns.size()) == Approx(7200).margin(4 * std::sqrt(7200)));
}

TEST_CASE("A turn shares with the turn before the blocks that were full, and sessions share nothing") {
  const Workload w = read("requests: 2000\n" + sessions);
  CHECK(w.block_tokens == 64);
  std::set<std::uint64_t> all;
  std::size_t distinct = 0;
  for (const auto& [number, turns] : by_session(w)) {
    std::set<std::uint64_t> own;
    for (std::size_t t = 0; t < turns.size(); ++t) {
      const auto blocks = hashes(w, turns[t]);
      CHECK(static_cast<std::int64_t>(blocks.size()) == (turns[t].input + 63) / 64);
      if (t > 0) CHECK(static_cast<std::int64_t>(common(hashes(w, turns[t - 1]), blocks)) == turns[t - 1].input / 64);
      own.insert(blocks.begin(), blocks.end());
    }
    distinct += own.size();
    all.insert(own.begin(), own.end());
  }
  CHECK(all.size() == distinct);
}

TEST_CASE("A session ends before its prompt is too long") {
  const Workload w = read(
      "requests: 2000\narrivals: {process: constant, rate: 1 /s}\ninput: {distribution: fixed, tokens: 100}\noutput: {distribution: fixed, "
      "tokens: 50}\nsessions: {turns: {distribution: fixed, turns: 1000}, gap: {distribution: fixed, time: 1 s}, max_prompt: 700}\n");
  // Prompts of 100, 250, 400, 550, 700.
  for (const auto& [number, turns] : by_session(w)) {
    CHECK(turns.size() <= 5);
    if (number < 300) CHECK(turns.size() == 5);
    CHECK(turns.back().input == 100 + 150 * (static_cast<std::int64_t>(turns.size()) - 1));
  }
}

TEST_CASE("A shared prefix makes prompts longer, and its full blocks the same within a group") {
  const std::string text = fmt::format(
      "requests: 4000\narrivals: {{process: poisson, rate: 2 /s}}\ninput: {}\noutput: {}\nblock_tokens: 16\n"
      "shared_prefix: {{tokens: 1000, groups: 4, skew: 1}}\n",
      fixed(300), fixed(5));
  const Workload w = read(text);
  std::map<std::uint64_t, int> groups;  // by their first block
  std::set<std::uint64_t> beyond;
  for (const Request& r : w.requests) {
    REQUIRE(r.input == 1300);
    const auto blocks = hashes(w, r);
    REQUIRE(blocks.size() == 82);  // 81.25
    ++groups[blocks.front()];
    beyond.insert(blocks.begin() + 62, blocks.end());
  }
  CHECK(beyond.size() == 4000 * 20);  // 62 full blocks are shared, 20 are the request's own
  REQUIRE(groups.size() == 4);
  std::vector<int> counts;
  for (const auto& [block, count] : groups) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  const double all = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4;
  for (int g = 0; g < 4; ++g) {
    const double share = 1 / (all * (g + 1));
    CHECK(counts[static_cast<std::size_t>(g)] == Approx(4000 * share).margin(4 * std::sqrt(4000 * share * (1 - share))));
  }
}

TEST_CASE("Clients share the prefix of the workload, and keep their own") {
  const std::string clients =
      "requests: 200\narrivals: {process: poisson, rate: 2 /s}\ninput: {distribution: fixed, tokens: 10}\noutput: {distribution: fixed, "
      "tokens: 1}\nblock_tokens: 16\nshared_prefix: {tokens: 32}\n"
      "clients: {a: {share: 1}, b: {share: 1}, c: {share: 1, shared_prefix: {tokens: 32}}}\n";
  const Workload w = read(clients);
  std::set<std::uint64_t> first[3];
  for (const Request& r : w.requests) first[r.client].insert(hashes(w, r).front());
  CHECK(first[0].size() == 1);
  CHECK(first[0] == first[1]);
  CHECK(first[2].size() == 1);
  CHECK(first[2] != first[0]);
}

TEST_CASE("Where nothing can be shared there are no hashes") {
  const Workload w = read("requests: 20\n" + two_clients);
  CHECK(w.block_tokens == 0);
  CHECK(w.block_hashes.empty());
}

TEST_CASE("Rates that change show in the number of arrivals") {
  const Workload w = read(
      "duration: 200 s\narrivals: {process: gamma, cv: 2, rate: [{until: 100 s, rate: 20 /s}, {rate: 80 /s}]}\ninput: {distribution: "
      "fixed, "
      "tokens: 10}\noutput: {distribution: fixed, tokens: 1}\n");
  const auto early = std::count_if(w.requests.begin(), w.requests.end(), [](const Request& r) { return r.arrival < Seconds(100); });
  const auto late = static_cast<double>(w.requests.size()) - static_cast<double>(early);
  CHECK(static_cast<double>(early) == Approx(2000).margin(4 * 2 * std::sqrt(2000)));
  CHECK(late == Approx(8000).margin(4 * 2 * std::sqrt(8000)));
}
