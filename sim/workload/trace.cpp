#include "workload/trace.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "base/error.hpp"
#include "workload/distributions.hpp"

namespace podsim::workload {
namespace {

void check(const Request& request, Seconds previous) {
  if (!std::isfinite(request.arrival.value())) throw std::invalid_argument("the arrival must be a finite time");
  for (const std::int64_t tokens : {request.input, request.output}) {
    if (tokens < 1 || tokens > longest)
      throw std::invalid_argument(fmt::format("a token count must lie between 1 and {}, not {}", longest, tokens));
  }
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

// Takes lines one by one and keeps those of the slice.
class Reader {
 public:
  Reader(const TraceFormat& format, const TraceSlice& slice, Workload& into) : format_(format), slice_(slice), into_(into) {}

  // False when the slice is over. Throws std::invalid_argument.
  bool take(const std::string& line) {
    const std::size_t hashes = into_.block_hashes.size();
    format_.read_line(line, into_);
    Request& request = into_.requests.back();
    check(request, previous_);
    if (first_line_) start_ = request.arrival;
    first_line_ = false;
    previous_ = request.arrival;
    const Seconds since = request.arrival - start_;
    const bool wanted = since >= slice_.from && since < slice_.to;
    if (!wanted) {
      into_.requests.pop_back();
      into_.block_hashes.resize(hashes);
    } else {
      request.session = static_cast<std::uint32_t>(into_.requests.size() - 1);
    }
    return since < slice_.to && (slice_.limit == 0 || into_.requests.size() < slice_.limit);
  }
  bool saw_any() const { return !first_line_; }

 private:
  const TraceFormat& format_;
  const TraceSlice& slice_;
  Workload& into_;
  bool first_line_ = true;
  Seconds start_, previous_{-1e300};
};

void set_clock(std::vector<Request>& requests, double time_scale) {
  const Seconds first = requests.front().arrival;
  for (Request& request : requests) request.arrival = (request.arrival - first) * time_scale;
}

}  // namespace

Workload read_trace(const std::filesystem::path& file, std::span<const TraceFormat> formats, const TraceSlice& slice) {
  std::ifstream in(file);
  std::string line;
  if (!in || std::filesystem::is_directory(file)) throw InputError(fmt::format("{}: cannot be read", file.string()));
  if (!std::getline(in, line)) throw InputError(fmt::format("{}: is empty", file.string()));
  const TraceFormat& format = recognise(line, file.string(), formats);

  Workload workload;
  workload.name = file.stem().string();
  workload.block_tokens = format.block_tokens;
  Reader reader(format, slice, workload);
  int number = 1;
  bool more = !format.has_header || (++number, std::getline(in, line));
  for (; more; more = more && std::getline(in, line), ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    try {
      more = reader.take(line);
    } catch (const std::invalid_argument& error) {
      throw InputError(fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
  }
  if (workload.requests.empty())
    throw InputError(fmt::format("{}: holds no request{}", file.string(), reader.saw_any() ? " in the slice" : ""));
  set_clock(workload.requests, slice.time_scale);
  return workload;
}

}  // namespace podsim::workload
