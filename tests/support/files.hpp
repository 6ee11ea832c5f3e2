// Folders and configuration files that live as long as a test.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "config/document.hpp"
#include "config/node.hpp"

namespace test {

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file (with its folders) and returns its path.
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

// A YAML text as if it stood in the file "test.yaml" of a temporary folder; it may refer to everything that podsim ships.
class Yaml {
 public:
  explicit Yaml(const std::string& text);

  podsim::config::Document& document() { return document_; }
  podsim::config::Node root();
  // The message of the InputError that `read` throws, the folder cut off; "" when it throws none.
  template <class Read>
  std::string error_of(Read read);

 private:
  std::string shorten(std::string message) const;

  TemporaryFolder folder_;
  podsim::config::Document document_;
};

// The folder that holds configs/ and topologies/.
std::filesystem::path source_dir();

// The whole content of a file.
std::string content_of(const std::filesystem::path& file);

template <class Read>
std::string Yaml::error_of(Read read) {
  try {
    read(root());
  } catch (const std::exception& error) {
    return shorten(error.what());
  }
  return "";
}

}  // namespace test
