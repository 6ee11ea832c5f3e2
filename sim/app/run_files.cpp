#include "app/run_files.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "results/tables.hpp"
#include "results/timeline.hpp"

namespace podsim::app {
namespace fs = std::filesystem;
namespace {
constexpr const char* requests_file = "requests.csv";
constexpr const char* steps_file = "steps.csv";
constexpr const char* tenants_file = "tenants.csv";
constexpr const char* tiers_file = "tiers.csv";
constexpr const char* scaling_file = "scaling.csv";

// The tables, and whether they are wanted.
std::array<std::pair<const char*, bool>, 5> files_of(const Records& wanted) {
  return {{{requests_file, wanted.requests},
           {steps_file, wanted.steps},
           {tenants_file, wanted.tenants},
           {tiers_file, wanted.tiers},
           {scaling_file, wanted.scaling}}};
}

}  // namespace

RunFiles::RunFiles(fs::path folder, std::size_t systems, const Records& wanted)
    : folder_(std::move(folder)), systems_(systems), wanted_(wanted) {}

RunFiles::~RunFiles() {
  std::error_code ignored;
  for (const auto& [file, is_wanted] : files_of(wanted_)) {
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

void RunFiles::write(std::size_t system, const std::string& name, const metrics::RunLog& log,
                     const std::vector<metrics::TenantSummary>& tenants) const {
  const auto request = [&](std::size_t i) { return results::RequestRow{name, static_cast<std::int64_t>(i), log.requests[i], log}; };
  const auto step = [&](std::size_t i) { return results::StepRow{name, log, log.steps[i]}; };
  if (wanted_.requests) write_part(requests_file, system, results::request_columns(), log.requests.size(), request);
  if (wanted_.steps) write_part(steps_file, system, results::step_columns(), log.steps.size(), step);
  const auto tenant = [&](std::size_t i) { return results::TenantRow{name, log, tenants[i]}; };
  const auto change = [&](std::size_t i) { return results::ScaleRow{name, log, i}; };
  if (wanted_.tenants) write_part(tenants_file, system, results::tenant_columns(), tenants.size(), tenant);
  if (wanted_.tiers) {
    const std::vector<metrics::TierSummary> tiers = metrics::summarise_tiers(log);
    write_part(tiers_file, system, results::tier_columns(), tiers.size(), [&](std::size_t i) { return results::TierRow{name, tiers[i]}; });
  }
  if (wanted_.scaling) write_part(scaling_file, system, results::scale_columns(), log.scaling.size(), change);
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
  for (const auto& [file, is_wanted] : files_of(wanted_))
    if (is_wanted) whole_.push_back(joined(file));
}

void RunFiles::commit() {
  for (const auto& file : whole_) file->commit();
  std::error_code ignored;
  for (const auto& [file, is_wanted] : files_of(wanted_))
    if (!is_wanted) fs::remove(folder_ / file, ignored);
}

}  // namespace podsim::app
