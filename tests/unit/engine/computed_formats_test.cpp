// Number formats that a chip lacks: wider ones where the engine has weight-only kernels, else a refusal.
#include "engine/computed_formats.hpp"

#include "base/error.hpp"
#include "support/files.hpp"
#include "support/messages.hpp"

using namespace podsim;

namespace {

hardware::ChipSpec chip_with(std::initializer_list<NumberFormat> formats) {
  hardware::ChipSpec chip;
  chip.name = "chip";
  for (const NumberFormat format : formats) chip.peak[static_cast<std::size_t>(format)] = FlopRate(1e12);
  return chip;
}

serving::EngineProfile engine_with(std::vector<NumberFormat> weight_only) {
  serving::EngineProfile engine;
  engine.name = "engine";
  engine.weight_only = std::move(weight_only);
  return engine;
}

model::Formats all_in(NumberFormat format) {
  model::Formats formats;
  formats.weights = formats.experts = formats.activations = formats.expert_activations = formats.dispatch = format;
  return formats;
}

const hardware::ChipSpec hopper = chip_with({NumberFormat::bf16, NumberFormat::fp8});
const auto wide = engine_with({NumberFormat::bf16});

}  // namespace

TEST_CASE("What the chip computes in stays as it is") {
  const model::Formats formats = engine::computed_formats(hopper, all_in(NumberFormat::fp8_block), wide, "formats");
  CHECK(formats.activations == NumberFormat::fp8_block);
  CHECK(formats.dispatch == NumberFormat::fp8_block);
}

TEST_CASE("Activations take the next wider format of the engine's weight-only kernels that the chip has, weights stay packed") {
  const model::Formats formats = engine::computed_formats(hopper, all_in(NumberFormat::nvfp4), wide, "formats");
  CHECK(formats.weights == NumberFormat::nvfp4);
  CHECK(formats.experts == NumberFormat::nvfp4);
  CHECK(formats.activations == NumberFormat::bf16);
  CHECK(formats.expert_activations == NumberFormat::bf16);
  CHECK(formats.dispatch == NumberFormat::bf16);
  const auto two = engine_with({NumberFormat::bf16, NumberFormat::fp8});
  CHECK(engine::computed_formats(hopper, all_in(NumberFormat::nvfp4), two, "formats").activations == NumberFormat::fp8);
  const auto ampere = chip_with({NumberFormat::bf16, NumberFormat::int8});
  CHECK(engine::computed_formats(ampere, all_in(NumberFormat::fp8), two, "formats").activations == NumberFormat::bf16);
}

TEST_CASE("Where the engine allows none, chip, format and key are named") {
  const auto complaint = [](const hardware::ChipSpec& chip, const model::Formats& formats, const serving::EngineProfile& engine) {
    return test::message_of<InputError>([&] { engine::computed_formats(chip, formats, engine, "formats"); });
  };
  CHECK(complaint(hopper, all_in(NumberFormat::nvfp4), engine_with({})) ==
        "formats.activations: chip does not compute in nvfp4 (it has bf16, fp8), and engine engine has no weight_only");
  // INT8 is as wide as FP8: nothing is unpacked into it.
  CHECK(complaint(chip_with({NumberFormat::bf16, NumberFormat::int8}), all_in(NumberFormat::fp8), engine_with({NumberFormat::int8})) ==
        "formats.activations: chip does not compute in fp8 (it has bf16, int8), and weight_only of engine engine has int8");
  model::Formats attention;
  attention.attention = NumberFormat::fp32;
  CHECK(complaint(hopper, attention, wide) == "formats.attention: chip does not compute in fp32 (it has bf16, fp8)");
}
