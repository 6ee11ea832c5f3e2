#include "engine/computed_formats.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace podsim::engine {
namespace {

std::optional<NumberFormat> next_wider(const hardware::ChipSpec& chip, NumberFormat format, const serving::EngineProfile& engine) {
  std::optional<NumberFormat> best;
  for (const NumberFormat other : engine.weight_only) {
    const bool wider = bytes_per_element(arithmetic_of(other)) > bytes_per_element(arithmetic_of(format));
    if (wider && chip.peak_of(other) && (!best || bytes_per_element(other) < bytes_per_element(*best))) best = other;
  }
  return best;
}

std::string allowed(const serving::EngineProfile& engine) {
  if (engine.weight_only.empty()) return fmt::format("engine {} has no weight_only", engine.name);
  std::string list;
  for (const NumberFormat format : engine.weight_only) list += (list.empty() ? "" : ", ") + std::string(name_of(format));
  return fmt::format("weight_only of engine {} has {}", engine.name, list);
}

}  // namespace

model::Formats computed_formats(const hardware::ChipSpec& chip, const model::Formats& formats, const serving::EngineProfile& engine,
                                const std::string& where) {
  const auto refuse = [&](const char* key, NumberFormat format, const std::string& more) {
    throw InputError(
        fmt::format("{}.{}: {} does not compute in {} (it has {}){}", where, key, chip.name, name_of(format), chip.formats(), more));
  };
  model::Formats result = formats;
  const std::pair<const char*, NumberFormat*> activations[] = {{"activations", &result.activations},
                                                               {"expert_activations", &result.expert_activations}};
  for (const auto& [key, format] : activations) {
    if (chip.peak_of(*format)) continue;
    const auto wider = next_wider(chip, *format, engine);
    if (!wider) refuse(key, *format, ", and " + allowed(engine));
    *format = *wider;
  }
  if (formats.dispatch == formats.expert_activations) result.dispatch = result.expert_activations;
  if (!chip.peak_of(result.attention)) refuse("attention", result.attention, "");
  const std::tuple<const char*, NumberFormat, NumberFormat> products[] = {{"weights", result.weights, result.activations},
                                                                          {"experts", result.experts, result.expert_activations}};
  for (const auto& [key, format, with] : products) {
    if (!chip.peak_of(arithmetic_of(format, with))) refuse(key, format, "");
  }
  if (!chip.peak_of(NumberFormat::bf16)) throw InputError(fmt::format("{} does not compute in bf16, which the LM head needs", chip.name));
  return result;
}

}  // namespace podsim::engine
