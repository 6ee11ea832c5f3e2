// The three trace formats: what a good file gives and what a broken one says, with file and line.
#include "workload/trace.hpp"
#include "app/catalogue.hpp"
#include "base/error.hpp"
#include "support/files.hpp"
#include "support/messages.hpp"

using namespace podsim;
using workload::Workload;

namespace {

Workload read(const std::string& text, const workload::TraceSlice& slice = {}) {
  const test::TemporaryFolder folder;
  return workload::read_trace(folder.write("trace.txt", text), app::trace_formats(), slice);
}

workload::TraceSlice first(std::size_t limit) {
  workload::TraceSlice slice;
  slice.limit = limit;
  return slice;
}

// The message of the InputError, the folder cut off.
std::string complaint(const std::string& text) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("t", text);
  const std::string message = test::message_of<InputError>([&] { workload::read_trace(file, app::trace_formats()); });
  const std::string prefix = folder.path().string() + "/";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

const std::string azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
const std::string plain = "arrived_at,num_prefill_tokens,num_decode_tokens\n";

std::string mooncake(int timestamp, const std::string& more = "") {
  return fmt::format("{{\"timestamp\": {}, \"input_length\": 6755, \"output_length\": 500{}}}\n", timestamp, more);
}

}  // namespace

TEST_CASE("An Azure trace: timestamps become seconds from the first, across midnight and months") {
  const Workload w = read(azure +
                          "2023-02-28 23:59:59.5,374,44\n"
                          "2023-02-28 23:59:59.7500000,396,109\n"
                          "2023-03-01 00:01:00,879,55\n");
  REQUIRE(w.requests.size() == 3);
  CHECK(w.requests[0].arrival.value() == 0);
  CHECK(w.requests[1].arrival.value() == Approx(0.25));
  CHECK(w.requests[2].arrival.value() == Approx(60.5));
  CHECK(w.requests[1].input == 396);
  CHECK(w.requests[1].output == 109);
  CHECK(w.name == "trace");
  CHECK(w.block_tokens == 0);
}

TEST_CASE("A leap day is a day") {
  const Workload w = read(azure + "2024-02-28 12:00:00,1,1\n2024-03-01 12:00:00,1,1\n");
  CHECK(w.requests[1].arrival.value() == 2 * 86400);
}

TEST_CASE("A plain trace: seconds, and fields that may have fractions only in time") {
  const Workload w = read(plain + "100.25,10,20\n100.25,30,40\n101,50,60\n");
  REQUIRE(w.requests.size() == 3);
  CHECK(w.requests[0].arrival.value() == 0);
  CHECK(w.requests[1].arrival.value() == 0);
  CHECK(w.requests[2].arrival.value() == Approx(0.75));
  CHECK(w.requests[2].input == 50);
  CHECK(w.requests[2].output == 60);
}

TEST_CASE("A Mooncake trace: milliseconds, and the block hashes of each request") {
  const Workload w =
      read(mooncake(27000, ", \"hash_ids\": [0, 1, 2]") + mooncake(30000) + mooncake(30500, ", \"hash_ids\": [0, 18446744073709551615]"));
  REQUIRE(w.requests.size() == 3);
  CHECK(w.requests[1].arrival.value() == Approx(3));
  CHECK(w.requests[2].arrival.value() == Approx(3.5));
  CHECK(w.requests[0].input == 6755);
  CHECK(w.requests[0].output == 500);
  CHECK(w.block_tokens == 512);
  CHECK(w.block_hashes == std::vector<std::uint64_t>{0, 1, 2, 0, 18446744073709551615ULL});
  CHECK(w.requests[0].blocks == 3);
  CHECK(w.requests[1].blocks == 0);
  CHECK(w.requests[2].first_block == 3);
  CHECK(w.requests[2].blocks == 2);
}

