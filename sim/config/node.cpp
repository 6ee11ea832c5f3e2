#include "config/node.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "config/suggest.hpp"

namespace podsim::config {
namespace {

// Keys that may stand in every map: they speak to the reader of the file.
const std::vector<std::string> annotations = {"source", "note"};

bool is_annotation(const std::string& key) { return std::find(annotations.begin(), annotations.end(), key) != annotations.end(); }

bool starts_with(const Path& path, const Path& prefix) {
  return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

}  // namespace

std::string record_text(bool value) { return value ? "true" : "false"; }
std::string record_text(std::int64_t value) { return fmt::format("{}", value); }
std::string record_text(double value) { return fmt::format("{:.12g}", value); }

Node Node::open(Document& document, const std::filesystem::path& file) {
  Node node(document, document.load(file), file.string(), {}, 0, false);
  if (!node.yaml_.IsMap()) throw InputError(fmt::format("{}: holds no keys", file.string()));
  return node;
}

Node::Node(Document& document, YAML::Node yaml, std::string file, Path path, std::size_t depth_of_file, bool from_command_line)
    : document_(&document),
      yaml_(std::move(yaml)),
      file_(std::move(file)),
      path_(std::move(path)),
      depth_of_file_(depth_of_file),
      from_command_line_(from_command_line) {
  check_duplicates();
}

std::string Node::where() const {
  const Path shown(path_.begin() + static_cast<std::ptrdiff_t>(from_command_line_ ? 0 : depth_of_file_), path_.end());
  const std::string key = fmt::format("{}", fmt::join(shown, "."));
  if (from_command_line_) return "--set " + key;
  const int line = yaml_.Mark().line + 1;
  return fmt::format("{}:{}", file_, std::max(line, 1)) + (key.empty() ? "" : ": " + key);
}

void Node::fail(const std::string& message) const { throw InputError(where() + ": " + message); }

void Node::fail(const std::string& key, const std::string& message) const {
  if (exists(key)) child(key).fail(message);
  fail(fmt::format("{}: {}", key, message));
}

void Node::require_map() const {
  if (!yaml_.IsMap()) fail("must be a map of keys");
}

void Node::refuse_keys_below() const {
  for (const Override& override : document_->overrides()) {
    if (starts_with(override.path, path_) && override.path.size() > path_.size()) {
      throw InputError(fmt::format("--set {}: {} is a plain value and has no keys", override.text, fmt::join(path_, ".")));
    }
  }
}

void Node::check_duplicates() const {
  if (!yaml_.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : yaml_) {
    const std::string key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      throw InputError(fmt::format("{}:{}: {}: this key stands here twice", file_, entry.first.Mark().line + 1, key));
    }
  }
}

bool Node::exists(const std::string& key) const {
  Path path = path_;
  path.push_back(key);
  for (const Override& override : document_->overrides()) {
    if (starts_with(override.path, path)) return true;
  }
  return yaml_.IsMap() && yaml_[key].IsDefined();
}

Node Node::child(const std::string& key) const {
  Path path = path_;
  path.push_back(key);
  for (auto it = document_->overrides().rbegin(); it != document_->overrides().rend(); ++it) {
    if (it->path == path) return Node(*document_, it->value, file_, path, depth_of_file_, true);
  }
  if (yaml_.IsMap() && yaml_[key].IsDefined()) return Node(*document_, yaml_[key], file_, path, depth_of_file_, from_command_line_);
  return Node(*document_, YAML::Node(YAML::NodeType::Map), file_, path, depth_of_file_, true);  // made by a --set below it
}

std::optional<Node> Node::find(const std::string& key) {
  require_map();
  asked_.push_back(key);
  if (!exists(key)) return std::nullopt;
  return child(key);
}

Node Node::at(const std::string& key) {
  auto node = find(key);
  if (!node) fail(fmt::format("the key \"{}\" is missing", key));
  return std::move(*node);
}

std::string Node::scalar_text(const std::string& expected) const {
  if (yaml_.IsScalar()) return yaml_.Scalar();
  if (yaml_.IsMap() && yaml_["value"].IsDefined() && yaml_["value"].IsScalar()) {
    for (const auto& entry : yaml_) {
      const std::string key = entry.first.Scalar();
      if (key != "value" && key != "range" && !is_annotation(key)) {
        fail(fmt::format("unknown key \"{}\" beside value (allowed: value, range, source, note)", key));
      }
    }
    return yaml_["value"].Scalar();
  }
  fail("must be " + expected);
}

void Node::check_range(const std::string& shown, double value, const std::vector<double>& range) const {
  if (range.size() != 2 || range[0] > range[1]) fail("range must be [low, high]");
  if (value < range[0] || value > range[1]) fail(fmt::format("the value {} lies outside its range", shown));
}

std::size_t Node::one_of(const std::string& key, const std::vector<std::string>& allowed) {
  const std::string word = get<std::string>(key);
  const auto found = std::find(allowed.begin(), allowed.end(), word);
  if (found == allowed.end()) fail(key, fmt::format("\"{}\" is not one of {}{}", word, join(allowed), did_you_mean(word, allowed)));
  return static_cast<std::size_t>(found - allowed.begin());
}

std::size_t Node::one_of(const std::string& key, const std::vector<std::string>& allowed, std::size_t fallback) {
  if (has(key)) return one_of(key, allowed);
  get<std::string>(key, allowed[fallback]);
  return fallback;
}

std::string Node::reference_name(const std::string& key) {
  const Node node = at(key);
  return node.yaml_.IsScalar() ? node.yaml_.Scalar() : "";
}

Node Node::reference(const std::string& key, const std::string& folder) {
  const Node node = at(key);
  if (node.yaml_.IsMap()) return node;
  const std::string name = node.scalar_text("a name or a map");
  const std::filesystem::path file = document_->locate(name, folder, node.folder(), node.where());
  Node target(*document_, document_->load(file), file.string(), node.path_, node.path_.size(), false);
  if (!target.yaml_.IsMap()) throw InputError(fmt::format("{}: holds no keys", file.string()));
  return target;
}

std::filesystem::path Node::folder() const {
  const auto parent = std::filesystem::path(file_).parent_path();
  return from_command_line_ || parent.empty() ? std::filesystem::path(".") : parent;
}

std::vector<Node> Node::items() const {
  if (!yaml_.IsSequence()) fail("must be a list");
  for (const Override& override : document_->overrides()) {
    if (!starts_with(override.path, path_) || override.path.size() == path_.size()) continue;
    const auto index = parse_text<int>(override.path[path_.size()]);
    if (!index || *index < 0 || static_cast<std::size_t>(*index) >= yaml_.size()) {
      throw InputError(
          fmt::format("--set {}: {} is a list of {} items, counted from 0", override.text, fmt::join(path_, "."), yaml_.size()));
    }
  }
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < yaml_.size(); ++i) {
    Path path = path_;
    path.push_back(fmt::format("{}", i));
    YAML::Node item = yaml_[i];
    bool from_command_line = from_command_line_;
    for (const Override& override : document_->overrides()) {
      if (override.path == path) {
        item = override.value;
        from_command_line = true;
      }
    }
    nodes.push_back(Node(*document_, item, file_, path, depth_of_file_, from_command_line));
  }
  return nodes;
}

