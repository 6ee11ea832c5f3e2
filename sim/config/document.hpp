// The set of files that one command reads, with the --set overrides laid over them and a record of every value used.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace podsim::config {

using Path = std::vector<std::string>;  // keys from the root of the experiment; list items are "0", "1", ...

// A map of one file that lies over the root of another, as a sweep's points do over its experiment.
struct Overlay {
  YAML::Node yaml;
  std::string file;
};

// Every value that a run has read, defaults included, in reading order; written to manifest.yaml.
class ResolvedTree {
 public:
  void record(const Path& path, std::string value);
  bool empty() const { return children_.empty(); }
  void emit(YAML::Emitter& out) const;

 private:
  std::string value_;
  std::vector<std::pair<std::string, ResolvedTree>> children_;
};

class Document {
 public:
  // `config_dirs`: the user's own folders, searched before the project's.
  explicit Document(std::vector<std::filesystem::path> config_dirs = {});

  // Adds "key.key=value". Throws InputError when there is no '=' or the value is no YAML.
  void add_override(std::string_view assignment);
  // All of them as one tree of keys, later ones over earlier ones.
  const YAML::Node& overrides() const { return overrides_; }

  // Lays a map over every file that is opened from here on, below --set, over earlier overlays.
  void add_overlay(Overlay overlay) { overlays_.push_back(std::move(overlay)); }
  const std::vector<Overlay>& overlays() const { return overlays_; }

  // Parses a file. Throws InputError (missing, unreadable, not YAML).
  YAML::Node load(const std::filesystem::path& file);

  // The file that `name` stands for: FOLDER/name.yaml in the user's folders, then in the project that holds
  // `from`, the current folder or this build. A name with a slash or a .yaml/.json ending is a path relative to `from`.
  // Throws InputError with the names there are; `where` begins the message.
  std::filesystem::path locate(const std::string& name, const std::string& folder, const std::filesystem::path& from,
                               const std::string& where) const;

  // The names that locate() knows in a folder, in order.
  std::vector<std::string> names_in(const std::string& folder, const std::filesystem::path& from) const;

  ResolvedTree& resolved() { return resolved_; }
  const ResolvedTree& resolved() const { return resolved_; }

 private:
  std::vector<std::filesystem::path> roots(const std::filesystem::path& from) const;

  std::vector<std::filesystem::path> config_dirs_;
  YAML::Node overrides_{YAML::NodeType::Map};
  std::vector<Overlay> overlays_;
  std::map<std::filesystem::path, YAML::Node> loaded_;
  ResolvedTree resolved_;
};

}  // namespace podsim::config