TEST_CASE("The request log of a vLLM benchmark: seconds of the client's clock") {
  const auto line = [](double arrival, int input, int output) {
    return fmt::format("{{\"request_id\": \"b\", \"input_toks\": {}, \"output_toks\": {}, \"arrival_time\": {}, \"queued_ts\": 7.5}}\n",
                       input, output, arrival);
  };
  const Workload w = read(line(1777142838.5, 2358, 531) + line(1777142839.25, 1034, 769));
  REQUIRE(w.requests.size() == 2);
  CHECK(w.requests[1].arrival.value() == Approx(0.75));
  CHECK(w.requests[0].input == 2358);
  CHECK(w.requests[1].output == 769);
  CHECK(w.block_tokens == 0);
  CHECK(complaint(line(2, 5, 5) + line(1, 5, 5)) == "t:2: arrives before the line above it");
  CHECK(complaint(line(2, 5, 5) + "{\"input_toks\": 4}\n") == "t:2: the number \"arrival_time\" is missing");
}

TEST_CASE("Lines may end as Windows writes them, and the last may be blank or unfinished") {
  const std::string end = GENERATE("\r\n", "\n", "\r\n\r\n", "\n\n", "");
  const Workload w = read("arrived_at,num_prefill_tokens,num_decode_tokens\r\n1,2,3\r\n2,3,4" + end);
  REQUIRE(w.requests.size() == 2);
  CHECK(w.requests[1].output == 4);
}

TEST_CASE("A limit keeps the first requests, and does not look at what follows") {
  const std::string text = plain + "1,2,3\n2,3,4\n3,4,5\nbroken\n";
  CHECK(read(text, first(1)).requests.size() == 1);
  CHECK(read(text, first(3)).requests.size() == 3);
  CHECK(read(plain + "1,2,3\n", first(100)).requests.size() == 1);
}

TEST_CASE("A slice is of times since the first request, its first request arrives at 0") {
  const std::string text = plain + "100,1,1\n110,2,1\n115,3,1\n120,4,1\nbroken\n";
  workload::TraceSlice slice{.from = Seconds(10), .to = Seconds(20)};
  const Workload w = read(text, slice);
  REQUIRE(w.requests.size() == 2);
  CHECK(w.requests[0].input == 2);
  CHECK(w.requests[0].arrival.value() == 0);
  CHECK(w.requests[1].arrival.value() == 5);
  CHECK(w.requests[1].session == 1);
  slice.limit = 1;
  CHECK(read(text, slice).requests.size() == 1);
}

TEST_CASE("Time is scaled, lengths are not") {
  const Workload w = read(plain + "100,1,7\n110,2,8\n130,3,9\n", {.time_scale = 0.25});
  CHECK(w.requests[1].arrival.value() == Approx(2.5));
  CHECK(w.requests[2].arrival.value() == Approx(7.5));
  CHECK(w.requests[2].output == 9);
}

TEST_CASE("Hashes of what a slice leaves out are left out") {
  const Workload w = read(mooncake(0, ", \"hash_ids\": [1, 2]") + mooncake(5000, ", \"hash_ids\": [1, 3, 4]"), {.from = Seconds(1)});
  CHECK(w.block_hashes == std::vector<std::uint64_t>{1, 3, 4});
  CHECK(w.requests.front().first_block == 0);
  CHECK(w.requests.front().blocks == 3);
}

TEST_CASE("A slice with nothing in it is refused") {
  const test::TemporaryFolder folder;
  const auto file = folder.write("t", plain + "1,2,3\n2,2,3\n");
  CHECK(test::message_of<InputError>([&] { workload::read_trace(file, app::trace_formats(), {.from = Seconds(5)}); }) ==
        file.string() + ": holds no request in the slice");
}