std::vector<std::pair<std::string, Node>> Node::entries() {
  require_map();
  std::vector<std::string> keys;
  for (const auto& entry : yaml_) keys.push_back(entry.first.Scalar());
  for (const Override& override : document_->overrides()) {
    if (!starts_with(override.path, path_) || override.path.size() == path_.size()) continue;
    const std::string& key = override.path[path_.size()];
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  std::vector<std::pair<std::string, Node>> nodes;
  for (const std::string& key : keys) {
    asked_.push_back(key);
    if (!is_annotation(key)) nodes.emplace_back(key, child(key));
  }
  return nodes;
}

void Node::done() const {
  require_map();
  if (ignore_unknown_) return;
  std::vector<std::string> allowed = asked_;
  std::sort(allowed.begin(), allowed.end());
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
  const auto known = [&](const std::string& key) { return is_annotation(key) || std::binary_search(allowed.begin(), allowed.end(), key); };
  const auto explain = [&](const std::string& key) {
    return fmt::format("unknown key \"{}\"{} (allowed: {})", key, did_you_mean(key, allowed), join(allowed));
  };
  for (const auto& entry : yaml_) {
    const std::string key = entry.first.Scalar();
    if (known(key)) continue;
    if (from_command_line_) fail(explain(key));
    Path shown(path_.begin() + static_cast<std::ptrdiff_t>(depth_of_file_), path_.end());
    shown.push_back(key);
    throw InputError(fmt::format("{}:{}: {}: {}", file_, entry.first.Mark().line + 1, fmt::join(shown, "."), explain(key)));
  }
  for (const Override& override : document_->overrides()) {
    if (!starts_with(override.path, path_) || override.path.size() == path_.size()) continue;
    const std::string& key = override.path[path_.size()];
    if (!known(key)) throw InputError(fmt::format("--set {}: {}", override.text, explain(key)));
  }
}

}  // namespace podsim::config
