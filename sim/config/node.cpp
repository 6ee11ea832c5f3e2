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
bool is_annotation(const std::string& key) { return key == "source" || key == "note"; }

constexpr const char* use_key = "use";
constexpr const char* replace_tag = "!replace";

}  // namespace

std::string record_text(bool value) { return value ? "true" : "false"; }
std::string record_text(std::int64_t value) { return fmt::format("{}", value); }
std::string record_text(double value) { return fmt::format("{:.12g}", value); }

Node Node::open(Document& document, const std::filesystem::path& file) { return made(document, document.load(file), file.string()); }

Node Node::made(Document& document, const YAML::Node& yaml, const std::string& shown_as) {
  if (!yaml.IsMap()) throw InputError(fmt::format("{}: holds no keys", shown_as));
  std::vector<Layer> layers = {{document.overrides(), "", 0}};
  for (auto overlay = document.overlays().rbegin(); overlay != document.overlays().rend(); ++overlay) {
    layers.push_back({overlay->yaml, overlay->file, 0});
  }
  layers.push_back({yaml, shown_as, 0});
  return Node(document, std::move(layers), {});
}

Node::Node(Document& document, std::vector<Layer> layers, Path path)
    : document_(&document), layers_(std::move(layers)), path_(std::move(path)) {
  check_duplicates();
}

std::string Node::where(const Layer& layer, int line, const std::string& key) const {
  Path shown(path_.begin() + static_cast<std::ptrdiff_t>(layer.depth_of_file), path_.end());
  if (!key.empty()) shown.push_back(key);
  const std::string keys = fmt::format("{}", fmt::join(shown, "."));
  if (layer.file.empty()) return "--set " + keys;
  return fmt::format("{}:{}", layer.file, std::max(line, 0) + 1) + (keys.empty() ? "" : ": " + keys);
}

// Of the first layer that a file holds, unless --set alone speaks.
std::string Node::where() const {
  const bool overlaid = layers_.front().file.empty() && layers_.front().yaml.IsMap() && layers_.size() > 1;
  const Layer& layer = overlaid ? layers_[1] : layers_.front();
  return where(layer, layer.yaml.Mark().line);
}

Overlay Node::as_overlay() const { return {layers_.back().yaml, layers_.back().file}; }

void Node::fail(const std::string& message) const { throw InputError(where() + ": " + message); }

void Node::fail(const std::string& key, const std::string& message) const {
  if (exists(key)) child(key).fail(message);
  fail(fmt::format("{}: {}", key, message));
}

void Node::require_map() const {
  for (const Layer& layer : layers_) {
    if (!layer.yaml.IsMap()) throw InputError(where(layer, layer.yaml.Mark().line) + ": must be a map of keys");
  }
}

void Node::check_duplicates() const {
  for (const Layer& layer : layers_) {
    if (!layer.yaml.IsMap()) continue;
    std::set<std::string> seen;
    for (const auto& entry : layer.yaml) {
      const std::string key = entry.first.Scalar();
      if (!seen.insert(key).second) throw InputError(where(layer, entry.first.Mark().line, key) + ": this key stands here twice");
    }
  }
}

bool Node::exists(const std::string& key) const {
  return std::any_of(layers_.begin(), layers_.end(), [&](const Layer& layer) { return layer.yaml.IsMap() && layer.yaml[key].IsDefined(); });
}

Node Node::child(const std::string& key) const {
  Path path = path_;
  path.push_back(key);
  std::vector<Layer> layers;
  for (const Layer& layer : layers_) {
    if (!layer.yaml.IsMap() || !layer.yaml[key].IsDefined()) continue;
    layers.push_back({layer.yaml[key], layer.file, layer.depth_of_file});
    if (!layers.back().yaml.IsMap() || layers.back().yaml.Tag() == replace_tag) break;
  }
  return Node(*document_, std::move(layers), std::move(path));
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
  const YAML::Node& yaml = top();
  if (yaml.IsScalar()) return yaml.Scalar();
  if (yaml.IsMap() && yaml["value"].IsDefined() && yaml["value"].IsScalar()) {
    for (const auto& entry : yaml) {
      const std::string key = entry.first.Scalar();
      if (key != "value" && key != "range" && !is_annotation(key)) {
        fail(fmt::format("unknown key \"{}\" beside value (allowed: value, range, source, note)", key));
      }
    }
    return yaml["value"].Scalar();
  }
  throw InputError(fmt::format("{}: must be {}", where(layers_.front(), yaml.Mark().line), expected));
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
  if (node.exists(use_key)) return node.child(use_key).scalar_text("a name");
  const YAML::Node& last = node.layers_.back().yaml;
  return last.IsScalar() ? last.Scalar() : "";
}