TEST_CASE("A broken line is named by file and line, with what is wrong") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {plain + "1,2,3\nx,2,3\n", "t:3: arrived_at \"x\" is not a number"},
      {plain + "1,2.5,3\n", "t:2: num_prefill_tokens \"2.5\" is not a number"},
      {plain + "1,2,\n", "t:2: num_decode_tokens \"\" is not a number"},
      {plain + "1,2, 3\n", "t:2: num_decode_tokens \" 3\" is not a number"},
      {plain + "1,2,99999999999999999999\n", "t:2: num_decode_tokens \"99999999999999999999\" is not a number"},
      {plain + "1,2\n", "t:2: must have 3 fields: arrival, input tokens, output tokens"},
      {plain + "1,2,3,4\n", "t:2: must have 3 fields: arrival, input tokens, output tokens"},
      {plain + "\n\n1,0,3\n", "t:4: a token count must lie between 1 and 100000000, not 0"},
      {plain + "1,2,-3\n", "t:2: a token count must lie between 1 and 100000000, not -3"},
      {plain + "1,2,2000000000000\n", "t:2: a token count must lie between 1 and 100000000, not 2000000000000"},
      {plain + "nan,2,3\n", "t:2: the arrival must be a finite time"},
      {plain + "1,2,3\ninf,2,3\n", "t:3: the arrival must be a finite time"},
      {plain + "1,2,3\n0.5,2,3\n", "t:3: arrives before the line above it"},
      {azure + "2023-11-16 18:15:46,1,0\n", "t:2: a token count must lie between 1 and 100000000, not 0"},
      {azure + "2023-11-16T18:15:46,1,1\n", "t:2: timestamp \"2023-11-16T18:15:46\" is not YYYY-MM-DD hh:mm:ss.fraction"},
      {azure + "2023-02-29 18:15:46,1,1\n", "t:2: timestamp \"2023-02-29 18:15:46\" is not YYYY-MM-DD hh:mm:ss.fraction"},
      {azure + "2023-11-16 24:00:00,1,1\n", "t:2: timestamp \"2023-11-16 24:00:00\" is not YYYY-MM-DD hh:mm:ss.fraction"},
      {azure + "20x3-11-16 18:15:46,1,1\n", "t:2: timestamp part \"20x3\" is not a number"},
      {azure + "2023-11-16 18:15:46,1,1\n2023-11-16 18:15:45.9,1,1\n", "t:3: arrives before the line above it"},
      {mooncake(1) + "{\"timestamp\": 2, \n", "t:2: is not a JSON object"},
      {mooncake(1) + "[1]\n", "t:2: is not a JSON object"},
      {mooncake(1) + "{\"timestamp\": 2, \"input_length\": 5}\n", "t:2: the number \"output_length\" is missing"},
      {mooncake(1) + "{\"timestamp\": \"2\", \"input_length\": 5, \"output_length\": 5}\n", "t:2: the number \"timestamp\" is missing"},
      {"{\"timestamp\": 2, \"input_length\": 5.5, \"output_length\": 5}\n", "t:1: input_length is not a whole number"},
      {"{\"timestamp\": 2, \"input_length\": 5, \"output_length\": 1e300}\n", "t:1: output_length is not a whole number"},
      {mooncake(1, ", \"hash_ids\": 5"), "t:1: hash_ids is not a list"},
      {mooncake(1, ", \"hash_ids\": [1, \"x\"]"), "t:1: hash_ids holds something that is not a whole number"},
      {mooncake(2) + mooncake(1), "t:2: arrives before the line above it"},
      {"time,in,out\n1,2,3\n", "t:1: not a trace of a known format (Azure CSV, Mooncake JSON lines, plain CSV, vLLM request log)"},
      {"1,2,3\n", "t:1: not a trace of a known format (Azure CSV, Mooncake JSON lines, plain CSV, vLLM request log)"},
      {"", "t: is empty"},
      {plain, "t: holds no request"},
  }));
  CHECK(complaint(text) == message);
}

TEST_CASE("A trace that is not there, or is a folder, is named") {
  const test::TemporaryFolder folder;
  const auto gone = folder.path() / "gone.csv";
  CHECK(test::message_of<InputError>([&] { workload::read_trace(gone, app::trace_formats()); }) == gone.string() + ": cannot be read");
  CHECK(test::message_of<InputError>([&] { workload::read_trace(folder.path(), app::trace_formats()); }) ==
        folder.path().string() + ": cannot be read");
}
