// Opens a trace, recognises its format and checks every request.
#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "base/error.hpp"
#include "workload/workload.hpp"

namespace podsim::workload {
namespace {

constexpr std::int64_t longest = std::int64_t{1} << 40;

void check(const Request& request, Seconds previous) {
  if (request.input < 1 || request.output < 1) throw std::invalid_argument("token counts must be at least 1");
  if (request.input > longest || request.output > longest) throw std::invalid_argument("a token count is beyond all reason");
  if (request.arrival < previous) throw std::invalid_argument("arrives before the line above it");
}

const TraceFormat& recognise(const std::string& first_line, const std::string& file, std::span<const TraceFormat> formats) {
  std::string names;
  for (const TraceFormat& format : formats) {
    if (format.recognises(first_line)) return format;
    names += (names.empty() ? "" : ", ") + format.name;
  }
  throw InputError(fmt::format("{}:1: not a trace of a known format ({})", file, names));
}

}  // namespace

Workload read_trace(const std::filesystem::path& file, std::span<const TraceFormat> formats, std::size_t limit) {
  std::ifstream in(file);
  std::string line;
  if (!in || std::filesystem::is_directory(file)) throw InputError(fmt::format("{}: cannot be read", file.string()));
  if (!std::getline(in, line)) throw InputError(fmt::format("{}: is empty", file.string()));
  const TraceFormat& format = recognise(line, file.string(), formats);

  Workload workload;
  workload.name = file.stem().string();
  workload.block_tokens = format.block_tokens;
  Seconds previous(-1e300);
  int number = 1;
  bool more = true;
  if (format.has_header) {
    more = static_cast<bool>(std::getline(in, line));
    ++number;
  }
  for (; more && (limit == 0 || workload.requests.size() < limit); more = static_cast<bool>(std::getline(in, line)), ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    try {
      format.read_line(line, workload);
      check(workload.requests.back(), previous);
    } catch (const std::invalid_argument& error) {
      throw InputError(fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
    previous = workload.requests.back().arrival;
  }
  if (workload.requests.empty()) throw InputError(fmt::format("{}: holds no request", file.string()));
  const Seconds first = workload.requests.front().arrival;
  for (Request& request : workload.requests) request.arrival -= first;
  return workload;
}

}  // namespace podsim::workload