Node Node::reference(const std::string& key, const std::string& folder) {
  Node node = at(key);
  // A `use` stands for everything that lies below it.
  const auto names_use = [](const Layer& layer) { return layer.yaml.IsMap() && layer.yaml[use_key].IsDefined(); };
  const auto user = std::find_if(node.layers_.begin(), node.layers_.end(), names_use);
  const bool has_use = user != node.layers_.end();
  while (has_use && &node.layers_.back() != &*user) node.layers_.pop_back();
  const bool has_name = node.layers_.back().yaml.IsScalar();
  if (!has_use && !has_name) {
    node.require_map();
    return node;
  }
  const Layer from = has_use ? node.child(use_key).layers_.front() : node.layers_.back();  // names the file
  const std::string name = has_use ? node.child(use_key).scalar_text("a name") : from.yaml.Scalar();
  if (has_use) node.asked_.emplace_back(use_key);
  if (has_name) node.layers_.pop_back();
  const std::string place = node.where(from, from.yaml.Mark().line);
  const auto base = from.file.empty() ? std::filesystem::path(".") : std::filesystem::path(from.file).parent_path();
  const auto file = document_->locate(name, folder, base.empty() ? "." : base, place);
  const YAML::Node yaml = document_->load(file);
  if (!yaml.IsMap()) throw InputError(fmt::format("{}: holds no keys", file.string()));
  node.layers_.push_back({yaml, file.string(), node.path_.size()});
  node.check_duplicates();
  return node;
}

std::filesystem::path Node::folder() const {
  const std::filesystem::path file = layers_.front().file;
  return file.parent_path().empty() ? std::filesystem::path(".") : file.parent_path();
}

std::vector<Node> Node::items() const {
  const Layer& list = layers_.back();
  if (!list.yaml.IsSequence()) fail("must be a list");
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < list.yaml.size(); ++i) {
    Path path = path_;
    path.push_back(fmt::format("{}", i));
    std::vector<Layer> layers;
    for (const Layer& layer : layers_) {  // --set list.0.key=value lies over item 0
      const YAML::Node item = layer.yaml.IsMap() ? layer.yaml[path.back()] : layer.yaml[i];
      if (!item.IsDefined()) continue;
      layers.push_back({item, layer.file, layer.depth_of_file});
      if (!item.IsMap()) break;
    }
    nodes.push_back(Node(*document_, std::move(layers), std::move(path)));
  }
  for (const Layer& layer : layers_) {
    if (!layer.yaml.IsMap()) continue;
    for (const auto& entry : layer.yaml) {
      const auto index = parse_text<int>(entry.first.Scalar());
      if (!index || *index < 0 || static_cast<std::size_t>(*index) >= list.yaml.size()) {
        throw InputError(fmt::format("{}: this is a list of {} items, counted from 0",
                                     where(layer, entry.first.Mark().line, entry.first.Scalar()), list.yaml.size()));
      }
    }
  }
  return nodes;
}

std::vector<std::pair<std::string, Node>> Node::entries() {
  require_map();
  std::vector<std::string> keys;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    for (const auto& entry : layer->yaml) {
      const std::string key = entry.first.Scalar();
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
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
  for (const Layer& layer : layers_) {
    for (const auto& entry : layer.yaml) {
      const std::string key = entry.first.Scalar();
      if (is_annotation(key) || std::binary_search(allowed.begin(), allowed.end(), key)) continue;
      throw InputError(fmt::format("{}: unknown key \"{}\"{} (allowed: {})", where(layer, entry.first.Mark().line, key), key,
                                   did_you_mean(key, allowed), join(allowed)));
    }
  }
}

}  // namespace podsim::config
