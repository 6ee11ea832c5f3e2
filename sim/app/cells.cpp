#include "app/cells.hpp"

#include <nlohmann/json.hpp>

namespace podsim::app {

std::string pack(const std::vector<results::Cell>& cells) {
  auto list = nlohmann::json::array();
  for (const results::Cell& cell : cells) std::visit([&](const auto& value) { list.push_back(value); }, cell);
  return list.dump();
}

std::vector<results::Cell> unpack(const std::string& packed) {
  std::vector<results::Cell> cells;
  for (const auto& value : nlohmann::json::parse(packed)) {
    if (value.is_string()) cells.emplace_back(value.get<std::string>());
    else if (value.is_number_float()) cells.emplace_back(value.get<double>());
    else cells.emplace_back(value.get<std::int64_t>());
  }
  return cells;
}

}  // namespace podsim::app
