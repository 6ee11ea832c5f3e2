// Number formats of weights, activations and KV cache.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podsim {

enum class NumberFormat { fp32, bf16, fp8, int8, fp4 };
inline constexpr int number_format_count = 5;

// Bytes an element takes in memory, scale factors of block formats included (one FP8 scale per 16 elements for fp4).
double bytes_per_element(NumberFormat format);

std::string_view name_of(NumberFormat format);
std::optional<NumberFormat> number_format_from(std::string_view name);
// "fp32, bf16, fp8, int8, fp4", for error messages.
std::string list_number_formats();

}  // namespace podsim
