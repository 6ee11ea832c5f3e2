// The number formats that the products of a pool run in on its chips.
#pragma once

#include <string>

#include "hardware/chip.hpp"
#include "model/operators.hpp"
#include "serving/engine_profile.hpp"

namespace podsim::engine {

// Activations in a format that the chip does not compute in take the next wider format of the engine's weight-only kernels that it does;
// weights stay as they are stored. What was to be dispatched in such a format travels in the wider one.
// Throws InputError that names the key of `where`, the chip, the format and what the engine allows.
model::Formats computed_formats(const hardware::ChipSpec& chip, const model::Formats& formats, const serving::EngineProfile& engine,
                                const std::string& where);

}  // namespace podsim::engine
