// A strict cursor over YAML: every error names file, line and key; a key nobody asked for is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "base/number_format.hpp"
#include "base/unit_names.hpp"
#include "base/units.hpp"
#include "config/document.hpp"

namespace podsim::config {

// One value of the configuration. A map remembers which keys were asked for; `done()` refuses the rest.
//
// A number may be written plainly (`bandwidth: 28 GB/s`) or with its origin
// (`bandwidth: {value: 28 GB/s, source: "...", range: [26 GB/s, 30 GB/s]}`); `source` and `note` may stand in any map.
//
// A value can have layers: what --set says lies over what the file says, and a map with `use: NAME` lies over the file
// of that name. Maps merge key by key, unless the upper one is tagged `!replace`; of plain values and lists the top one
// counts.
class Node {
 public:
  // The root of a file.
  static Node open(Document& document, const std::filesystem::path& file);
  // The root of a map that was made in memory; `shown_as` stands for its file in messages.
  static Node made(Document& document, const YAML::Node& yaml, const std::string& shown_as);

  bool has(const std::string& key) const { return exists(key); }
  bool is_null(const std::string& key) const { return exists(key) && child(key).top().IsNull(); }
  // A child that must be there / may be there.
  Node at(const std::string& key);
  std::optional<Node> find(const std::string& key);

  template <class T>
  T get(const std::string& key) {
    return at(key).as<T>();
  }
  template <class T>
  T get(const std::string& key, T fallback);
  template <class T>
  std::optional<T> find_as(const std::string& key) {
    const auto node = find(key);
    return node ? std::optional<T>(node->as<T>()) : std::nullopt;
  }
  // A number in [low, high].
  template <class T>
  T get_within(const std::string& key, T low, T high);
  template <class T>
  T get_within(const std::string& key, T low, T high, T fallback);

  // The value of a scalar: bool, int, std::int64_t, double, std::string, NumberFormat or a Quantity (with its unit).
  template <class T>
  T as() const;

  // One of the words of `allowed`; returns its index.
  std::size_t one_of(const std::string& key, const std::vector<std::string>& allowed);
  std::size_t one_of(const std::string& key, const std::vector<std::string>& allowed, std::size_t fallback);

  // `key: name` opens FOLDER/name.yaml; `key: {use: name, ...}` opens it under the other keys, in place
  // of what lower layers say there; `key: {...}` stands for itself.
  Node reference(const std::string& key, const std::string& folder);
  // The name under which reference() looks, "" for a map written in place.
  std::string reference_name(const std::string& key);

  std::vector<Node> items() const;                      // of a list
  std::vector<std::pair<std::string, Node>> entries();  // of a map, in file order
  bool is_map() const { return top().IsMap(); }
  bool is_list() const { return layers_.back().yaml.IsSequence(); }
  std::filesystem::path folder() const;  // of the file (the current folder for --set)

  // This map, to be laid over another file (Document::add_overlay).
  Overlay as_overlay() const;

  // Refuses keys that nobody asked for, with a suggestion.
  void done() const;
  // Lets unknown keys pass (a config.json has many that do not matter here).
  void ignore_unknown_keys() { ignore_unknown_ = true; }

  // Throws InputError "file:line: key: message". The second form points at one child key.
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void fail(const std::string& key, const std::string& message) const;
  // "file:line: key", for messages that a later check composes.
  std::string where() const;

 private:
  struct Layer {
    const YAML::Node yaml;      // const: assigning a YAML::Node would write into the tree that it refers to
    std::string file;           // "" for --set
    std::size_t depth_of_file;  // how much of path_ lies outside the file
  };

  Node(Document& document, std::vector<Layer> layers, Path path);

  const YAML::Node& top() const { return layers_.front().yaml; }
  bool exists(const std::string& key) const;
  Node child(const std::string& key) const;
  std::string where(const Layer& layer, int line, const std::string& key = "") const;
  std::string scalar_text(const std::string& expected) const;
  void require_map() const;
  void check_duplicates() const;
  template <class T>
  T parse(const std::string& text) const;
  void check_range(const std::string& shown, double value, const std::vector<double>& range) const;

  Document* document_;
  std::vector<Layer> layers_;  // top first; maps, the last one perhaps a plain value or a list
  Path path_;                  // from the root of the experiment
  bool ignore_unknown_ = false;
  std::vector<std::string> asked_;
};

template <class T>
std::string expected_text() {
  if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (std::is_integral_v<T>) {
    return "a whole number";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "a number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "a text";
  } else if constexpr (std::is_same_v<T, NumberFormat>) {
    return "one of " + list_number_formats();
  } else {
    return "a number with a unit (" + list_units(unit_names<T>()) + ")";
  }
}

std::string record_text(bool value);
std::string record_text(std::int64_t value);
std::string record_text(double value);
inline std::string record_text(int value) { return record_text(static_cast<std::int64_t>(value)); }
inline std::string record_text(const std::string& value) { return value; }
inline std::string record_text(NumberFormat value) { return std::string(name_of(value)); }
template <int T, int B, int F, int E, int D>
std::string record_text(Quantity<T, B, F, E, D> value) {
  return to_text(value);
}

// The number or word in `text`; empty when it is none.
template <class T>
std::optional<T> parse_text(const std::string& text) {
  if constexpr (is_quantity<T>) {
    return parse_quantity<T>(text);
  } else if constexpr (std::is_same_v<T, NumberFormat>) {
    return number_format_from(text);
  } else {
    T value{};
    return YAML::convert<T>::decode(YAML::Node(text), value) ? std::optional<T>(value) : std::nullopt;
  }
}

template <class T>
T Node::parse(const std::string& text) const {
  const auto value = parse_text<T>(text);
  if (!value) fail("\"" + text + "\" is not " + expected_text<T>());
  return *value;
}

template <class T>
T Node::as() const {
  T value = parse<T>(scalar_text(expected_text<T>()));
  if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::string> && !std::is_same_v<T, NumberFormat>) {
    if (top().IsMap() && top()["range"]) {
      std::vector<double> range;
      for (const auto& bound : top()["range"]) {
        const T end = parse<T>(bound.IsScalar() ? bound.Scalar() : "");
        if constexpr (is_quantity<T>) {
          range.push_back(end.value());
        } else {
          range.push_back(static_cast<double>(end));
        }
      }
      if constexpr (is_quantity<T>) {
        check_range(record_text(value), value.value(), range);
      } else {
        check_range(record_text(value), static_cast<double>(value), range);
      }
    }
  }
  document_->resolved().record(path_, scalar_text(""));
  return value;
}

template <class T>
T Node::get(const std::string& key, T fallback) {
  if (const auto node = find(key)) return node->as<T>();
  Path path = path_;
  path.push_back(key);
  document_->resolved().record(path, record_text(fallback));
  return fallback;
}

template <class T>
T Node::get_within(const std::string& key, T low, T high) {
  const T value = get<T>(key);
  if (value < low || value > high)
    fail(key, "must lie between " + record_text(low) + " and " + record_text(high) + ", not " + record_text(value));
  return value;
}

template <class T>
T Node::get_within(const std::string& key, T low, T high, T fallback) {
  if (has(key)) return get_within<T>(key, low, high);
  return get<T>(key, fallback);
}

}  // namespace podsim::config
