#include "support/files.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace test {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  static int count = 0;
  path_ = fs::temp_directory_path() / fmt::format("podsim-test-{}-{}", getpid(), count++);
  fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path TemporaryFolder::write(const std::string& name, const std::string& text) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
  return file;
}

Yaml::Yaml(const std::string& text) { folder_.write("test.yaml", text); }

podsim::config::Node Yaml::root() { return podsim::config::Node::open(document_, folder_.path() / "test.yaml"); }

std::string Yaml::shorten(std::string message) const {
  const std::string prefix = folder_.path().string() + "/";
  for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) message.erase(at, prefix.size());
  return message;
}

fs::path source_dir() { return PODSIM_SOURCE_DIR; }

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace test
