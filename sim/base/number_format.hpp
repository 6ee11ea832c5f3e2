// Number formats of weights, activations and KV cache.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podsim {

// How tensors are stored. fp8 has a scale a tensor, fp8_block one of 4 bytes for 128 x 128 elements (DeepSeek-V3, arXiv 2412.19437),
// nvfp4 one of 1 byte for 16, mxfp4 one of 1 byte for 32 (OCP MX 1.0), int4 one of 2 bytes for 128 (AWQ and GPTQ checkpoints).
enum class NumberFormat { fp32, bf16, fp8, fp8_block, int8, int4, fp4, nvfp4, mxfp4 };
inline constexpr int number_format_count = 9;

// Bytes an element takes in memory, scale factors included (fp4 as nvfp4).
double bytes_per_element(NumberFormat format);

// The arithmetic that products of such tensors run in: fp8 for fp8_block, fp4 for nvfp4 and mxfp4, else the format itself.
NumberFormat arithmetic_of(NumberFormat format);
// That of a product of two: its wider operand's; the narrower one is unpacked first.
NumberFormat arithmetic_of(NumberFormat one, NumberFormat other);

std::string_view name_of(NumberFormat format);
std::optional<NumberFormat> number_format_from(std::string_view name);
// "fp32, bf16, ...", for error messages.
std::string list_number_formats();

}  // namespace podsim
