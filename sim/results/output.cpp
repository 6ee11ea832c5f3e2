#include "results/output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace podsim::results {
namespace fs = std::filesystem;

OutputFile::OutputFile(fs::path file) : file_(std::move(file)), partial_(file_.string() + ".partial"), out_(partial_, std::ios::binary) {
  if (!out_) throw RunError(fmt::format("{}: cannot be written: {}", file_.string(), std::strerror(errno)));
}

OutputFile::OutputFile(fs::path file, const fs::path& begun) : file_(std::move(file)), partial_(file_.string() + ".partial") {
  std::error_code error;
  fs::rename(begun, partial_, error);
  if (!error) out_.open(partial_, std::ios::binary | std::ios::app);
  if (!out_.is_open())
    throw RunError(fmt::format("{}: cannot be written: {}", file_.string(), error ? error.message() : std::strerror(errno)));
}

OutputFile::~OutputFile() {
  if (committed_) return;
  out_.close();
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void OutputFile::commit() {
  out_.close();
  std::error_code error;
  if (out_.fail()) throw RunError(fmt::format("{}: could not be written to the end", file_.string()));
  fs::rename(partial_, file_, error);
  if (error) throw RunError(fmt::format("{}: cannot be put in place: {}", file_.string(), error.message()));
  committed_ = true;
}

void prepare_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw RunError(fmt::format("{}: the output folder cannot be made: {}", folder.string(), error.message()));
  OutputFile probe(folder / ".podsim-probe");
}

}  // namespace podsim::results
