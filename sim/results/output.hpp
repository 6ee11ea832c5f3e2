// Output files that are whole or not there.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace podsim::results {

// Written beside its final name as NAME.partial; commit() puts it in place, and without commit() nothing stays.
class OutputFile {
 public:
  // Throws RunError when the file cannot be created.
  explicit OutputFile(std::filesystem::path file);
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

// Makes the folder and makes sure that files can be created in it. Throws RunError.
void prepare_folder(const std::filesystem::path& folder);

}  // namespace podsim::results
