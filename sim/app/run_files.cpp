#include "app/run_files.hpp"

#include <fmt/format.h>

#include <fstream>

#include "results/tables.hpp"
#include "results/timeline.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {
constexpr const char* requests_file = "requests.csv";
constexpr const char* steps_file = "steps.csv";
}  // namespace

RunFiles::RunFiles(fs::path folder, std::size_t systems, const Records& wanted)
    : folder_(std::move(folder)), systems_(systems), wanted_(wanted) {}

RunFiles::~RunFiles() {
  std::error_code ignored;
  for (const char* file : {requests_file, steps_file}) {
    for (std::size_t i = 0; i < systems_; ++i) fs::remove(part(file, i), ignored);
    for (std::size_t i = 0; i < systems_; ++i) fs::remove(part(file, i).string() + ".partial", ignored);
  }
}

fs::path RunFiles::part(const char* file, std::size_t system) const { return folder_ / fmt::format("{}.part{}", file, system); }

void RunFiles::write(std::size_t system, const std::string& name, const metrics::RunLog& log) const {
  if (wanted_.requests) {
    results::OutputFile file(part(requests_file, system));
    results::write_rows(file, results::request_columns(), log.requests.size(), [&](std::size_t i) {
      return results::RequestRow{name, static_cast<std::int64_t>(i), log.requests[i]};
    });
    file.commit();
  }
  if (wanted_.steps) {
    results::OutputFile file(part(steps_file, system));
    results::write_rows(file, results::step_columns(), log.steps.size(), [&](std::size_t i) {
      return results::StepRow{name, log, log.steps[i]};
    });
    file.commit();
  }
  if (wanted_.timeline) {
    results::OutputFile file(folder_ / fmt::format("timeline-{}.json", name));
    results::write_timeline(file.stream(), name, log);
    file.commit();
  }
}

std::unique_ptr<results::OutputFile> RunFiles::joined(const char* file, const std::string& header) const {
  auto whole = std::make_unique<results::OutputFile>(folder_ / file);
  whole->stream() << header;
  for (std::size_t i = 0; i < systems_; ++i) {
    std::ifstream in(part(file, i), std::ios::binary);
    if (fs::file_size(part(file, i)) > 0) whole->stream() << in.rdbuf();
  }
  return whole;
}

void RunFiles::join() {
  if (wanted_.requests) whole_.push_back(joined(requests_file, results::header(results::request_columns())));
  if (wanted_.steps) whole_.push_back(joined(steps_file, results::header(results::step_columns())));
}

void RunFiles::commit() {
  for (const auto& file : whole_) file->commit();
  std::error_code ignored;
  if (!wanted_.requests) fs::remove(folder_ / requests_file, ignored);
  if (!wanted_.steps) fs::remove(folder_ / steps_file, ignored);
}

}  // namespace podsim::app
