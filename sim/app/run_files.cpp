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
constexpr const char* classes_file = "classes.csv";
constexpr const char* tiers_file = "tiers.csv";
constexpr const char* all_files[] = {requests_file, steps_file, classes_file, tiers_file};
}  // namespace

RunFiles::RunFiles(fs::path folder, std::size_t systems, const Records& wanted)
    : folder_(std::move(folder)), systems_(systems), wanted_(wanted) {}

RunFiles::~RunFiles() {
  std::error_code ignored;
  for (const char* file : all_files) {
    for (std::size_t i = 0; i < systems_; ++i) fs::remove(part(file, i), ignored);
    for (std::size_t i = 0; i < systems_; ++i) fs::remove(part(file, i).string() + ".partial", ignored);
  }
}

fs::path RunFiles::part(const char* file, std::size_t system) const { return folder_ / fmt::format("{}.part{}", file, system); }

// The first part begins with the header: it becomes the file.
template <class Record, class At>
void RunFiles::write_part(const char* file, std::size_t system, const std::vector<results::RecordColumn<Record>>& columns,
                          std::size_t count, const At& record) const {
  results::OutputFile out(part(file, system));
  if (system == 0) out.stream() << results::header(columns);
  results::write_rows(out, columns, count, record);
  out.commit();
}

template <class Row, class Summaries>
void RunFiles::write_summaries(const char* file, std::size_t system, const std::string& name, const std::vector<results::Column<Row>>& columns,
                               const Summaries& summaries) const {
  results::OutputFile out(part(file, system));
  if (system == 0) out.stream() << results::header(columns);
  for (const auto& one : summaries) out.stream() << results::to_csv(results::row(columns, Row{name, one}));
  out.commit();
}

void RunFiles::write(std::size_t system, const std::string& name, const metrics::RunLog& log,
                     const std::vector<metrics::ClassSummary>& classes) const {
  const auto request = [&](std::size_t i) { return results::RequestRow{name, static_cast<std::int64_t>(i), log.requests[i], log.classes}; };
  const auto step = [&](std::size_t i) { return results::StepRow{name, log, log.steps[i]}; };
  if (wanted_.requests) write_part(requests_file, system, results::request_columns(), log.requests.size(), request);
  if (wanted_.steps) write_part(steps_file, system, results::step_columns(), log.steps.size(), step);
  if (wanted_.classes) write_summaries(classes_file, system, name, results::class_columns(), classes);
  if (wanted_.tiers) write_summaries(tiers_file, system, name, results::tier_columns(), metrics::summarise_tiers(log));
  if (wanted_.timeline) {
    results::OutputFile file(folder_ / fmt::format("timeline-{}.json", name));
    results::write_timeline(file.stream(), name, log);
    file.commit();
  }
}

std::unique_ptr<results::OutputFile> RunFiles::joined(const char* file) const {
  auto whole = std::make_unique<results::OutputFile>(folder_ / file, part(file, 0));
  for (std::size_t i = 1; i < systems_; ++i) {
    std::ifstream in(part(file, i), std::ios::binary);
    if (fs::file_size(part(file, i)) > 0) whole->stream() << in.rdbuf();
  }
  return whole;
}

void RunFiles::join() {
  if (wanted_.requests) whole_.push_back(joined(requests_file));
  if (wanted_.steps) whole_.push_back(joined(steps_file));
  if (wanted_.classes) whole_.push_back(joined(classes_file));
  if (wanted_.tiers) whole_.push_back(joined(tiers_file));
}

void RunFiles::commit() {
  for (const auto& file : whole_) file->commit();
  std::error_code ignored;
  if (!wanted_.requests) fs::remove(folder_ / requests_file, ignored);
  if (!wanted_.steps) fs::remove(folder_ / steps_file, ignored);
  if (!wanted_.classes) fs::remove(folder_ / classes_file, ignored);
  if (!wanted_.tiers) fs::remove(folder_ / tiers_file, ignored);
}

}  // namespace podsim::app
