// One line of each public trace format.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "workload/trace.hpp"

namespace podsim::workload {
namespace {

template <class T>
T number(std::string_view text, const char* what) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument(fmt::format("{} \"{}\" is not a number", what, text));
  return value;
}

std::array<std::string_view, 3> three_fields(std::string_view line) {
  const auto first = line.find(',');
  const auto second = first == std::string_view::npos ? first : line.find(',', first + 1);
  if (second == std::string_view::npos || line.find(',', second + 1) != std::string_view::npos) {
    throw std::invalid_argument("must have 3 fields: arrival, input tokens, output tokens");
  }
  return {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

// "2023-11-16 18:15:46.6805900" as seconds since 1970.
Seconds timestamp(std::string_view text) {
  const auto bad = [&] { return std::invalid_argument(fmt::format("timestamp \"{}\" is not YYYY-MM-DD hh:mm:ss.fraction", text)); };
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':') throw bad();
  const auto field = [&](std::size_t at, std::size_t length) { return number<unsigned>(text.substr(at, length), "timestamp part"); };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(field(0, 4))), std::chrono::month(field(5, 2)),
                                        std::chrono::day(field(8, 2))};
  if (!day.ok() || field(11, 2) > 23 || field(14, 2) > 59) throw bad();
  const double seconds = number<double>(text.substr(17), "seconds");
  const auto days = std::chrono::sys_days(day).time_since_epoch().count();
  return Seconds(86400.0 * static_cast<double>(days) + 3600.0 * field(11, 2) + 60.0 * field(14, 2) + seconds);
}

void read_azure(const std::string& line, Workload& into) {
  const auto fields = three_fields(line);
  into.requests.push_back(
      {timestamp(fields[0]), number<std::int64_t>(fields[1], "ContextTokens"), number<std::int64_t>(fields[2], "GeneratedTokens")});
}

void read_plain(const std::string& line, Workload& into) {
  const auto fields = three_fields(line);
  into.requests.push_back({Seconds(number<double>(fields[0], "arrived_at")), number<std::int64_t>(fields[1], "num_prefill_tokens"),
                           number<std::int64_t>(fields[2], "num_decode_tokens")});
}

nlohmann::json parse_object(const std::string& line) {
  auto json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded() || !json.is_object()) throw std::invalid_argument("is not a JSON object");
  return json;
}

const nlohmann::json& number_of(const nlohmann::json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_number()) throw std::invalid_argument(fmt::format("the number \"{}\" is missing", key));
  return json[key];
}

std::int64_t tokens_of(const nlohmann::json& json, const char* key) {
  const nlohmann::json& tokens = number_of(json, key);
  if (!tokens.is_number_integer()) throw std::invalid_argument(fmt::format("{} is not a whole number", key));
  return tokens.get<std::int64_t>();
}

void read_vllm(const std::string& line, Workload& into) {
  const auto json = parse_object(line);
  into.requests.push_back(
      {Seconds(number_of(json, "arrival_time").get<double>()), tokens_of(json, "input_toks"), tokens_of(json, "output_toks")});
}

void read_mooncake(const std::string& line, Workload& into) {
  const auto json = parse_object(line);
  Request request{number_of(json, "timestamp").get<double>() * units::ms, tokens_of(json, "input_length"),
                  tokens_of(json, "output_length")};
  request.first_block = static_cast<std::uint32_t>(into.block_hashes.size());
  if (json.contains("hash_ids")) {
    if (!json["hash_ids"].is_array()) throw std::invalid_argument("hash_ids is not a list");
    for (const auto& hash : json["hash_ids"]) {
      if (!hash.is_number_integer()) throw std::invalid_argument("hash_ids holds something that is not a whole number");
      into.block_hashes.push_back(hash.get<std::uint64_t>());
    }
  }
  request.blocks = static_cast<std::uint32_t>(into.block_hashes.size()) - request.first_block;
  into.requests.push_back(request);
}

bool is_vllm(const std::string& line) { return line.starts_with("{") && line.find("\"input_toks\"") != std::string::npos; }

}  // namespace

const TraceFormat azure_format = {
    "Azure CSV", [](const std::string& line) { return line.starts_with("TIMESTAMP,ContextTokens,GeneratedTokens"); }, true, 0, read_azure};
const TraceFormat mooncake_format = {"Mooncake JSON lines", [](const std::string& line) { return line.starts_with("{") && !is_vllm(line); },
                                     false, 512, read_mooncake};
const TraceFormat vllm_format = {"vLLM request log", is_vllm, false, 0, read_vllm};
const TraceFormat plain_format = {
    "plain CSV", [](const std::string& line) { return line.starts_with("arrived_at,num_prefill_tokens,num_decode_tokens"); }, true, 0,
    read_plain};

}  // namespace podsim::workload
