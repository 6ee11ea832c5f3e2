// The tables of a run that have a row a request, a step, a class or a tier: each worker writes its part beside the final file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "metrics/run_log.hpp"
#include "metrics/tenants.hpp"
#include "results/output.hpp"

namespace podsim::app {

// Which of them are wanted.
struct Records {
  bool requests = true;
  bool steps = true;
  bool timeline = false;
  bool tenants = false;  // where there are several clients or models
  bool tiers = false;    // where prefixes are kept beyond the accelerators
  bool scaling = false;  // where a pool scales
};

class RunFiles {
 public:
  RunFiles(std::filesystem::path folder, std::size_t systems, const Records& wanted);
  // Removes the parts.
  ~RunFiles();
  RunFiles(const RunFiles&) = delete;
  RunFiles& operator=(const RunFiles&) = delete;

  // In the worker: the rows of one system. Throws RunError.
  void write(std::size_t system, const std::string& name, const metrics::RunLog& log,
             const std::vector<metrics::TenantSummary>& tenants) const;
  // When all have ended: the parts in order. Throws RunError; then, or without commit(), nothing stays.
  void join();
  // Puts the files in place, and removes those of an earlier run that are not wanted now.
  void commit();

 private:
  std::filesystem::path part(const char* file, std::size_t system) const;
  template <class Record, class At>
  void write_part(const char* file, std::size_t system, const std::vector<results::RecordColumn<Record>>& columns, std::size_t count,
                  const At& record) const;
  std::unique_ptr<results::OutputFile> joined(const char* file) const;

  std::filesystem::path folder_;
  std::size_t systems_;
  Records wanted_;
  std::vector<std::unique_ptr<results::OutputFile>> whole_;
};

}  // namespace podsim::app
