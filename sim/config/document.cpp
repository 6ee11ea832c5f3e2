#include "config/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "config/suggest.hpp"

namespace podsim::config {
namespace fs = std::filesystem;
namespace {

bool names_a_path(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

// The nearest folder at or above `start` that looks like a podsim project.
std::optional<fs::path> project_above(const fs::path& start) {
  std::error_code error;
  for (fs::path folder = fs::absolute(start, error); !folder.empty(); folder = folder.parent_path()) {
    if (fs::is_directory(folder / "configs" / "chips", error)) return folder;
    if (folder == folder.root_path()) break;
  }
  return std::nullopt;
}

bool is_index(const std::string& key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void ResolvedTree::record(const Path& path, std::string value) {
  ResolvedTree* node = this;
  for (const std::string& key : path) {
    const auto found = std::find_if(node->children_.begin(), node->children_.end(), [&](const auto& c) { return c.first == key; });
    node = found != node->children_.end() ? &found->second : &node->children_.emplace_back(key, ResolvedTree()).second;
  }
  node->value_ = std::move(value);
}

void ResolvedTree::emit(YAML::Emitter& out) const {
  if (children_.empty()) {
    out << value_;
  } else if (is_index(children_.front().first)) {
    out << YAML::BeginSeq;
    for (const auto& [key, child] : children_) child.emit(out);
    out << YAML::EndSeq;
  } else {
    out << YAML::BeginMap;
    for (const auto& [key, child] : children_) {
      out << YAML::Key << key << YAML::Value;
      child.emit(out);
    }
    out << YAML::EndMap;
  }
}

namespace {

// The map in which --set goes on where it gave a plain value before: NAME is the same as {use: NAME}.
YAML::Node named_map(const YAML::Node& value) {
  YAML::Node map(YAML::NodeType::Map);
  if (value.IsDefined() && value.IsScalar()) map["use"] = value.Scalar();
  return map;
}

}  // namespace

Document::Document(std::vector<fs::path> config_dirs) : config_dirs_(std::move(config_dirs)) {}

void Document::add_override(std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    throw InputError(fmt::format("--set {}: write key=value, for example workload.requests=1000", assignment));
  }
  YAML::Node value;
  try {
    value = YAML::Load(std::string(assignment.substr(equals + 1)));
  } catch (const YAML::Exception& error) {
    throw InputError(fmt::format("--set {}: the value is not YAML: {}", assignment, error.msg));
  }
  std::vector<std::string> keys;
  std::istringstream path{std::string(assignment.substr(0, equals))};
  for (std::string key; std::getline(path, key, '.');) keys.push_back(key);
  YAML::Node at = overrides_;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    const YAML::Node known = at[keys[i]];
    if (!known.IsMap()) at[keys[i]] = named_map(known);
    at.reset(at[keys[i]]);
  }
  at[keys.back()] = value;
}

YAML::Node Document::load(const fs::path& file) {
  const auto known = loaded_.find(file);
  if (known != loaded_.end()) return known->second;
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) throw InputError(fmt::format("{}: is a folder, not a YAML file", file.string()));
  std::ifstream in(file);
  if (!in)
    throw InputError(fmt::format("{}: cannot be read: {}", file.string(), fs::exists(file, ignored) ? "no permission" : "no such file"));
  try {
    return loaded_[file] = YAML::Load(in);
  } catch (const YAML::Exception& error) {
    throw InputError(fmt::format("{}:{}: not valid YAML: {}", file.string(), error.mark.line + 1, error.msg));
  }
}

std::vector<fs::path> Document::roots(const fs::path& from) const {
  std::vector<fs::path> roots = config_dirs_;
  for (const fs::path& start : {from, fs::path("."), fs::path(PODSIM_SOURCE_DIR)}) {
    const auto project = project_above(start);
    if (!project) continue;
    roots.push_back(*project / "configs");
    roots.push_back(*project);
  }
  return roots;
}

fs::path Document::locate(const std::string& name, const std::string& folder, const fs::path& from, const std::string& where) const {
  if (names_a_path(name)) {
    const fs::path file = fs::path(name).is_absolute() ? fs::path(name) : from / name;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) throw InputError(fmt::format("{}: no such file: {}", where, file.lexically_normal().string()));
    return file.lexically_normal();
  }
  for (const fs::path& root : roots(from)) {
    for (const char* ending : {".yaml", ".json"}) {
      const fs::path file = root / folder / (name + ending);
      std::error_code ignored;
      if (fs::is_regular_file(file, ignored)) return file.lexically_normal().lexically_proximate(fs::current_path());
    }
  }
  const std::vector<std::string> known = names_in(folder, from);
  throw InputError(fmt::format("{}: no {} named \"{}\"{} (there are: {})", where, folder, name, did_you_mean(name, known), join(known)));
}

std::vector<std::string> Document::names_in(const std::string& folder, const fs::path& from) const {
  std::set<std::string> names;
  for (const fs::path& root : roots(from)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root / folder, error)) {
      if (entry.path().extension() == ".yaml" || entry.path().extension() == ".json") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace podsim::config
