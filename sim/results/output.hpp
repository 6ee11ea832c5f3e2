// Output files that are whole or not there.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "results/column.hpp"

namespace podsim::results {

// Written beside its final name as NAME.partial; commit() puts it in place, and without commit() nothing stays.
class OutputFile {
 public:
  // Throws RunError when the file cannot be created.
  explicit OutputFile(std::filesystem::path file);
  // Goes on where the file `begun` ends, and takes it away. Throws RunError when that is not possible.
  OutputFile(std::filesystem::path file, const std::filesystem::path& begun);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return out_; }
  // Throws RunError when something could not be written (disk full).
  void commit();

 private:
  std::filesystem::path file_;
  std::filesystem::path partial_;
  std::ofstream out_;
  bool committed_ = false;
};

// Writes a row of `columns` for each of `count` records, record(i) being the i-th; a block of text at a time.
template <class Record, class At>
void write_rows(OutputFile& file, const std::vector<RecordColumn<Record>>& columns, std::size_t count, const At& record) {
  constexpr std::size_t block = 1 << 18;
  std::string text;
  text.reserve(block + (block >> 4));
  for (std::size_t i = 0; i < count; ++i) {
    append_row(columns, record(i), text);
    if (text.size() < block) continue;
    file.stream().write(text.data(), static_cast<std::streamsize>(text.size()));
    text.clear();
  }
  file.stream().write(text.data(), static_cast<std::streamsize>(text.size()));
}

// Makes the folder and makes sure that files can be created in it. Throws RunError.
void prepare_folder(const std::filesystem::path& folder);

}  // namespace podsim::results
